using System.Diagnostics;
using Figment.Torch;
using Figment.Training.Checkpoints;
using Figment.Training.Distributed;
using Figment.Training.Metrics;
using Figment.Training.Runs;

namespace Figment.Training;

/// <summary>Tells the run's folder and the observers what happens. The folder's files are part of the run's state and
/// must be written; an observer that throws is told nothing more and stops nothing.</summary>
internal sealed class TrainingReporter(TrainingJob job, TrainingState state)
{
    private static readonly TimeSpan quiet = TimeSpan.FromMilliseconds(100);

    private readonly List<ITrainingObserver> observers = [.. job.Observers];
    private readonly Stopwatch sinceProgress = Stopwatch.StartNew();
    private (double Seconds, long Examples) sessionStart;
    private (double Seconds, long Examples) rowStart;

    /// <summary>Values of the last row written.</summary>
    public IReadOnlyDictionary<string, double> LastValues { get; private set; } = new Dictionary<string, double>();

    /// <summary>The session's rates are counted from here.</summary>
    public void Begin() => sessionStart = rowStart = (state.Progress.Seconds, state.Progress.Examples);

    /// <summary>Puts the run back to its newest checkpoint that verifies; false when it has none yet.</summary>
    public bool Resume()
    {
        if (!CheckpointExchange.Share(job.Ranks, job.Run is null ? null : Newest(job.Run), state.Restore))
            return false;
        job.Run?.RemoveSamplesAfter(state.Progress.Step);
        Note($"goes on after step {state.Progress.Step}");
        return true;
    }

    private Checkpoint? Newest(RunFolder run)
    {
        var newest = run.Checkpoints.Newest(out var rejected);
        if (newest is null && rejected.Count > 0)
            throw new InvalidDataException(
                $"no checkpoint of the run can be used; {rejected[0].Folder}: {rejected[0].Reason}");
        if (newest is null && run is { IsNew: false, Record.InitFrom: { } source })
            throw new InvalidDataException(
                $"the run was killed before its first checkpoint; begin it anew from {source}");
        foreach (var bad in rejected)
        {
            Note($"{bad.Folder} is damaged and was removed: {bad.Reason}");
            run.Files.Delete(bad.Folder);
        }
        return newest;
    }

    public void Say(TrainingEvent happened)
    {
        foreach (var observer in observers.ToArray())
        {
            try
            {
                observer.Observe(happened);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                observers.Remove(observer);
                Note($"an observer ({observer.GetType().Name}) failed and is told nothing more: {error.Message}");
            }
        }
    }

    public void Note(string message)
    {
        job.Run?.Log.Write(message);
        Say(new TrainingNoted(message));
    }

    /// <summary>Tells of steps a few times a second.</summary>
    public void Progressed()
    {
        if (sinceProgress.Elapsed < quiet || observers.Count == 0)
            return;
        sinceProgress.Restart();
        Say(new TrainingProgressed(state.Progress.Step, state.Progress.Examples, state.Epoch, Rate(sessionStart)));
    }

    /// <summary>Writes a row of metrics.</summary>
    public void Row(string kind, IReadOnlyDictionary<string, double> values)
    {
        var training = kind == "train";
        var use = new MachineUse(state.Progress.Seconds, training ? Rate(rowStart) : 0, Tensor.LiveCount,
            Environment.WorkingSet, Cuda.PeakOf(job.Device, reset: training));
        var row = new MetricRow(kind, state.Progress.Step, state.Progress.Examples, state.Epoch, values, use);
        job.Run?.Metrics.Write(row);
        job.Run?.Events.Scalars(row.Step, values.Select(v => KeyValuePair.Create($"{kind}/{v.Key}", v.Value)));
        if (training)
            rowStart = (state.Progress.Seconds, state.Progress.Examples);
        LastValues = values;
        Say(new TrainingMeasured(row));
    }

    /// <summary>Draws and keeps a preview; one that cannot be drawn stops nothing.</summary>
    public void Preview(Func<Rng, Picture> draw)
    {
        if (job.Run is not { } run)
            return;
        var step = state.Progress.Step;
        try
        {
            var picture = EvaluationMode.Run(job.Task.Module, state.Ema, job.Seed, "preview", job.Device, draw);
            var name = RunFolder.SampleName(step);
            run.SaveSample(name, picture.Png);
            run.Events.Picture(step, "samples", picture.Png, picture.Width, picture.Height, picture.Channels);
            Say(new TrainingPreviewed(step, name, picture));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Note($"no preview of step {step}: {error.Message}");
        }
    }

    /// <summary>Writes how training ended.</summary>
    public TrainingResult End(StopReason reason, string message)
    {
        var progress = state.Progress;
        var result = new TrainingResult(reason, message, progress.Step, progress.Examples, state.Epoch,
            progress.Seconds, LastValues, progress.BestStep, progress.BestValue);
        var status = reason switch
        {
            StopReason.Diverged => RunStatus.Diverged,
            StopReason.Cancelled => RunStatus.Stopped,
            _ => RunStatus.Finished,
        };
        job.Run?.Update(r => state.Describe(r) with { Status = status, Reason = message });
        Note($"{reason} after step {progress.Step}: {message}");
        Say(new TrainingEnded(result));
        return result;
    }

    /// <summary>Writes the failure into the record, if that still can be done; the failure itself is told by its
    /// exception.</summary>
    public static void RecordFailure(RunFolder? run, Exception failure)
    {
        if (run is null)
            return;
        try
        {
            run.Log.Write($"failed: {failure.Message}");
            run.Update(r => r with { Status = RunStatus.Failed, Reason = failure.Message });
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // Most likely the disk is full, which is what the failure says.
        }
    }

    private double Rate((double Seconds, long Examples) start)
    {
        var seconds = state.Progress.Seconds - start.Seconds;
        return seconds > 0 ? (state.Progress.Examples - start.Examples) / seconds : 0;
    }
}
