using Figment.Training.Metrics;

namespace Figment.Training;

/// <summary>Something that happened in a run, for those who watch it.</summary>
public abstract record TrainingEvent;

/// <summary>Training begins, or goes on.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="FirstStep">Steps done before; above 0 when the run is resumed.</param>
/// <param name="TotalSteps">Steps at the plan's end.</param>
/// <param name="StepsPerEpoch">Steps in one pass over the training set.</param>
/// <param name="ParameterCount">Numbers that are learned.</param>
public sealed record TrainingStarted(
    string Run, long FirstStep, long TotalSteps, long StepsPerEpoch, long ParameterCount) : TrainingEvent;

/// <summary>Steps were done; told a few times a second at most.</summary>
/// <param name="ExamplesPerSecond">Rate since the run was started or resumed, periodic work left out.</param>
public sealed record TrainingProgressed(long Step, long Examples, double Epoch, double ExamplesPerSecond)
    : TrainingEvent;

/// <summary>A row of metrics was written.</summary>
public sealed record TrainingMeasured(MetricRow Row) : TrainingEvent;

/// <summary>A preview was drawn and saved.</summary>
/// <param name="Name">Its name under <c>samples/</c>.</param>
public sealed record TrainingPreviewed(long Step, string Name, Picture Picture) : TrainingEvent;

/// <summary>A checkpoint was committed.</summary>
/// <param name="Folder">Its folder, relative to the run.</param>
/// <param name="IsBest">Whether it is the best so far by the plan's metric.</param>
public sealed record TrainingSaved(long Step, string Folder, bool IsBest) : TrainingEvent;

/// <summary>Something a person should know.</summary>
public sealed record TrainingNoted(string Message) : TrainingEvent;

/// <summary>Training ended.</summary>
public sealed record TrainingEnded(TrainingResult Result) : TrainingEvent;

/// <summary>An encoded picture.</summary>
/// <param name="Png">The file's bytes.</param>
/// <param name="Channels">1 grey, 3 colour.</param>
public sealed record Picture(byte[] Png, int Width, int Height, int Channels);

/// <summary>Watches a run. It cannot change it: what it throws is noted, and it is told nothing more.</summary>
public interface ITrainingObserver
{
    /// <summary>Told on the training thread; should return soon.</summary>
    void Observe(TrainingEvent happened);
}

/// <summary>Why training ended.</summary>
public enum StopReason
{
    /// <summary>The plan's last step was done.</summary>
    Finished,

    /// <summary>The plan's metric no longer improved.</summary>
    EarlyStopped,

    /// <summary>It was asked to stop, and saved itself.</summary>
    Cancelled,

    /// <summary>A loss, a gradient or a weight was not finite; the last good checkpoint is kept.</summary>
    Diverged,
}

/// <summary>How training ended.</summary>
/// <param name="Message">The reason in words.</param>
/// <param name="Seconds">Time spent in steps, over all sessions of the run.</param>
/// <param name="Values">Measurements of the last row written, by name.</param>
/// <param name="BestStep">Step of the best evaluation by the plan's metric, if any.</param>
public sealed record TrainingResult(
    StopReason Reason, string Message, long Step, long Examples, double Epoch, double Seconds,
    IReadOnlyDictionary<string, double> Values, long? BestStep, double? BestValue);
