using Xunit;

namespace Figment.App.Tests;

public class ClassifyTests
{
    private static ClassifyRequest Request(Workspace workspace) => new()
    {
        Data = Pictured.Folder(workspace),
        Labels = [40, 1000],
        Classifiers = ["bernoulli", "nade", "logistic"],
        Steps = 30,
    };

    [Fact]
    public void Every_classifier_is_told_with_every_number_of_labels_under_one_protocol()
    {
        using var workspace = new Workspace();
        var result = Classify.Run(Request(workspace) with { ResultsFolder = workspace.File("results") }, new Events());
        Assert.Equal(("test", 8, "test error"), (result.Protocol.Split, result.Protocol.Examples, result.Protocol.Estimator));
        // Without a validation part all but the test pictures are labelled.
        Assert.Equal([("bernoulli", 40), ("nade", 40), ("logistic", 40), ("bernoulli", 72), ("nade", 72), ("logistic", 72)],
            result.Cells.Select(cell => (cell.Classifier, cell.Labels)));
        Assert.All(result.Cells, cell => Assert.InRange(cell.Error, 0, 0.5));
        Assert.Contains("| 72 |", File.ReadAllText(workspace.File("classify.md")));
    }

    [Fact]
    public void Validation_tells_training_images_from_which_nothing_learns_and_writes_no_table()
    {
        using var workspace = new Workspace();
        var request = Request(workspace) with { Classifiers = ["bernoulli"], Split = "validation" };
        var result = Classify.Run(request, new Events());
        Assert.Equal(("validation", 8, "validation error"), (result.Protocol.Split, result.Protocol.Examples, result.Protocol.Estimator));
        Assert.Equal([40, 64], result.Cells.Select(cell => cell.Labels));
        Assert.Contains("--results", Assert.Throws<FigmentException>(() =>
            Classify.Run(request with { ResultsFolder = workspace.File("results") }, new Events())).Message);
        Assert.Contains("'train'", Assert.Throws<FigmentException>(() =>
            Classify.Run(request with { Split = "train" }, new Events())).Message);
    }

    [Fact]
    public void A_limit_is_another_protocol()
    {
        using var workspace = new Workspace();
        var request = Request(workspace) with { Classifiers = ["bernoulli"], Labels = [40] };
        var (all, some) = (Classify.Run(request, new Events()), Classify.Run(request with { Limit = 5 }, new Events()));
        Assert.Equal(5, some.Protocol.Examples);
        Assert.Contains(all.Protocol.DataDifferences(some.Protocol), difference => difference.StartsWith("data hash", StringComparison.Ordinal));
    }
}
