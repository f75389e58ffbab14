using Figment.Testing;
using Figment.Torch;
using Figment.Training.Checkpoints;
using Figment.Training.Options;
using Figment.Training.Runs;

namespace Figment.Training.Tests.Training;

public sealed class TrainerTests : EngineTest
{
    private readonly TrainingBench bench = new();

    private static PlanOptions Short { get; } =
        new() { Steps = 6, Batch = 10, MetricInterval = 2, PreviewInterval = 0 };

    private static SgdOptimizerOptions Sgd { get; } = new() { LearningRate = 0.5 };

    protected override void Dispose(bool disposing)
    {
        bench.Dispose();
        base.Dispose(disposing);
    }

    [Fact]
    public void Rows_hold_means_over_their_interval()
    {
        // loss = w, so each step takes 0.5 off w: 8, 7.5, 7, ...
        using var task = new OneWeightTask(8, (w, step) =>
        {
            step.Log("index", step.StepIndex);
            return w;
        }, Sgd);
        var id = bench.Start(task, Short with { Steps = 5 });
        var rows = bench.Rows(id);
        Assert.Equal([2, 4, 5], rows.Select(r => r.Step));
        Assert.Equal([20, 40, 50], rows.Select(r => r.Examples));
        Assert.Equal([20 / 75.0, 40 / 75.0, 50 / 75.0], rows.Select(r => r.Epoch));
        Assert.Equal([7.75, 6.75, 6.0], rows.Select(r => r.Values["loss"]));
        Assert.Equal([0.5, 2.5, 4], rows.Select(r => r.Values["index"]));
        Assert.All(rows, r => Assert.Equal((1, 0.5), (r.Values["gradient_norm"], r.Values["learning_rate"])));
        Assert.All(rows, r => Assert.True(r.Machine is { Seconds: > 0, ExamplesPerSecond: > 0, ResidentBytes: > 0 }));
        Assert.Equal(5.5, task.Weight);
        Assert.Equal((StopReason.Finished, 5, 50), (bench.Result.Reason, bench.Result.Step, bench.Result.Examples));
        Assert.Equal(6.0, bench.Result.Values["loss"]);
    }

    // Filling parameters makes tensors that no step needs.
    [Fact]
    public void Memory_of_what_came_before_training_is_handed_back()
    {
        const long before = 64 << 20;
        TensorScope.Run(() => { Tensor.Zeros([before / sizeof(float)]); });
        if (LibTorch.Memory.Kept < before) Assert.Skip("FIGMENT_ALLOCATOR=system keeps nothing: unset it.");
        using var task = new OneWeightTask(8, (w, _) => w, Sgd);
        bench.Start(task, Short);
        Assert.InRange(LibTorch.Memory.Kept, 0, before / 4);
    }

    [Theory]
    [InlineData(null, 1.5, 2)] // an epoch of 75 examples has 8 batches of 10
    [InlineData(null, 0.1, 1)]
    [InlineData(3L, 10.0, 3)]
    [InlineData(300L, 0.5, 4)]
    public void The_plan_ends_with_steps_or_epochs_whichever_come_first(long? steps, double? epochs, long expected)
    {
        using var task = new OneWeightTask(0, (w, _) => w, Sgd);
        bench.Start(task, Short with { Steps = steps, Epochs = epochs, Batch = epochs == 1.5 ? 75 : 10 });
        Assert.Equal(expected, bench.Result.Step);
    }

    [Fact]
    public void The_schedule_sets_each_steps_rate()
    {
        using var task = new OneWeightTask(0, (w, _) => w, new SgdOptimizerOptions { LearningRate = 1 });
        var schedule = new StepScheduleOptions { Warmup = 2, Every = 2, Factor = 0.5 };
        var plan = Short with { MetricInterval = 1, Schedule = schedule };
        var id = bench.Start(task, plan);
        Assert.Equal([0.5, 1, 1, 1, 0.5, 0.5], bench.Rows(id).Select(r => r.Values["learning_rate"]));
        Assert.Equal(-4.5, task.Weight);
        Assert.Equal(1, task.Players[0].Optimizer.LearningRate);
    }

    [Fact]
    public void Gradients_are_clipped_by_norm_or_value()
    {
        using var byNorm = new OneWeightTask(0, (w, _) => w * 4, Sgd);
        var id = bench.Start(byNorm, Short with { Steps = 1, ClipNorm = 1 });
        Assert.Equal(4, bench.Rows(id)[0].Values["gradient_norm"]);
        Assert.Equal(-0.5, byNorm.Weight, 1e-6);
        using var byValue = new OneWeightTask(0, (w, _) => w * 4, Sgd);
        bench.Start(byValue, Short with { Steps = 1, ClipValue = 3 });
        Assert.Equal(-1.5, byValue.Weight);
    }

    [Fact]
    public void The_average_of_the_weights_is_kept_and_shown_to_evaluations()
    {
        using var task = new OneWeightTask(8, (w, _) => w, Sgd);
        var seen = new List<double>();
        var id = bench.Start(task, Short with { Steps = 2, EmaDecay = 0.75, EvaluationInterval = 1 }, job => job with
        {
            Evaluate = _ =>
            {
                seen.Add(task.Weight);
                return new Dictionary<string, double>();
            },
        });
        // w: 8, 7.5, 7; average: 8, 7.875, 7.65625
        Assert.Equal([7.875, 7.65625], seen);
        Assert.Equal(7, task.Weight);
        using var view = bench.Open(id);
        var newest = view.Checkpoints.Newest(out _)!;
        using var loaded = new OneWeightTask(0, (w, _) => w, Sgd);
        Weights.Load(loaded.Module, newest);
        Assert.Equal(7.65625, loaded.Weight);
        Weights.Load(loaded.Module, newest, averaged: false);
        Assert.Equal(7, loaded.Weight);
    }

    [Fact]
    public void Players_have_their_own_losses_and_one_can_be_stepped_alone()
    {
        using var duel = new DuelTask();
        var id = bench.Start(duel, Short with { Steps = 4 });
        Assert.Equal((-1, 1), duel.Weights);
        Assert.Equal(["d/gradient_norm", "d/learning_rate", "d/loss", "g/gradient_norm", "g/learning_rate", "g/loss"],
            bench.Rows(id)[0].Values.Keys);
        using var alone = new DuelTask();
        id = bench.Start(alone, Short with { Steps = 4 }, job => job with { OnlyPlayer = "d" });
        Assert.Equal((0, 1), alone.Weights);
        Assert.Equal(["d/gradient_norm", "d/learning_rate", "d/loss"], bench.Rows(id)[0].Values.Keys);
        using var unknown = new DuelTask();
        bench.Start(unknown, Short, job => job with { OnlyPlayer = "x" });
        Assert.Contains("there are g, d", Assert.IsType<ArgumentException>(bench.Failure).Message);
    }

    [Fact]
    public void A_loss_that_is_not_finite_stops_the_run_and_is_never_saved()
    {
        using var task = new ToyTask { LossFactor = step => step == 7 ? double.NaN : 1 };
        var id = bench.Start(task, Short with { Steps = 20, MetricInterval = 5, CheckpointInterval = 2 });
        Assert.Equal(StopReason.Diverged, bench.Result.Reason);
        Assert.StartsWith("'loss' became not finite by step 8; so did 'first.weight'", bench.Result.Message);
        using var view = bench.Open(id);
        Assert.Equal(RunStatus.Diverged, view.Record.Status);
        Assert.Equal([4, 6], view.Checkpoints.Steps());
        Assert.Equal(6, view.Checkpoints.Newest(out _)!.Manifest.Step);
    }

    [Fact]
    public void A_gradient_that_is_not_finite_is_named()
    {
        using var task = new OneWeightTask(0, (w, _) => w.Sqrt(), Sgd);
        bench.Start(task, Short with { MetricInterval = 1 });
        Assert.StartsWith("'gradient_norm' became not finite by step 1; so did 'weight'", bench.Result.Message);
    }

    [Fact]
    public void Weights_that_are_not_finite_are_not_even_saved_at_the_start()
    {
        using var task = new OneWeightTask(double.NaN, (w, _) => w, Sgd);
        var id = bench.Start(task, Short);
        Assert.Equal("'weight' became not finite by step 0", bench.Result.Message);
        using var view = bench.Open(id);
        Assert.Empty(view.Checkpoints.Steps());
    }

    [Fact]
    public void Training_stops_early_and_keeps_the_best()
    {
        var scores = new Queue<double>([5, 3, double.NaN, 3, 4, 9, 9]);
        using var task = new OneWeightTask(0, (w, _) => w, Sgd);
        var id = bench.Start(task, Short with
        {
            Steps = 100,
            EvaluationInterval = 2,
            BestBy = "score",
            Patience = 3,
            CheckpointInterval = 3,
            KeepLast = 1,
        }, job => job with { Evaluate = _ => new Dictionary<string, double> { ["score"] = scores.Dequeue() } });
        Assert.Equal((StopReason.EarlyStopped, 10), (bench.Result.Reason, bench.Result.Step));
        Assert.Equal("'score' has not improved since step 4", bench.Result.Message);
        Assert.Equal((4L, 3.0), (bench.Result.BestStep!.Value, bench.Result.BestValue!.Value));
        using var view = bench.Open(id);
        Assert.Equal([4, 10], view.Checkpoints.Steps());
        Assert.Equal((4L, 3.0), (view.Record.BestStep!.Value, view.Record.BestValue!.Value));
        Assert.Equal(RunStatus.Finished, view.Record.Status);
        Assert.Equal(5, bench.Rows(id).Count(r => r.Kind == "validation"));
    }

    [Fact]
    public void A_best_by_that_is_not_measured_is_told_with_what_is()
    {
        using var task = new OneWeightTask(0, (w, _) => w, Sgd);
        bench.Start(task, Short with { EvaluationInterval = 2, BestBy = "elbo" });
        Assert.Equal("best-by is 'elbo', but measured are score", bench.Failure!.Message);
        using var view = bench.Open(new RunCatalog(bench.Runs).Find("latest"));
        Assert.Equal(RunStatus.Failed, view.Record.Status);
        Assert.Equal("best-by is 'elbo', but measured are score", view.Record.Reason);
    }

    [Fact]
    public void Observers_and_previews_that_fail_stop_nothing()
    {
        using var task = new OneWeightTask(0, (w, _) => w, Sgd);
        var broken = new BrokenObserver();
        var id = bench.Start(task, Short with { PreviewInterval = 2 }, job => job with
        {
            Observers = [broken, .. job.Observers],
            Preview = _ => throw new InvalidOperationException("no paint"),
        });
        Assert.Equal(StopReason.Finished, bench.Result.Reason);
        Assert.Equal(1, broken.Told);
        var notes = bench.Events.OfType<TrainingNoted>().Select(n => n.Message).ToList();
        Assert.Contains("an observer (BrokenObserver) failed and is told nothing more: broken", notes);
        Assert.Contains("no preview of step 2: no paint", notes);
        Assert.Contains("no paint", File.ReadAllText(Path.Combine(bench.Runs, id, "log.txt")));
    }

    [Fact]
    public void Observers_hear_the_whole_story()
    {
        using var task = new ToyTask();
        bench.Start(task, TrainingBench.Plan with { Steps = 6 });
        var story = bench.Events.Where(e => e is not (TrainingProgressed or TrainingNoted)).Select(e => e switch
        {
            TrainingStarted s => $"started {s.FirstStep}/{s.TotalSteps} {s.StepsPerEpoch} {s.ParameterCount}",
            TrainingMeasured m => $"{m.Row.Kind} {m.Row.Step}",
            TrainingPreviewed p => $"preview {p.Step} {p.Name}",
            TrainingSaved s => $"saved {s.Folder}{(s.IsBest ? " best" : "")}",
            TrainingEnded e2 => $"ended {e2.Result.Reason}",
            _ => "?",
        });
        Assert.Equal(
        [
            "started 0/6 8 856", "saved checkpoints/step-00000000", "train 3", "saved checkpoints/step-00000004",
            "preview 5 step-00000005.png", "train 6", "validation 6", "preview 6 step-00000006.png",
            "saved checkpoints/step-00000006 best", "ended Finished",
        ], story);
    }

    [Fact]
    public void Tensors_do_not_pile_up()
    {
        using var task = new ToyTask();
        var id = bench.Start(task, TrainingBench.Plan with { Steps = 60 });
        // The first checkpoint makes the optimisers' counters, which stay.
        var live = bench.Rows(id).Where(r => r.Kind == "train" && r.Step > TrainingBench.Plan.CheckpointInterval)
            .Select(r => r.Machine.LiveTensors).ToList();
        // Fewer may live later: what was made outside of scopes before the run is the garbage collector's to take.
        Assert.True(live.Count > 5);
        Assert.All(live, count => Assert.InRange(count, 0, live[0]));
    }

    [Fact]
    public void A_disk_that_is_full_is_told_and_the_last_good_checkpoint_stays()
    {
        using var task = new ToyTask();
        var id = bench.Start(task, TrainingBench.Plan with { Steps = 4 });
        var files = new List<CheckpointFile> { new("model.safetensors", long.MaxValue / 2, _ => { }) };
        using var view = bench.Open(id);
        Assert.Throws<DiskFullException>(() => view.Checkpoints.Commit(new CheckpointManifest { Step = 5 }, files));
        Assert.Equal(4, view.Checkpoints.Newest(out _)!.Manifest.Step);
    }

    [Fact]
    public void Faulty_plans_are_refused_before_anything_is_done()
    {
        using var task = new ToyTask();
        bench.Start(task, Short with { MetricInterval = 0 });
        Assert.Contains("plan.metric-interval: 0 is outside 1 to 1000000", bench.Failure!.Message);
    }

    [Fact]
    public void A_loss_of_several_numbers_is_refused_by_name_and_shape()
    {
        using var rng = new Rng(1);
        using var task = new OneWeightTask(0, (w, step) =>
        {
            step.Log("kl", w.Expand(3));
            return w;
        }, Sgd);
        bench.Start(task, Short);
        Assert.StartsWith("'kl' is logged as one number, but has the shape [3]", bench.Failure!.Message);
    }

    private sealed class BrokenObserver : ITrainingObserver
    {
        public int Told { get; private set; }

        public void Observe(TrainingEvent happened)
        {
            Told++;
            throw new InvalidOperationException("broken");
        }
    }
}
