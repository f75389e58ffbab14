using Xunit;

namespace Figment.App.Tests;

/// <summary>Classifiers in the verbs: their accuracy, with its protocol.</summary>
public class RecognitionTests
{
    private static ModelSource Trained(Workspace workspace, int steps) => new()
    {
        Run = Train.Start(new TrainRequest
        {
            What = "lenet",
            Data = Directory.Exists(workspace.File("pictures")) ? workspace.File("pictures") : Pictured.Grey(workspace),
            Steps = steps,
            RunsFolder = workspace.Runs,
            Name = "lenet",
            Sets = ["plan.batch=16", "plan.ema-decay=null", "plan.evaluation-interval=1000", "model.classes=2",
                "model.channels=4", "model.features=16", "model.dropout=0"],
        }, new Events()).Run,
        RunsFolder = workspace.Runs,
    };

    [Fact]
    public void Accuracy_is_a_share_in_percent_with_its_error_and_is_what_is_measured_by_default()
    {
        using var workspace = new Workspace();
        var source = Trained(workspace, 150);
        var result = Evaluate.Run(new EvaluateRequest { Source = source, Split = "train" }, new Events());
        Assert.Equal(("accuracy", "%", 100.0), (result.Metric, result.Unit, result.Value));
        Assert.Equal(("likeliest class", 0, "none"), (result.Protocol.Estimator, result.Protocol.Draws, result.Protocol.Binarization));
        Assert.Equal(result.Value, Evaluate.Run(new EvaluateRequest { Source = source, Split = "train", Metric = "accuracy" }, new Events()).Value);
        // Untrained it tells about half, and its error is that of a share.
        var lost = Evaluate.Run(new EvaluateRequest { Source = source with { Checkpoint = "0" }, Split = "train" }, new Events());
        Assert.True(lost.Value < 100);
        var (share, count) = (lost.Value / 100, lost.Protocol.Examples);
        Assert.Equal(100 * Math.Sqrt(share * (1 - share) / (count - 1)), lost.StandardError, 1e-9);
    }

    [Fact]
    public void It_draws_nothing_and_gives_no_likelihood()
    {
        using var workspace = new Workspace();
        var source = Trained(workspace, 2);
        void Refused(string metric, string because) => Assert.Contains(because, Assert.Throws<FigmentException>(() =>
            Evaluate.Run(new EvaluateRequest { Source = source, Metric = metric }, new Events())).Message, StringComparison.Ordinal);
        Refused("parzen", "cannot draw samples");
        Refused("elbo", "cannot give likelihoods");
        Refused("accurracy", "no metric 'accurracy'");
        Assert.Contains("cannot draw samples", Assert.Throws<FigmentException>(() =>
            Pictures.Sample(new SampleRequest { Source = source }, new Events())).Message, StringComparison.Ordinal);
    }
}
