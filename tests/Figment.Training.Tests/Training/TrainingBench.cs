using Figment.Data.Loading;
using Figment.Torch;
using Figment.Training.Metrics;
using Figment.Training.Options;
using Figment.Training.Runs;

namespace Figment.Training.Tests.Training;

/// <summary>Runs jobs in a folder of their own and reads what they left.</summary>
internal sealed class TrainingBench : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly FixedClock clock = new();
    private TrainingResult? result;

    public string Runs => folder.FullPath;

    public List<TrainingEvent> Events { get; } = [];

    public static PlanOptions Plan { get; } = new()
    {
        Steps = 20,
        Batch = 10,
        MetricInterval = 3,
        CheckpointInterval = 4,
        PreviewInterval = 5,
        EvaluationInterval = 6,
        EmaDecay = 0.9,
        BestBy = "score",
        Goal = MetricGoal.Maximize,
        KeepLast = 2,
        Schedule = new CosineScheduleOptions { Warmup = 3, Floor = 0.1 },
    };

    public void Dispose() => folder.Dispose();

    /// <summary>Makes a run and trains; returns the run's id.</summary>
    public string Start(ITrainingTask task, PlanOptions plan, Func<TrainingJob, TrainingJob>? with = null,
        CancellationTokenSource? stop = null)
    {
        var environment = new RunEnvironment(new Dictionary<string, string>(), new Dictionary<string, string>());
        using var run = RunFolder.Create(Runs, new RunStart("toy", 1, "", environment), clock);
        Train(run, task, plan, with, stop);
        return run.Record.Id;
    }

    /// <summary>Goes on with a run.</summary>
    public void Resume(string id, ITrainingTask task, PlanOptions plan, Func<TrainingJob, TrainingJob>? with = null,
        CancellationTokenSource? stop = null)
    {
        using var run = RunFolder.Reopen(Runs, id, clock);
        Train(run, task, plan, with, stop);
    }

    public TrainingResult Result => result ?? throw new InvalidOperationException("training failed", Failure);

    public Exception? Failure { get; private set; }

    public RunView Open(string id) => new RunCatalog(Runs).Open(id);

    public IReadOnlyList<MetricRow> Rows(string id)
    {
        using var view = Open(id);
        return view.ReadMetrics().Rows;
    }

    /// <summary>Everything of the newest checkpoint but its manifest, as one text.</summary>
    public string Fingerprint(string id)
    {
        using var view = Open(id);
        var newest = view.Checkpoints.Newest(out var rejected)!;
        Assert.Empty(rejected);
        return $"{newest.Manifest.Step} {newest.Manifest.Examples} {newest.Manifest.Epoch} {newest.Manifest.Value}\n"
            + string.Join('\n', newest.Manifest.Files.Select(f => $"{f.Name} {f.Sha256}"));
    }

    /// <summary>The rows without what no two runs share.</summary>
    public string[] Columns(string id)
    {
        var path = Path.Combine(Runs, id, "metrics.jsonl");
        return [.. File.ReadLines(path).Select(l => l[..l.IndexOf(",\"machine\":", StringComparison.Ordinal)])];
    }

    private void Train(RunFolder run, ITrainingTask task, PlanOptions plan, Func<TrainingJob, TrainingJob>? with,
        CancellationTokenSource? stop)
    {
        using var data = Toy.Loader(plan.Batch);
        var job = new TrainingJob
        {
            Task = task,
            Data = data,
            Plan = plan,
            Seed = 11,
            Run = run,
            Observers = [new Watcher(Events)],
            Preview = rng => Draw(task, rng),
            Evaluate = rng => Score(task, rng),
        };
        (result, Failure) = (null, null);
        try
        {
            result = Trainer.Run(with is null ? job : with(job), stop?.Token ?? default);
        }
        catch (Exception failure) when (failure is not Xunit.Sdk.XunitException)
        {
            Failure = failure;
        }
    }

    private static Picture Draw(ITrainingTask task, Rng rng)
    {
        Assert.False(task.Module.IsTraining);
        var sum = rng.Normal([4]).Sum() + task.Module.Parameters()[0].Sum();
        return new Picture(BitConverter.GetBytes(sum.ToDouble()), 1, 1, 1);
    }

    private static Dictionary<string, double> Score(ITrainingTask task, Rng rng) => new()
    {
        ["score"] = (rng.Normal([4]).Sum() + task.Module.Parameters()[0].Sum()).ToDouble(),
    };

    private sealed class Watcher(List<TrainingEvent> events) : ITrainingObserver
    {
        public void Observe(TrainingEvent happened) => events.Add(happened);
    }
}
