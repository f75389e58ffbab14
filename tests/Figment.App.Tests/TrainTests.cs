using System.Security.Cryptography;
using Xunit;

namespace Figment.App.Tests;

public class TrainTests
{
    private static TrainRequest Small(Workspace workspace, params string[] sets) => new()
    {
        What = "vae",
        Data = Pictured.Folder(workspace),
        Steps = 30,
        RunsFolder = workspace.Runs,
        Sets = ["model.latent=4", "model.hidden=[32]", "plan.batch=16", "plan.metric-interval=5", "plan.checkpoint-interval=10",
            "plan.preview-interval=15", .. sets],
    };

    [Fact]
    public void Own_pictures_train_a_model_that_every_verb_can_use()
    {
        using var workspace = new Workspace();
        var events = new Events();
        var run = Train.Start(Small(workspace), events);
        Assert.True(run.IsComplete);
        Assert.Equal(30, run.Step);
        Assert.Contains(events.Told, told => told is RunStarted { LastStep: 30 });
        Assert.Contains(events.Told, told => told is StepsDone { Step: 30 });
        Assert.Contains(events.Told, told => told is FileWritten { Kind: "preview", Step: 15 });
        Assert.True(File.Exists(Path.Combine(run.Folder, "README.md")));

        var source = new ModelSource { Run = run.Run, RunsFolder = workspace.Runs };
        var samples = Pictures.Sample(new SampleRequest { Source = source, Count = 12, Columns = 4, Out = workspace.File("s.png"), Seed = 3, Command = "a test" }, events);
        Assert.Equal(12, samples.Images);
        var meta = PictureMeta.Read(samples.Path);
        Assert.Equal("a test", meta.Texts["figment.command"]);
        Assert.Equal("3", meta.Texts["figment.seed"]);
        Assert.StartsWith("step 30, sha256 ", meta.Texts["figment.checkpoint"]);

        Assert.Equal(10, Pictures.Reconstruct(new ReconstructRequest { Source = source, Count = 5 }, events).Images);
        Assert.Equal(12, Interpolate.Run(new InterpolateRequest { Source = source, Count = 2, Steps = 6 }, events).Images);
        Assert.Equal(12, Traverse.Run(new TraverseRequest { Source = source, Rows = 2, Steps = 6 }, events).Images);
        var bound = Evaluate.Run(new EvaluateRequest { Source = source }, events);
        var tighter = Evaluate.Run(new EvaluateRequest { Source = source, Metric = "log-likelihood", Draws = 20 }, events);
        Assert.True(double.IsFinite(bound.Value));
        Assert.True(tighter.Value > bound.Value, "importance sampling tightens the bound");
        Assert.Equal("importance sampling", tighter.Protocol.Estimator);
        Assert.Contains(run.Run, Runs.List(workspace.Runs).Select(summary => summary.Id));
    }

    // Rounding the factors of products to 8 bits of mantissa moves a bound of many nats by less than one in a hundred.
    [Fact]
    public void Products_in_bfloat16_reach_the_same_bound()
    {
        using var workspace = new Workspace();
        double Bound(string precision)
        {
            var run = Train.Start(Small(workspace, "plan.steps=300", $"plan.precision={precision}"), new Events());
            return Evaluate.Run(new EvaluateRequest { Source = new ModelSource { Run = run.Run, RunsFolder = workspace.Runs }, Split = "train" }, new Events()).Value;
        }

        var (exact, rounded) = (Bound("float32"), Bound("bf16"));
        Assert.NotEqual(exact, rounded);
        Assert.InRange(rounded / exact, 0.99, 1.01);
    }

    [Fact]
    public void Tf32_on_a_cpu_is_refused_before_anything_is_written()
    {
        using var workspace = new Workspace();
        var refused = Assert.Throws<ArgumentException>(() => Train.Start(Small(workspace, "plan.precision=tf32"), new Events()));
        Assert.True(Fault.Of(refused).IsUsage);
    }

    [Fact]
    public void The_same_seed_gives_the_same_picture_and_another_does_not()
    {
        using var workspace = new Workspace();
        var run = Train.Start(Small(workspace), new Events());
        string Hash(ulong seed) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Pictures.Sample(new SampleRequest
        {
            Source = new ModelSource { Run = run.Run, RunsFolder = workspace.Runs },
            Count = 4,
            Seed = seed,
            Out = workspace.File("x.png"),
        }, new Events()).Path)));
        Assert.Equal(Hash(1), Hash(1));
        Assert.NotEqual(Hash(1), Hash(2));
    }

    [Fact]
    public void A_stopped_run_goes_on_to_the_same_bits()
    {
        using var workspace = new Workspace();
        var request = Small(workspace);
        var whole = Train.Start(request with { Name = "whole" }, new Events());

        using var stop = new CancellationTokenSource();
        var watcher = new Events { Then = told => { if (told is FileWritten { Kind: "checkpoint", Step: 10 }) stop.Cancel(); } };
        var part = Train.Start(request with { Name = "part" }, watcher, stop: stop.Token);
        Assert.Equal("cancelled", part.Reason);
        Assert.InRange(part.Step, 10, 29);
        var resumed = Train.Resume(new ResumeRequest { Run = part.Run, RunsFolder = workspace.Runs }, new Events());
        Assert.True(resumed.IsComplete);

        foreach (var file in (string[])["model.safetensors", "optimizer.safetensors"])
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(whole.Folder, "checkpoints", "step-00000030", file)),
                File.ReadAllBytes(Path.Combine(resumed.Folder, "checkpoints", "step-00000030", file)));
    }

    [Fact]
    public void A_resume_on_other_data_is_refused_unless_allowed()
    {
        using var workspace = new Workspace();
        using var stop = new CancellationTokenSource();
        var watcher = new Events { Then = told => { if (told is FileWritten { Kind: "checkpoint", Step: 10 }) stop.Cancel(); } };
        var run = Train.Start(Small(workspace), watcher, stop: stop.Token);
        var picture = Directory.GetFiles(workspace.File("pictures/squares"))[0];
        File.Copy(picture, Path.Combine(Path.GetDirectoryName(picture)!, "another.png"));

        var refused = Assert.Throws<FigmentException>(() => Train.Resume(new ResumeRequest { Run = run.Run, RunsFolder = workspace.Runs }, new Events()));
        Assert.Contains("data was", refused.Message);
        Assert.Contains("--allow-inexact", refused.Message);
        Assert.True(Train.Resume(new ResumeRequest { Run = run.Run, RunsFolder = workspace.Runs, AllowInexact = true }, new Events()).IsComplete);
    }

    [Fact]
    public void Fine_tuning_begins_with_the_other_runs_weights()
    {
        using var workspace = new Workspace();
        var first = Train.Start(Small(workspace), new Events());
        var second = Train.Start(Small(workspace) with { InitFrom = first.Run, Name = "tuned", Seed = 9, Steps = 1 }, new Events());
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(first.Folder, "checkpoints", "step-00000030", "model.safetensors")),
            File.ReadAllBytes(Path.Combine(second.Folder, "checkpoints", "step-00000000", "model.safetensors")));
    }

    [Fact]
    public void A_plan_writes_nothing_and_tells_the_cost()
    {
        using var workspace = new Workspace();
        var plan = Train.Plan(Small(workspace), new Events());
        Assert.Equal(30, plan.Steps);
        Assert.Contains("latent: 4", plan.Config);
        Assert.True(plan.SecondsPerStep > 0);
        Assert.False(Directory.Exists(workspace.Runs));
    }

    [Theory]
    [InlineData("plan.bach=3", "batch")]
    [InlineData("model.latnt=3", "latent")]
    public void A_wrong_option_names_the_nearest(string set, string nearest)
    {
        using var workspace = new Workspace();
        var fault = Fault.Of(Assert.ThrowsAny<Exception>(() => Train.Start(Small(workspace, set), new Events())));
        Assert.True(fault.IsUsage);
        Assert.Contains($"did you mean '{nearest}'", fault.ToString());
        Assert.False(Directory.Exists(workspace.Runs));
    }

    [Fact]
    public void All_faults_of_a_configuration_are_told_together()
    {
        using var workspace = new Workspace();
        var fault = Fault.Of(Assert.ThrowsAny<Exception>(() => Train.Start(Small(workspace, "plan.batch=-1", "model.latent=0"), new Events())));
        Assert.Contains("plan.batch", fault.ToString());
        Assert.Contains("model.latent", fault.ToString());
    }

    [Fact]
    public void An_unknown_model_suggests_the_nearest() =>
        Assert.Contains("did you mean 'vae-mnist'", Assert.Throws<FigmentException>(
            () => Train.Start(new TrainRequest { What = "vae-mnst" }, new Events())).Message);
}
