using Figment.Torch;
using Figment.Training.Options;
using Figment.Training.Runs;

namespace Figment.Training.Tests.Training;

/// <summary>A training program in a process of its own, to be stopped by signals: <c>toy train RUNS STEPS</c> and
/// <c>toy resume RUNS STEPS</c>. Its exit code is 0, or that of the signal that stopped it.</summary>
internal static class ToyProgram
{
    public const string Word = "toy";

    /// <summary>Milliseconds that each step sleeps, to be stopped within.</summary>
    public const string SlowVariable = "FIGMENT_TOY_SLEEP";

    public static int Run(string[] args)
    {
        var (verb, runs, steps) = (args[0], args[1], long.Parse(args[2]));
        var plan = TrainingBench.Plan with
        {
            Steps = steps,
            MetricInterval = 7,
            CheckpointInterval = 20,
            PreviewInterval = 33,
            EvaluationInterval = 50,
        };
        var sleep = int.Parse(Environment.GetEnvironmentVariable(SlowVariable) ?? "0");
        LibTorch.Threads = 2;
        using var signals = StopSignals.Listen();
        using var run = verb == "train" ? Create(runs) : RunFolder.Reopen(runs, new RunCatalog(runs).Find("latest"));
        // Other initial weights when a checkpoint is there: all must come from it. Killed before its first one, a run
        // begins again from the same initial weights.
        var seed = run.Checkpoints.Steps().Count == 0 ? 5u : 77u;
        using var task = new ToyTask(seed) { Before = _ => Thread.Sleep(sleep) };
        using var data = Toy.Loader();
        Trainer.Run(new TrainingJob
        {
            Task = task,
            Data = data,
            Plan = plan,
            Seed = 11,
            Run = run,
            Preview = rng => new Picture(BitConverter.GetBytes(rng.Normal([1]).ToDouble()), 1, 1, 1),
            Evaluate = rng => new Dictionary<string, double>
            {
                ["score"] = (rng.Normal([4]).Sum() + task.Module.Parameters()[0].Sum()).ToDouble(),
            },
        }, signals.Token);
        return signals.ExitCode ?? 0;
    }

    private static RunFolder Create(string runs) => RunFolder.Create(runs, new RunStart("toy", 1, "",
        new RunEnvironment(new Dictionary<string, string>(), new Dictionary<string, string>())));
}
