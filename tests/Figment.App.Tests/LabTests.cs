using Xunit;

namespace Figment.App.Tests;

public class LabTests
{
    [Theory]
    [InlineData("ring-of-8", "minimax", 1520)]
    [InlineData("swiss-roll", "wasserstein", 1520)]
    [InlineData("two-bumps", "non-saturating", 1020)]
    public void A_game_on_points_is_measured_and_shown(string data, string loss, int width)
    {
        using var workspace = new Workspace();
        var events = new Events();
        var run = Train.Start(new TrainRequest
        {
            What = "gan-lab",
            Data = data,
            Steps = 20,
            RunsFolder = workspace.Runs,
            Sets = ["model.generator=[16]", "model.discriminator=[16]", $"model.game.loss.kind={loss}", "plan.batch=32",
                "plan.preview-interval=10", "plan.evaluation-interval=10"],
        }, events);
        Assert.True(run.IsComplete);
        Assert.Contains(events.Told, told => told is FileWritten { Kind: "preview", Step: 10 });
        var measured = File.ReadAllLines(Path.Combine(run.Folder, "metrics.jsonl"))
            .Where(line => line.Contains("\"validation\"", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, measured.Count);
        Assert.All(measured, line => Assert.Contains("jensen-shannon", line, StringComparison.Ordinal));
        Assert.All(measured, line => Assert.Equal(data != "swiss-roll", line.Contains("near-modes", StringComparison.Ordinal)));

        var picture = Lab.Run(new LabRequest
        {
            Source = new ModelSource { Run = run.Run, RunsFolder = workspace.Runs },
            Out = workspace.File("lab.png"),
        }, events);
        Assert.Equal((width, 580), (picture.Width, picture.Height));
        Assert.Equal("lab", PictureMeta.Read(picture.Path).Texts["figment.kind"]);
    }

    [Fact]
    public void Another_model_is_no_laboratory()
    {
        using var workspace = new Workspace();
        var run = Train.Start(new TrainRequest
        {
            What = "vae",
            Data = Pictured.Folder(workspace),
            Steps = 1,
            RunsFolder = workspace.Runs,
            Sets = ["model.latent=2", "model.hidden=[4]"],
        }, new Events());
        var fault = Assert.Throws<FigmentException>(() => Lab.Run(new LabRequest
        {
            Source = new ModelSource { Run = run.Run, RunsFolder = workspace.Runs },
        }, new Events()));
        Assert.Contains("gan-lab", fault.Fault.Cure, StringComparison.Ordinal);
    }
}
