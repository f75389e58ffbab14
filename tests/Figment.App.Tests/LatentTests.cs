using System.Globalization;
using System.Text.Json;
using Figment.Data.Images;
using Xunit;

namespace Figment.App.Tests;

/// <summary>What can be done with a model that has a latent code.</summary>
public class LatentTests
{
    private static RunOutcome Trained(Workspace workspace, string model, params string[] sets) => Train.Start(new TrainRequest
    {
        What = model,
        Data = Pictured.Folder(workspace),
        Steps = 40,
        RunsFolder = workspace.Runs,
        Name = model,
        Sets = ["plan.batch=16", "plan.preview-interval=0", "model.latent=2", "model.hidden=[8]", .. sets],
    }, new Events());

    private static ModelSource Source(Workspace workspace, string run) => new() { Run = run, RunsFolder = workspace.Runs };

    private static List<JsonElement> Rows(Workspace workspace, string run) =>
        [.. File.ReadLines(Path.Combine(workspace.Runs, run, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The draws belong to the comparison, not to what was measured of the other run before.</summary>
    [Fact]
    public void The_gain_over_another_is_measured_with_the_same_draws_for_both()
    {
        using var workspace = new Workspace();
        var (iwae, vae) = (Trained(workspace, "iwae").Run, Trained(workspace, "vae").Run);
        EvaluationResult Measured(string run, int draws, string? over = null) => Evaluate.Run(new EvaluateRequest
        {
            Source = Source(workspace, run),
            Metric = "log-likelihood",
            Draws = draws,
            Over = over is null ? null : Source(workspace, over),
        }, new Events());
        var few = Measured(vae, 2);
        var (own, many, result) = (Measured(iwae, 70), Measured(vae, 70), Measured(iwae, 70, vae));
        Assert.Equal(70, result.Protocol.Draws);
        Assert.Equal((many.Value, many.StandardError), (result.Over!.Value, result.Over.StandardError));
        Assert.NotEqual(few.Value, result.Over.Value);
        Assert.Equal(own.Value - many.Value, result.Over.Gain, 1e-9);
    }

    /// <summary>Draws beyond what is decoded at once come in parts; the estimate is that of all of them.</summary>
    [Fact]
    public void Many_draws_in_parts_are_one_estimate()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "vae").Run;
        double Value(int draws) => Evaluate.Run(new EvaluateRequest
        {
            Source = Source(workspace, run),
            Metric = "log-likelihood",
            Draws = draws,
            Limit = 4,
        }, new Events()).Value;
        var (one, whole, parts) = (Value(1), Value(5_000), Value(12_345));
        Assert.Equal(whole, parts, 0.05); // a bound that is tight by now
        Assert.True(parts > one + 0.05, $"{one} with one draw, {parts} with 12,345");
    }

    [Fact]
    public void The_best_checkpoint_can_be_that_of_the_log_likelihood()
    {
        using var workspace = new Workspace();
        var outcome = Trained(workspace, "iwae", "plan.evaluation-interval=20", "plan.best-by=log-likelihood", "plan.goal=maximize");
        var rows = Rows(workspace, outcome.Run).Where(row => row.GetRawText().Contains("log-likelihood", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, rows.Count);
        Assert.All(rows, row => Assert.True(Number(row, "log-likelihood") > Number(row, "elbo"), row.GetRawText()));
        Assert.Equal(40, outcome.BestStep);
    }

    /// <summary>Of the same draws the bound of five is above that of one.</summary>
    [Fact]
    public void Training_tells_the_bound_of_k_and_of_one()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "iwae", "plan.metric-interval=10").Run;
        var rows = Rows(workspace, run).Where(row => row.GetRawText().Contains("\"bound\"", StringComparison.Ordinal)).ToList();
        Assert.Equal(4, rows.Count);
        Assert.All(rows, row => Assert.True(Number(row, "bound") > Number(row, "elbo"), row.GetRawText()));
        Assert.True(Number(rows[^1], "bound") > Number(rows[0], "bound") + 5, "nothing was learned");
    }

    /// <summary>A model without p(x) is measured by what it makes of an image.</summary>
    [Fact]
    public void An_autoencoder_is_measured_by_its_reconstructions()
    {
        using var workspace = new Workspace();
        var (longer, shorter) = (Trained(workspace, "ae", "plan.steps=400").Run, Trained(workspace, "ae", "model.latent=1").Run);
        var result = Evaluate.Run(new EvaluateRequest { Source = Source(workspace, longer), Over = Source(workspace, shorter) }, new Events());
        Assert.Equal(("reconstruction", "squared error an image", "mean code", 0), (result.Metric, result.Unit, result.Protocol.Estimator, result.Protocol.Draws));
        Assert.Null(result.BitsPerDimension);
        Assert.InRange(result.Value, 0.01, result.Over!.Value);
        Assert.True(result.Over.Gain < 0);
        Assert.Contains("squared error an image over ae", result.Over.Text);
        Assert.Contains("mean code, seed 1", result.Text);
    }

    [Fact]
    public void A_model_with_a_bound_can_be_measured_so_too()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "vae").Run;
        EvaluationResult Measured(string? metric) => Evaluate.Run(new EvaluateRequest { Source = Source(workspace, run), Metric = metric }, new Events());
        Assert.Equal("elbo", Measured(null).Metric);
        var result = Measured("reconstruction");
        Assert.Equal(("reconstruction", "mean code"), (result.Metric, result.Protocol.Estimator));
        Assert.InRange(result.Value, 0.01, 256);
    }

    [Fact]
    public void Another_set_is_told_apart_by_larger_errors()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "ae", "plan.steps=400").Run;
        var noise = workspace.File("noise");
        Directory.CreateDirectory(noise);
        var random = new Random(3);
        for (var n = 0; n < 40; n++)
        {
            var pixels = new byte[256];
            random.NextBytes(pixels);
            File.WriteAllBytes(Path.Combine(noise, $"{n}.png"), new Image(16, 16, 1, pixels).Encode(ImageFormat.Png));
        }

        var result = Evaluate.Run(new EvaluateRequest { Source = Source(workspace, run), Against = noise, Metric = "reconstruction" }, new Events());
        Assert.True(result.Against!.Value > result.Value);
        Assert.True(result.Against.Auroc > 0.9, $"AUROC {result.Against.Auroc}");
    }

    [Fact]
    public void An_autoencoder_refuses_what_needs_a_distribution_and_says_what_to_do()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "ae").Run;
        var sample = Assert.Throws<FigmentException>(() => Pictures.Sample(new SampleRequest { Source = Source(workspace, run) }, new Events()));
        Assert.Contains("ae cannot draw samples", sample.Message);
        Assert.Contains("no distribution p(z)", sample.Fault.Cure);
        Assert.True(sample.Fault.IsUsage);
        var elbo = Assert.Throws<FigmentException>(() => Evaluate.Run(new EvaluateRequest { Source = Source(workspace, run), Metric = "elbo" }, new Events()));
        Assert.Contains("ae cannot give likelihoods", elbo.Message);
        Assert.Contains("--metric reconstruction", elbo.Fault.Cure);
        var none = Trained(workspace, "vae").Run;
        Assert.Contains("elbo, log-likelihood, reconstruction, accuracy, parzen", Assert.Throws<FigmentException>(() =>
            Evaluate.Run(new EvaluateRequest { Source = Source(workspace, none), Metric = "fid" }, new Events())).Fault.Cure);
        Assert.Equal(["train", "reconstruct", "interpolate", "traverse", "edit", "arithmetic", "learn-direction", "plot-latent", "encode", "evaluate", "score"],
            ModelLibrary.Show("ae").Model.Verbs);
        Assert.Equal("reconstruct", Trained(workspace, "ae").Next);
        Assert.Equal(8, Pictures.Reconstruct(new ReconstructRequest { Source = Source(workspace, run), Count = 4 }, new Events()).Images);
    }

    /// <summary>The oddest example of an autoencoder is that of the largest error.</summary>
    [Fact]
    public void Scores_of_an_autoencoder_are_errors()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "ae").Run;
        var result = Score.Run(new ScoreRequest { Source = Source(workspace, run), Shown = 2 }, new Events());
        var errors = File.ReadLines(result.Table.Path).Skip(1).Select(line => double.Parse(line.Split(',')[2], CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(errors.Max(), errors[result.Lowest[0]]);
        Assert.Contains("squared error an image", result.Text);
    }

    [Fact]
    public void A_density_without_a_code_has_no_reconstructions()
    {
        using var workspace = new Workspace();
        var run = Train.Start(new TrainRequest
        {
            What = "markov",
            Data = Pictured.Folder(workspace),
            Epochs = 1,
            RunsFolder = workspace.Runs,
        }, new Events()).Run;
        Assert.Contains("markov cannot encode images", Assert.Throws<FigmentException>(() =>
            Evaluate.Run(new EvaluateRequest { Source = Source(workspace, run), Metric = "reconstruction" }, new Events())).Message);
    }

    [Fact]
    public void The_best_autoencoder_is_that_of_the_least_error()
    {
        using var workspace = new Workspace();
        var outcome = Trained(workspace, "ae", "plan.evaluation-interval=20", "plan.best-by=reconstruction", "model.noise.kind=masking");
        Assert.Equal(40, outcome.BestStep);
        var rows = Rows(workspace, outcome.Run).Where(row => row.GetRawText().Contains("reconstruction", StringComparison.Ordinal)).ToList();
        Assert.True(Number(rows[1], "reconstruction") < Number(rows[0], "reconstruction"));
    }

    private static double Number(JsonElement row, string name) => row.EnumerateObject()
        .SelectMany(p => p.Value.ValueKind == JsonValueKind.Object ? p.Value.EnumerateObject() : Enumerable.Repeat(p, 1))
        .First(p => p.Name == name).Value.GetDouble();
}
