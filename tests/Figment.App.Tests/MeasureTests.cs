using Figment.Evaluation;
using Xunit;

namespace Figment.App.Tests;

/// <summary>Measures of samples through the verb: names, protocols, judges, refusals.</summary>
public class MeasureTests
{
    private const string Preview = "plan.preview-interval=0";

    private static string Data(Workspace workspace) =>
        Directory.Exists(workspace.File("pictures")) ? workspace.File("pictures") : Pictured.Grey(workspace);

    private static ModelSource Trained(Workspace workspace, string model, int steps, string? data, params string[] sets) => new()
    {
        Run = Train.Start(new TrainRequest
        {
            What = model,
            Data = data ?? Data(workspace),
            Steps = steps,
            RunsFolder = workspace.Runs,
            Name = model == "lenet" ? "judge" : model,
            Sets = ["plan.batch=16", Preview, .. sets],
        }, new Events()).Run,
        RunsFolder = workspace.Runs,
    };

    private static ModelSource Judge(Workspace workspace, string? data = null) => Trained(workspace, "lenet", 200, data, "plan.ema-decay=null",
        "model.classes=2", "model.channels=4", "model.features=16", "model.dropout=0");

    private static ModelSource Vae(Workspace workspace) =>
        Trained(workspace, "vae", 30, null, "model.latent=2", "model.hidden=[8]");

    [Theory]
    [InlineData("fd", "Fréchet", null)]
    [InlineData("kd", "MMD", null)]
    [InlineData("is", "10 parts", null)]
    [InlineData("precision", "neighbour 3", "recall")]
    [InlineData("density", "neighbour 5", "coverage")]
    [InlineData("modes", "likeliest class", "kl")]
    [InlineData("memorisation", "nearest training image", "nearer")]
    public void A_measure_names_its_judge_and_depends_on_its_seed_alone(string metric, string estimator, string? also)
    {
        using var workspace = new Workspace();
        Judge(workspace);
        var request = new EvaluateRequest { Source = Vae(workspace), Metric = metric, Extractor = "judge", Samples = 120, Split = metric == "memorisation" ? "test" : "train" };
        var result = Evaluate.Run(request, new Events());
        Assert.Equal($"{metric}-judge", result.Metric);
        Assert.Contains(estimator, result.Protocol.Estimator, StringComparison.Ordinal);
        Assert.Equal(("judge", 120), (result.Protocol.Extractor, result.Protocol.Samples));
        Assert.Matches("^[0-9a-f]{64}$", result.Protocol.ExtractorHash!);
        Assert.Contains("judged by judge", result.Text, StringComparison.Ordinal);
        Assert.Equal(also is null ? [] : [also], result.Also.Select(other => other.Name));
        Assert.True(double.IsFinite(result.Value) && double.IsFinite(result.StandardError));
        Assert.Equal(result.Value, Evaluate.Run(request, new Events()).Value);
        // Other weights of the judge: another protocol.
        var other = Evaluate.Run(request with { Extractor = JudgeFolder(workspace) }, new Events());
        Assert.Empty(result.Protocol.Differences(other.Protocol));
        Assert.Contains("extractor", Assert.Single(result.Protocol.Differences(other.Protocol with { ExtractorHash = "0" })), StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_is_nearer_to_its_other_half_than_to_another_set()
    {
        using var workspace = new Workspace();
        var own = Pictured.Grey(workspace, each: 60);
        Judge(workspace);
        var request = new DataComparisonRequest
        {
            Data = own,
            With = own,
            Extractor = "judge",
            RunsFolder = workspace.Runs,
            Split = "train",
        };
        var (halves, other) = (DataComparison.Run(request, new Events()),
            DataComparison.Run(request with { With = Pictured.Shades(workspace, "bright", each: 60) }, new Events()));
        Assert.Equal(("fd-judge", 48, 48), (halves.Metric, halves.Protocol.Examples, halves.Protocol.Samples));
        Assert.True(other.Value > 4 * (halves.Value + halves.StandardError), $"{halves.Text} {other.Text}");
        Assert.Contains("odd places: fd-judge", halves.Text, StringComparison.Ordinal);
        Assert.Equal("recall", Assert.Single(DataComparison.Run(request with { Metric = "precision" }, new Events()).Also).Name);
        Assert.Contains("40 of each are the fewest", Assert.Throws<FigmentException>(() =>
            DataComparison.Run(request with { Split = "test" }, new Events())).Message, StringComparison.Ordinal);
        Assert.Contains("Choose one of fd, kd", Assert.Throws<FigmentException>(() =>
            DataComparison.Run(request with { Metric = "is" }, new Events())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Points_need_no_judge_and_their_modes_are_known()
    {
        using var workspace = new Workspace();
        var gaussian = Trained(workspace, "gaussian", 60, "two-bumps");
        var result = Evaluate.Run(new EvaluateRequest { Source = gaussian, Metric = "modes", Samples = 4000 }, new Events());
        Assert.Equal(("modes", "of 2", 2.0), (result.Metric, result.Unit, result.Value));
        Assert.Equal(["kl", "high-quality"], result.Also.Select(other => other.Name));
        // One Gaussian of variance 1.5^2 + 0.4^2 around 0: within 1.2 of 1.5 or of -1.5 lie 0.765 of it.
        Assert.InRange(result.Also[1].Value, 0.765 - 0.03, 0.765 + 0.03);
        Assert.Equal("real numbers", result.Protocol.Binarization);
        Assert.Null(result.Protocol.Extractor);
        var spiral = Trained(workspace, "gaussian", 5, "spiral");
        Assert.Contains("no known modes", Assert.Throws<FigmentException>(() =>
            Evaluate.Run(new EvaluateRequest { Source = spiral, Metric = "modes" }, new Events())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Agreement_is_high_for_a_model_of_classes_and_low_for_another_ones_labels()
    {
        using var workspace = new Workspace();
        Judge(workspace, Pictured.Shades(workspace, "a"));
        EvaluationResult Measured(string bright) => Evaluate.Run(new EvaluateRequest
        {
            Source = Trained(workspace, "bernoulli", 20, Pictured.Shades(workspace, bright), "model.classes=2", "data.binarize=dynamic"),
            Metric = "agreement",
            Extractor = "judge",
            Samples = 200,
        }, new Events());
        var result = Measured("a");
        Assert.Equal(("agreement-judge", "%", 200, 100.0), (result.Metric, result.Unit, result.Protocol.Samples, result.Value));
        Assert.Equal(0, Measured("z").Value); // the bright ones' label is the other one there
        var without = Trained(workspace, "bernoulli", 5, null, "data.binarize=dynamic");
        Assert.Contains("without classes", Assert.Throws<FigmentException>(() =>
            Evaluate.Run(new EvaluateRequest { Source = without, Metric = "agreement", Extractor = "judge" }, new Events())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_told_with_its_cure()
    {
        using var workspace = new Workspace();
        var vae = Vae(workspace);
        void Refused(EvaluateRequest request, string because, string cure)
        {
            var error = Assert.Throws<FigmentException>(() => Evaluate.Run(request with { Source = vae }, new Events()));
            Assert.Contains(because, error.Message, StringComparison.Ordinal);
            Assert.Contains(cure, error.Fault.Cure ?? "", StringComparison.Ordinal);
        }

        Refused(new() { Metric = "fd" }, "no classifier is known for pictures", "figment train lenet --data pictures");
        Refused(new() { Metric = "fd", Extractor = "lenet-mnist" }, "no trained classifier 'lenet-mnist'", "figment train lenet-mnist");
        Refused(new() { Metric = "fd", Extractor = "vae" }, "vae cannot judge samples", "classifier");
        Refused(new() { Metric = "fd", Over = vae }, "none of against, over and map", "by itself");
        Refused(new() { Metric = "memorisation", Split = "train" }, "new images", "test");
        Judge(workspace);
        Refused(new() { Metric = "fd", Extractor = "judge", Samples = 1 }, "at least 2", "");
    }

    private static string JudgeFolder(Workspace workspace) =>
        Directory.GetDirectories(workspace.Runs).Single(folder => folder.Contains("_judge_", StringComparison.Ordinal));
}
