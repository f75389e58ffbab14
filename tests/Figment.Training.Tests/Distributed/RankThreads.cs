using System.Net;
using System.Net.Sockets;
using Figment.Data.Loading;
using Figment.Torch;
using Figment.Training.Distributed;
using Figment.Training.Options;
using Figment.Training.Runs;
using Figment.Training.Tests.Training;

namespace Figment.Training.Tests.Distributed;

/// <summary>Ranks as threads of this process, each with a store, connections and a watch of its own: the same as
/// processes but for what a process's death shows.</summary>
internal static class RankThreads
{
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public static RankSettings Settings(int rank, int size, int port) =>
        new(rank, size, rank, "127.0.0.1", port) { Patience = TimeSpan.FromSeconds(60) };

    /// <summary>Runs a function on every rank; what they give, in the order of ranks. A rank's exception makes the others
    /// give up, as a process's would; the first one is thrown.</summary>
    public static T[] Run<T>(int size, Func<Ranks, T> work, long bucketBytes = GradientReducer.DefaultBucketBytes)
    {
        var (port, results, failures) = (FreePort(), new T[size], new Exception?[size]);
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            Ranks? ranks = null;
            try
            {
                var joined = ProcessGroup.Join("127.0.0.1", port, rank, size, TimeSpan.FromSeconds(60));
                ranks = Ranks.Of(joined, bucketBytes);
                results[rank] = TensorScope.Run(() => work(ranks));
                ranks.Dispose();
            }
            catch (Exception error)
            {
                failures[rank] = error;
                ranks?.Abort(error);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        var failed = failures.OfType<Exception>().ToList();
        return failed.Count == 0 ? results : throw new AggregateException(failed);
    }
}

/// <summary>Trains the same task with any number of ranks and tells the losses of the first one's rows.</summary>
internal sealed class SharedBench : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Lock gate = new();

    public string Runs => folder.FullPath;

    public static PlanOptions Plan { get; } = new()
    {
        Steps = 200,
        Batch = 10,
        MetricInterval = 1,
        CheckpointInterval = 10_000,
        PreviewInterval = 0,
    };

    public void Dispose() => folder.Dispose();

    /// <summary>Begins a run with so many ranks.</summary>
    public string Train(int size, Func<ITrainingTask> make, PlanOptions plan,
        Func<TrainingJob, TrainingJob>? with = null, CancellationToken stop = default)
    {
        var environment = new RunEnvironment(new Dictionary<string, string>(), new Dictionary<string, string>());
        using var run = RunFolder.Create(Runs, new RunStart("toy", 1, "", environment));
        Work(size, run, make, plan, with, stop);
        return run.Record.Id;
    }

    /// <summary>Goes on with it.</summary>
    public TrainingResult[] Resume(string id, int size, Func<ITrainingTask> make, PlanOptions plan,
        Func<TrainingJob, TrainingJob>? with = null, CancellationToken stop = default)
    {
        using var run = RunFolder.Reopen(Runs, id);
        return Work(size, run, make, plan, with, stop);
    }

    /// <summary>A column of the training rows.</summary>
    public double[] Column(string id, string name = "loss")
    {
        using var view = new RunCatalog(Runs).Open(id);
        return [.. view.ReadMetrics().Rows.Where(r => r.Kind == "train").Select(r => r.Values[name])];
    }

    public TrainingResult[] Results { get; private set; } = [];

    public static void AssertClose(double[] expected, double[] actual, double relative)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(actual[i] - expected[i]) <= relative * Math.Abs(expected[i]),
                $"step {i + 1}: {actual[i]:R} instead of {expected[i]:R}");
    }

    private TrainingResult[] Work(int size, RunFolder run, Func<ITrainingTask> make, PlanOptions plan,
        Func<TrainingJob, TrainingJob>? with, CancellationToken stop)
    {
        var deterministic = LibTorch.DeterministicAlgorithms;
        LibTorch.DeterministicAlgorithms = true; // the trainer's own switching is the process's, not the thread's
        try
        {
            return Results = size == 1 ? [Rank(Ranks.Alone)] : RankThreads.Run(size, Rank, bucketBytes: 1024);
        }
        finally
        {
            LibTorch.DeterministicAlgorithms = deterministic;
        }

        TrainingResult Rank(Ranks ranks)
        {
            ITrainingTask task;
            lock (gate)
                task = make();
            using var loader = new DataLoader(Toy.Images, new LoaderOptions
            {
                BatchSize = plan.Batch,
                Seed = 3,
                Rank = ranks.Rank,
                Ranks = ranks.Size,
                Transform = new ImageTransform { Binarization = Binarization.Dynamic },
            });
            var job = new TrainingJob
            {
                Task = task,
                Data = loader,
                Plan = plan,
                Seed = 11,
                Run = ranks.IsFirst ? run : null,
                Ranks = ranks,
            };
            try
            {
                return Trainer.Run(with is null ? job : with(job), stop);
            }
            finally
            {
                (task as IDisposable)?.Dispose();
            }
        }
    }
}
