using System.Text.Json;
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

    private static double Number(JsonElement row, string name) => row.EnumerateObject()
        .SelectMany(p => p.Value.ValueKind == JsonValueKind.Object ? p.Value.EnumerateObject() : Enumerable.Repeat(p, 1))
        .First(p => p.Name == name).Value.GetDouble();
}
