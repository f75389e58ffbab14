using Figment.Evaluation;
using Xunit;

namespace Figment.App.Tests;

/// <summary>Parzen windows of trained models, kept apart from likelihoods.</summary>
public class ParzenTests
{
    private static ModelSource Trained(Workspace workspace, string model, params string[] sets) => new()
    {
        Run = Train.Start(new TrainRequest
        {
            What = model,
            Data = Directory.Exists(workspace.File("pictures")) ? workspace.File("pictures") : Pictured.Grey(workspace),
            Steps = 20,
            RunsFolder = workspace.Runs,
            Name = model,
            Sets = ["plan.batch=16", "plan.preview-interval=0", "model.latent=2", "model.hidden=[8]", .. sets],
        }, new Events()).Run,
        RunsFolder = workspace.Runs,
    };

    private static EvaluateRequest Parzen(ModelSource source, int samples = 60) =>
        new() { Source = source, Metric = "parzen", Samples = samples };

    [Fact]
    public void A_window_says_how_it_was_made_and_depends_on_its_seed_alone()
    {
        using var workspace = new Workspace();
        var source = Trained(workspace, "aae");
        var result = Evaluate.Run(Parzen(source, 600), new Events());
        Assert.Equal(("parzen", "nats"), (result.Metric, result.Unit));
        Assert.Equal((600, 0, Protocol.ParzenEstimator, "none"), (result.Protocol.Samples!.Value, result.Protocol.Draws,
            result.Protocol.Estimator, result.Protocol.Binarization));
        Assert.InRange(result.Protocol.Sigma!.Value, 0.03, 1.5);
        Assert.Contains("600 samples", result.Text, StringComparison.Ordinal);
        Assert.Equal(result.Value, Evaluate.Run(Parzen(source, 600), new Events()).Value);
        Assert.NotEqual(result.Value, Evaluate.Run(Parzen(source, 600) with { Seed = 2 }, new Events()).Value);
        Assert.True(double.IsFinite(result.Value) && result.StandardError > 0);
    }

    [Fact]
    public void The_leaderboard_lists_windows_alone_and_only_when_asked()
    {
        using var workspace = new Workspace();
        var vae = Trained(workspace, "vae");
        Evaluate.Run(Parzen(vae), new Events());
        Evaluate.Run(new EvaluateRequest { Source = vae }, new Events());
        var request = new LeaderboardRequest
        {
            Data = "pictures",
            RunsFolder = workspace.Runs,
            ResultsFolder = workspace.File("results"),
            WithoutBaselines = true,
        };
        Assert.Equal("bound (elbo, 1 draw)", Assert.Single(Leaderboard.Run(request, new Events()).Entries).Kind);
        var window = Assert.Single(Leaderboard.Run(request with { Parzen = true }, new Events()).Entries);
        Assert.Equal(("Parzen (60 samples)", null), (window.Kind, window.BitsPerDimension));
        Evaluate.Run(Parzen(vae, 50), new Events());
        Assert.Contains("different protocols",
            Assert.Throws<FigmentException>(() => Leaderboard.Run(request with { Parzen = true }, new Events())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_measured_so_is_refused()
    {
        using var workspace = new Workspace();
        var aae = Trained(workspace, "aae");
        void Refused(EvaluateRequest request, string because) => Assert.Contains(because,
            Assert.Throws<FigmentException>(() => Evaluate.Run(request, new Events())).Message, StringComparison.Ordinal);
        Refused(new EvaluateRequest { Source = aae, Metric = "elbo" }, "reconstruction or parzen");
        Refused(Parzen(aae) with { Samples = 0 }, "at least 1");
        Refused(Parzen(aae) with { Over = aae }, "against, over");
        Refused(Parzen(Trained(workspace, "vae", "data.binarize=dynamic")), "takes pictures dynamic");
    }
}
