using System.Text.Json;
using Xunit;

namespace Figment.App.Tests;

/// <summary>Linear probes of trained models.</summary>
public sealed class ProbeTests : IDisposable
{
    private readonly Workspace workspace = new();
    private readonly Events events = new();

    public void Dispose() => workspace.Dispose();

    private ModelSource Trained(string model, string data, params string[] sets) => new()
    {
        Run = Train.Start(new TrainRequest
        {
            What = model,
            Data = data,
            Steps = 150,
            RunsFolder = workspace.Runs,
            Sets = ["model.latent=4", "model.hidden=[32]", "plan.batch=16", "plan.preview-interval=0", "data.test=20", .. sets],
        }, new Events()).Run,
        RunsFolder = workspace.Runs,
    };

    [Fact]
    public void Codes_of_several_models_stand_beside_the_pixels_and_each_figure_is_kept()
    {
        var data = Pictured.Folder(workspace);
        var (ae, vae) = (Trained("ae", data), Trained("vae", data));
        var request = new ProbeRequest { Sources = [ae, vae], Pixels = true };
        var result = Probe.Run(request, events);
        Assert.Equal([ae.Run, "pixels", vae.Run], result.Rows.Select(row => row.Name));
        Assert.Equal([4, 256, 4], result.Rows.Select(row => row.Dimensions));
        // 80 pictures: 20 for the test, a tenth for validation.
        Assert.All(result.Rows, row => Assert.Equal((52, 20), (row.Labels, row.Protocol.Examples)));
        Assert.All(result.Rows, row => Assert.InRange(row.Accuracy, 80, 100)); // squares and crosses
        Assert.Single(result.Protocols);
        Assert.Equal(result.Rows, Probe.Run(request, events).Rows);

        var kept = File.ReadLines(Path.Combine(workspace.Runs, vae.Run, "evaluations.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(2, kept.Count);
        Assert.Equal((Probe.Metric, result.Rows[2].Accuracy), (kept[0].GetProperty("metric").GetString(), kept[0].GetProperty("value").GetDouble()));
        // It is no likelihood, and stands in no list of them.
        Assert.Contains("no likelihood was measured", Assert.Throws<FigmentException>(() =>
            Leaderboard.Run(new LeaderboardRequest { Data = "pictures", RunsFolder = workspace.Runs, ResultsFolder = workspace.File("none") }, events)).Message);
    }

    /// <summary>The test pictures' labels are all turned round: what was learned tells them all wrong, so nothing was
    /// learned from them.</summary>
    [Fact]
    public void What_the_probe_learns_comes_from_the_training_images_alone()
    {
        var data = Pictured.Folder(workspace);
        string Parted(string name, string squares, string crosses)
        {
            foreach (var kind in new[] { "squares", "crosses" })
                foreach (var (file, n) in Directory.EnumerateFiles(Path.Combine(data, kind)).Order(StringComparer.Ordinal).Select((file, n) => (file, n)))
                {
                    var label = n < 30 ? kind : kind == "squares" ? squares : crosses;
                    var folder = Directory.CreateDirectory(Path.Combine(workspace.File(name), n < 30 ? "train" : "test", label)).FullName;
                    File.Copy(file, Path.Combine(folder, $"{kind}{Path.GetFileName(file)}"));
                }

            return workspace.File(name);
        }

        var source = Trained("ae", Parted("right", "squares", "crosses"));
        var request = new ProbeRequest { Sources = [source], Labels = 40 };
        var right = Probe.Run(request, events).Rows.Single();
        var wrong = Probe.Run(request with { Data = Parted("wrong", "crosses", "squares") }, events).Rows.Single();
        Assert.Equal(40, right.Labels);
        Assert.True(right.Accuracy > 80, $"{right.Accuracy} %");
        Assert.Equal(100 - right.Accuracy, wrong.Accuracy, 9);
        Assert.Equal(right.Penalty, wrong.Penalty);
        Assert.NotEqual(right.Protocol.DataHash, wrong.Protocol.DataHash);
    }

    [Fact]
    public void What_cannot_be_probed_is_refused_with_a_way_out()
    {
        var data = Pictured.Folder(workspace, each: 20);
        var source = Trained("ae", data);
        string Refusal(ProbeRequest request) => Assert.Throws<FigmentException>(() => Probe.Run(request, events)).Message;
        var request = new ProbeRequest { Sources = [source] };
        Assert.Contains("learns from the training images", Refusal(request with { Split = "train" }));
        Assert.Contains("at least 5 labels", Refusal(request with { Labels = 3 }));
        Assert.Contains("has 16 images, not 99", Refusal(request with { Labels = 99 }));
        Assert.Contains("has no labels", Refusal(request with { Data = Path.Combine(data, "squares") }));
        var bernoulli = Train.Start(new TrainRequest { What = "bernoulli", Data = data, Epochs = 1, RunsFolder = workspace.Runs }, new Events()).Run;
        Assert.Contains("bernoulli cannot encode images", Refusal(request with { Sources = [source with { Run = bernoulli }] }));
    }

    [Fact]
    public void Scores_of_another_set_are_told_apart_from_the_models_own()
    {
        var data = Pictured.Folder(workspace);
        var source = Trained("vae", Path.Combine(data, "squares"));
        var request = new ScoreRequest { Source = source, Seed = 1, Against = Path.Combine(data, "crosses"), Metric = "reconstruction" };
        var apart = Score.Run(request, events).Against!;
        var evaluated = Evaluate.Run(new EvaluateRequest { Source = source, Against = request.Against, Metric = request.Metric }, events).Against!;
        Assert.Equal((evaluated.Auroc, evaluated.AurocStandardError, evaluated.Value), (apart.Auroc, apart.AurocStandardError, apart.Value));
        Assert.True(apart.Auroc > 0.9, $"crosses are reconstructed like squares: AUROC {apart.Auroc}");
        Assert.Null(Score.Run(request with { Against = null }, events).Against);
        var same = Score.Run(request with { Against = Path.Combine(data, "squares"), Split = "train" }, events).Against!;
        Assert.InRange(same.Auroc, 0.5 - (4 * same.AurocStandardError), 0.5 + (4 * same.AurocStandardError));
    }
}
