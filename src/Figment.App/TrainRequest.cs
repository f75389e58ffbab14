namespace Figment.App;

/// <summary>What to train, and how it differs from a preset or from the defaults.</summary>
public sealed record TrainRequest
{
    /// <summary>A preset (<c>vae-mnist</c>) or a model (<c>vae</c>, which takes its first preset).</summary>
    public string? What { get; init; }

    /// <summary>A configuration file in YAML that is laid over <see cref="What"/>.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>A data set's name, or a path: a folder of pictures, an array file.</summary>
    public string? Data { get; init; }

    /// <summary>Height and width to which images are brought; null keeps the data's own.</summary>
    public int? Size { get; init; }

    /// <summary>Optimiser steps; takes the place of epochs.</summary>
    public long? Steps { get; init; }

    /// <summary>Passes over the training set; takes the place of steps.</summary>
    public double? Epochs { get; init; }

    /// <summary>Seed of everything random.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Assignments <c>plan.batch=256</c>, applied last and in order.</summary>
    public IReadOnlyList<string> Sets { get; init; } = [];

    /// <summary>The run whose weights to begin with (fine-tuning).</summary>
    public string? InitFrom { get; init; }

    /// <summary>What the run is called; null makes a name from model and data.</summary>
    public string? Name { get; init; }

    /// <summary>Where to compute: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>The folder of runs.</summary>
    public string RunsFolder { get; init; } = Runs.DefaultFolder;
}

/// <summary>What a request comes to, before anything is trained.</summary>
/// <param name="Name">What the run will be called.</param>
/// <param name="Model">The model's id.</param>
/// <param name="Config">The resolved configuration, YAML.</param>
/// <param name="Images">Training images.</param>
/// <param name="Shape">One image, channels x height x width.</param>
/// <param name="Steps">Optimiser steps in all.</param>
/// <param name="Parameters">Trainable numbers.</param>
/// <param name="SecondsPerStep">Measured over a few steps on this machine.</param>
/// <param name="EstimatedSeconds">The whole training.</param>
/// <param name="CheckpointBytes">One checkpoint on the disk.</param>
public sealed record TrainPlan(
    string Name, string Model, string Config, int Images, string Shape, long Steps,
    long Parameters, double SecondsPerStep,
    double EstimatedSeconds, long CheckpointBytes);

/// <summary>A run to go on with.</summary>
public sealed record ResumeRequest
{
    /// <summary>The run: an id, the beginning of one, a name, or <c>latest</c>.</summary>
    public string Run { get; init; } = "latest";

    /// <summary>Go on although threads, libraries or data are not those of the start, so that the bits will
    /// differ.</summary>
    public bool AllowInexact { get; init; }

    /// <summary>Where to compute; null stays on the device of the start. Another one makes the run inexact.</summary>
    public string? Device { get; init; }

    /// <summary>The folder of runs.</summary>
    public string RunsFolder { get; init; } = Runs.DefaultFolder;
}

/// <summary>How a training ended.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Reason"><c>finished</c>, <c>earlyStopped</c>, <c>cancelled</c> or <c>diverged</c>.</param>
/// <param name="Message">The reason in words.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Seconds">Time spent in steps, over all sessions of the run.</param>
/// <param name="Metrics">The last row of training metrics.</param>
/// <param name="BestStep">Step of the best evaluation, when a metric decides.</param>
public sealed record RunOutcome(
    string Run, string Folder, string Reason, string Message, long Step, double Seconds,
    IReadOnlyDictionary<string, double> Metrics, long? BestStep)
{
    /// <summary>The verb that shows what was learned, among those that the model can do.</summary>
    public string Next { get; init; } = "sample";

    /// <summary>The plan's end was reached, or the run stopped because it no longer improved.</summary>
    public bool IsComplete => Reason is "finished" or "earlyStopped";
}
