using Figment.Testing;
using Figment.Torch;
using Figment.Training.Options;
using Figment.Training.Runs;

namespace Figment.Training.Tests.Training;

public sealed class ResumeTests : EngineTest
{
    private readonly TrainingBench bench = new();
    private readonly int threads = LibTorch.Threads;

    public ResumeTests() => LibTorch.Threads = 2;

    protected override void Dispose(bool disposing)
    {
        LibTorch.Threads = threads;
        bench.Dispose();
        base.Dispose(disposing);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(10)]
    [InlineData(13)]
    [InlineData(19)]
    public void A_run_that_was_stopped_goes_on_to_the_same_bits(int stopAt)
    {
        var whole = Unbroken();
        using var source = new CancellationTokenSource();
        string id;
        using (var task = new ToyTask { Before = step => StopAt(step, stopAt - 1, source) })
            id = bench.Start(task, TrainingBench.Plan, stop: source);
        Assert.Equal((StopReason.Cancelled, stopAt), (bench.Result.Reason, (int)bench.Result.Step));
        using (var view = bench.Open(id))
            Assert.Equal((RunStatus.Stopped, stopAt), (view.Record.Status, (int)view.Record.Step));
        GoOn(id);
        AssertSame(whole, id);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(12)]
    [InlineData(18)]
    public void A_run_that_broke_off_goes_on_to_the_same_bits(int breakAt)
    {
        var whole = Unbroken();
        string id;
        using (var task = new ToyTask { Before = step => BreakAt(step, breakAt) })
            id = bench.Start(task, TrainingBench.Plan);
        Assert.Equal("killed", bench.Failure!.Message);
        GoOn(id);
        AssertSame(whole, id);
    }

    [Fact]
    public void A_run_may_break_off_again_and_again()
    {
        var whole = Unbroken();
        string? id = null;
        foreach (var at in (int[])[2, 6, 7, 7, 11, 16, 19])
        {
            using var task = new ToyTask { Before = step => BreakAt(step, at) };
            if (id is null)
                id = bench.Start(task, TrainingBench.Plan);
            else
                bench.Resume(id, task, TrainingBench.Plan);
            Assert.Equal("killed", bench.Failure!.Message);
        }
        GoOn(id!);
        AssertSame(whole, id!);
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("rmsprop")]
    [InlineData("adagrad")]
    [InlineData("adamw")]
    public void Every_optimiser_resumes(string kind)
    {
        OptimizerOptions optimizer = kind switch
        {
            "sgd" => new SgdOptimizerOptions { Momentum = 0.9, LearningRate = 0.05 },
            "rmsprop" => new RmsPropOptimizerOptions { Momentum = 0.5, Centered = true },
            "adagrad" => new AdagradOptimizerOptions { LearningRateDecay = 0.1 },
            _ => new AdamWOptimizerOptions { AmsGrad = true },
        };
        string whole, broken;
        using (var task = new ToyTask(optimizer: optimizer))
            whole = bench.Start(task, TrainingBench.Plan);
        using (var task = new ToyTask(optimizer: optimizer) { Before = step => BreakAt(step, 10) })
            broken = bench.Start(task, TrainingBench.Plan);
        using (var task = new ToyTask(seed: 77, optimizer: optimizer))
            bench.Resume(broken, task, TrainingBench.Plan);
        AssertSame(whole, broken);
    }

    [Fact]
    public void Two_unbroken_runs_are_equal_and_another_seed_is_not()
    {
        var (a, b) = (Unbroken(), Unbroken());
        AssertSame(a, b);
        using var task = new ToyTask();
        var other = bench.Start(task, TrainingBench.Plan, job => job with { Seed = 12 });
        Assert.NotEqual(bench.Fingerprint(a), bench.Fingerprint(other));
    }

    [Fact]
    public void Previews_and_evaluations_do_not_change_training()
    {
        var whole = Unbroken();
        string bare;
        using (var task = new ToyTask())
            bare = bench.Start(task, TrainingBench.Plan with { BestBy = null },
                job => job with { Preview = null, Evaluate = null });
        using var a = bench.Open(whole);
        using var b = bench.Open(bare);
        foreach (var file in (string[])["model.safetensors", "ema.safetensors", "optimizer.safetensors"])
            Assert.Equal(Sha(a, file), Sha(b, file));
    }

    [Fact]
    public void A_finished_run_is_left_as_it_is()
    {
        var whole = Unbroken();
        var (fingerprint, columns) = (bench.Fingerprint(whole), bench.Columns(whole));
        GoOn(whole);
        Assert.Equal(StopReason.Finished, bench.Result.Reason);
        Assert.Equal(fingerprint, bench.Fingerprint(whole));
        Assert.Equal(columns, bench.Columns(whole));
    }

    [Fact]
    public void A_damaged_newest_checkpoint_costs_only_the_steps_since_the_one_before()
    {
        var whole = Unbroken();
        string id;
        using (var task = new ToyTask { Before = step => BreakAt(step, 14) })
            id = bench.Start(task, TrainingBench.Plan);
        var path = Path.Combine(bench.Runs, id, "checkpoints", "step-00000012", "model.safetensors");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..100]);
        GoOn(id);
        AssertSame(whole, id);
        Assert.Contains(bench.Events, e => e is TrainingNoted { Message: var m } && m.Contains("is damaged and was"));
    }

    [Fact]
    public void When_every_checkpoint_is_damaged_nothing_is_overwritten()
    {
        var whole = Unbroken();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(bench.Runs, whole, "checkpoints"), "MANIFEST.json",
            SearchOption.AllDirectories))
            File.WriteAllText(file, "{}");
        GoOn(whole);
        Assert.IsType<InvalidDataException>(bench.Failure);
        Assert.True(Directory.Exists(Path.Combine(bench.Runs, whole, "checkpoints", "step-00000020")));
    }

    [Fact]
    public void A_checkpoint_of_another_model_is_refused_by_name()
    {
        var whole = Unbroken();
        using var other = new OneWeightTask(1, (w, _) => w, new SgdOptimizerOptions());
        bench.Resume(whole, other, TrainingBench.Plan);
        Assert.Contains("first.weight", Assert.IsType<Nn.StateDictException>(bench.Failure).Message);
    }

    [Fact]
    public void A_fine_tuning_without_its_first_checkpoint_does_not_go_on_from_other_weights()
    {
        var environment = new RunEnvironment(new Dictionary<string, string>(), new Dictionary<string, string>());
        string id;
        using (var run = RunFolder.Create(bench.Runs, new RunStart("toy", 1, "", environment, InitFrom: "another run")))
            id = run.Record.Id;
        GoOn(id);
        Assert.Equal("the run was killed before its first checkpoint; begin it anew from another run",
            Assert.IsType<InvalidDataException>(bench.Failure).Message);
    }

    private string Unbroken()
    {
        using var task = new ToyTask();
        var id = bench.Start(task, TrainingBench.Plan);
        Assert.Equal(StopReason.Finished, bench.Result.Reason);
        return id;
    }

    // A fresh task with other initial weights: all of them must come from the checkpoint.
    private void GoOn(string id)
    {
        using var task = new ToyTask(seed: 77);
        bench.Resume(id, task, TrainingBench.Plan);
    }

    private void AssertSame(string expected, string actual)
    {
        Assert.Null(bench.Failure);
        Assert.Equal(bench.Fingerprint(expected), bench.Fingerprint(actual));
        Assert.Equal(bench.Columns(expected), bench.Columns(actual));
        Assert.Equal(Pictures(expected), Pictures(actual));
        Assert.Equal(Layout(expected), Layout(actual));
    }

    private string[] Pictures(string id)
    {
        using var view = bench.Open(id);
        return [.. view.Samples().Select(s => s + Convert.ToHexString(view.Files.ReadAll($"samples/{s}")))];
    }

    private string[] Layout(string id)
    {
        var root = Path.Combine(bench.Runs, id);
        return [.. Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(root, f)).Order(StringComparer.Ordinal)
            // A run that was stopped has a checkpoint of that step; all else must be the same, and nothing half done.
            .Where(f => !f.StartsWith("checkpoints/step-", StringComparison.Ordinal))];
    }

    private static string Sha(RunView view, string file) =>
        view.Checkpoints.Newest(out _)!.Manifest.Files.Single(f => f.Name == file).Sha256;

    private static void StopAt(long step, long at, CancellationTokenSource source)
    {
        if (step == at)
            source.Cancel();
    }

    private static void BreakAt(long step, long at)
    {
        if (step == at)
            throw new InvalidOperationException("killed");
    }
}
