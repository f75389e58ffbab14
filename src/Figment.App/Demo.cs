using System.Diagnostics;

namespace Figment.App;

/// <summary>The first thing to do with Figment: train on real digits and look.</summary>
public sealed record DemoRequest
{
    /// <summary>The folder for the pictures.</summary>
    public string Out { get; init; } = "figment-demo";

    /// <summary>The folder of runs.</summary>
    public string RunsFolder { get; init; } = Runs.DefaultFolder;

    /// <summary>Seed of everything random.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>Shortens both trainings to this many steps, for a quick look at the machinery; null trains in
    /// full.</summary>
    public long? Steps { get; init; }

    /// <summary>Where to compute: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>The command line, kept in runs and pictures.</summary>
    public string? Command { get; init; }
}

/// <summary>What the demo made.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="ManifoldRun">The id of the run with a code of two numbers.</param>
/// <param name="Evaluation">The test ELBO with its protocol.</param>
/// <param name="Pictures">Samples, reconstructions, interpolation, manifold.</param>
/// <param name="Seconds">Everything together.</param>
/// <param name="Next">Three commands to try.</param>
public sealed record DemoResult(
    string Run, string ManifoldRun, EvaluationResult Evaluation, IReadOnlyList<PictureResult> Pictures, double Seconds,
    IReadOnlyList<string> Next);

/// <summary>Trains a variational autoencoder on MNIST and shows what it learned.</summary>
public static class Demo
{
    private const string Preset = "vae-mnist";
    private const string PlanePreset = "vae-mnist-2d";

    /// <summary>Runs the demo.</summary>
    /// <returns>Null when it was asked to stop; the run is saved and can be resumed.</returns>
    public static DemoResult? Run(DemoRequest request, IProgress<WorkEvent> progress, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var began = Stopwatch.GetTimestamp();
        progress.Report(new StageBegun("1 of 4: training a variational autoencoder on 54,000 handwritten digits"));
        if (Trained(Preset, request, progress, stop) is not { } run) return null;

        progress.Report(new StageBegun("2 of 4: measuring it on 10,000 digits that it has not seen"));
        var source = new ModelSource { Run = run, RunsFolder = request.RunsFolder, Device = request.Device };
        var evaluation = Evaluate.Run(new EvaluateRequest { Source = source }, progress, stop);

        progress.Report(new StageBegun("3 of 4: drawing digits that nobody wrote"));
        List<PictureResult> pictures =
        [
            Pictures.Sample(
                new SampleRequest { Source = source, Out = File("samples"), Command = request.Command },
                progress, stop),
            Pictures.Reconstruct(
                new ReconstructRequest { Source = source, Out = File("reconstructions"), Command = request.Command },
                progress, stop),
            Interpolate.Run(
                new InterpolateRequest { Source = source, Out = File("interpolation"), Command = request.Command },
                progress, stop),
        ];

        progress.Report(new StageBegun("4 of 4: training one whose code has two numbers, to see all of it at once"));
        if (Trained(PlanePreset, request, progress, stop) is not { } plane) return null;
        pictures.Add(Traverse.Run(new TraverseRequest
        {
            Source = source with { Run = plane },
            Manifold = 20,
            Out = File("manifold"),
            Command = request.Command,
        }, progress, stop));

        return new DemoResult(run, plane, evaluation, pictures, Stopwatch.GetElapsedTime(began).TotalSeconds,
        [
            $"figment traverse {run}",
            "figment train conv-vae-fashion",
            "figment train conv-vae --data ./my-photos --size 64",
        ]);

        string File(string name) => Path.Combine(request.Out, name + ".png");
    }

    private static string? Trained(string preset, DemoRequest request,
        IProgress<WorkEvent> progress, CancellationToken stop)
    {
        var outcome = Train.Start(new TrainRequest
        {
            What = preset,
            RunsFolder = request.RunsFolder,
            Seed = request.Seed,
            Steps = request.Steps,
            Device = request.Device,
        }, progress, request.Command, stop);
        if (outcome.Reason == "diverged")
            throw new FigmentException($"the training diverged: {outcome.Message}", "try another seed (--seed 1)");
        return outcome.IsComplete ? outcome.Run : null;
    }
}
