using System.Diagnostics;
using Figment.Evaluation;
using Figment.Training;
using Figment.Training.Runs;

namespace Figment.App;

/// <summary>Tells a training's events as App's, with what a person wants to see beside the step: the last means, the
/// time left.</summary>
internal sealed class TrainingEvents(IProgress<WorkEvent> progress, RunFolder run,
    string model, string data) : ITrainingObserver
{
    private readonly GameMonitor monitor = new();
    private readonly long began = Stopwatch.GetTimestamp();
    private IReadOnlyDictionary<string, double> metrics = new Dictionary<string, double>();
    private TrainingStarted started = new("", 0, 0, 0, 0);
    private double rate;
    private double examplesPerStep;

    public void Observe(TrainingEvent happened)
    {
        switch (happened)
        {
            case TrainingStarted start:
                started = start;
                progress.Report(new RunStarted(start.Run, run.FullPath, model, data,
                    start.FirstStep, start.TotalSteps, start.ParameterCount));
                break;
            case TrainingProgressed steps:
                if (steps.ExamplesPerSecond > 0) rate = steps.ExamplesPerSecond;
                // The last step is told with its row, which follows.
                if (steps.Step < started.TotalSteps) Steps(steps.Step, steps.Examples, steps.Epoch);
                break;
            case TrainingMeasured { Row: { Kind: "train" } row }:
                metrics = row.Values;
                foreach (var alarm in monitor.Observe(row.Values))
                {
                    run.Log.Write($"step {row.Step}: {alarm}");
                    progress.Report(new Remark($"step {row.Step}: {alarm}"));
                }

                if (row.Machine.ExamplesPerSecond > 0) rate = row.Machine.ExamplesPerSecond;
                Steps(row.Step, row.Examples, row.Epoch);
                break;
            case TrainingMeasured { Row: var row }:
                progress.Report(new Evaluated(row.Step, row.Values));
                break;
            case TrainingPreviewed preview:
                progress.Report(new FileWritten("preview",
                    Path.Combine(run.FullPath, "samples", preview.Name), preview.Step));
                break;
            case TrainingSaved saved:
                progress.Report(new FileWritten("checkpoint", Path.Combine(run.FullPath, saved.Folder), saved.Step));
                break;
            case TrainingNoted note:
                progress.Report(new Remark(note.Message));
                break;
            case TrainingEnded { Result: var result }:
                progress.Report(new RunEnded(started.Run, run.FullPath, result.Message,
                    result.Step, Elapsed, result.Values));
                break;
        }
    }

    private double Elapsed => Stopwatch.GetElapsedTime(began).TotalSeconds;

    private void Steps(long step, long examples, double epoch)
    {
        if (step > 0) examplesPerStep = (double)examples / step;
        var left = rate > 0 ? (started.TotalSteps - step) * examplesPerStep / rate : double.PositiveInfinity;
        progress.Report(new StepsDone(step, started.TotalSteps, epoch, rate, Elapsed, left, metrics));
    }
}
