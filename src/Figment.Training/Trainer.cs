using System.Diagnostics;
using Figment.Data;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Distributed;
using Figment.Training.Options;
using Figment.Training.Runs;

namespace Figment.Training;

/// <summary>The training loop: one step after another, with measuring, evaluating, previewing and saving between them.
/// What is computed depends on the job alone; a run that was stopped or killed goes on to the same bits.</summary>
public sealed class Trainer : IDisposable
{
    private readonly TrainingJob job;
    private readonly long totalSteps;
    private readonly Dictionary<string, double> rates;
    private readonly TrainingState state;
    private readonly TrainingReporter reporter;
    private readonly StepContext context;
    private readonly SharedStep shared;
    private readonly Stopwatch stepping = new();
    private double secondsBefore;
    private double? measuredBest;

    private Trainer(TrainingJob job, CancellationToken stop)
    {
        this.job = job;
        totalSteps = job.Plan.TotalSteps(job.Data.BatchesPerEpoch);
        rates = job.Task.Players.ToDictionary(p => p.Name, p => p.Optimizer.LearningRate);
        SameStart.Make(job);
        state = new TrainingState(job);
        shared = new SharedStep(job, state, stop);
        reporter = new TrainingReporter(job, state);
        var rules = new StepRules(rates, job.Plan.Schedule.ToFactor(totalSteps), job.Plan.ClipNorm, job.Plan.ClipValue);
        context = new StepContext(state.Rng, rules, state.Meters, shared, job.OnlyPlayer);
    }
    private Progress Progress { get => state.Progress; set => state.Progress = value; }

    /// <summary>Trains until the plan's end, an early stop, divergence or a request to stop.</summary>
    /// <param name="job">What to train.</param>
    /// <param name="stop">Asks to finish the step, save and return; see <see cref="StopSignals"/>.</param>
    /// <exception cref="DiskFullException">A checkpoint could not be written; earlier ones are kept.</exception>
    /// <exception cref="InvalidDataException">The run's checkpoints are all damaged.</exception>
    /// <exception cref="Nn.StateDictException">The run's checkpoint is of another model.</exception>
    /// <exception cref="Options.OptionsException">The plan is not valid.</exception>
    public static TrainingResult Run(TrainingJob job, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        job.Check();
        using var modes = new EngineModes(job.Plan.Precision);
        try
        {
            using var trainer = new Trainer(job, stop);
            return trainer.Loop();
        }
        catch (Exception error)
        {
            job.Ranks.Abort(error);
            TrainingReporter.RecordFailure(job.Run, error);
            if (error is IOException io and not DiskFullException && DiskFullException.Is(io))
                throw new DiskFullException("the disk is full; free some space and resume the run", error);
            throw;
        }
    }

    /// <summary>Releases the run's own state; the job's parts stay.</summary>
    public void Dispose()
    {
        foreach (var player in job.Task.Players)
            player.Optimizer.LearningRate = rates[player.Name];
        shared.Dispose();
        state.Dispose();
    }

    private TrainingResult Loop()
    {
        (StopReason? Reason, string? Message) verdict = default;
        job.Task.Module.Train();
        try
        {
            Begin();
            LibTorch.ReleaseMemory(); // initial values and a resumed state need more at once than steps do
            while (verdict.Reason is null && Progress.Step < totalSteps)
            {
                Step();
                verdict = BetweenSteps();
            }
        }
        catch (DivergedException diverged)
        {
            verdict = (StopReason.Diverged, diverged.Message);
        }
        return reporter.End(verdict.Reason ?? StopReason.Finished, verdict.Message ?? "the plan is done");
    }

    private void Begin()
    {
        var resumed = reporter.Resume();
        secondsBefore = Progress.Seconds;
        reporter.Begin();
        reporter.Say(new TrainingStarted(job.Run?.Record.Id ?? "", Progress.Step, totalSteps, job.Data.BatchesPerEpoch,
            job.Task.Module.ParameterCount));
        if (!resumed)
            Save(improved: false);
    }

    private void Step()
    {
        stepping.Start();
        context.StepIndex = Progress.Step;
        context.MeasureGradients = IsDue(job.Plan.MetricInterval, Progress.Step + 1);
        var examples = TensorScope.Run(() =>
        {
            var batch = job.Data.NextBatch(job.Device);
            MixedPrecision.Run(job.Plan.Precision == Precision.Bf16,
                () => shared.Run(batch, () => context.Compute(job.Task, batch, job.Plan.Accumulate)));
            return batch.Total;
        });
        state.Ema?.Update();
        stepping.Stop();
        Progress = Progress with
        {
            Step = Progress.Step + 1,
            Examples = Progress.Examples + examples,
            Seconds = secondsBefore + stepping.Elapsed.TotalSeconds,
        };
        reporter.Progressed();
    }

    private (StopReason? Reason, string? Message) BetweenSteps()
    {
        var (plan, step) = (job.Plan, Progress.Step);
        measuredBest = null;
        var measured = IsDue(plan.MetricInterval, step);
        if (measured)
            Measure();
        var improved = IsDue(plan.EvaluationInterval, step) && Evaluate();
        var tired = step < totalSteps && Progress.Stale >= (plan.Patience ?? int.MaxValue);
        if (tired && !measured)
            Measure();
        if (job.Preview is { } draw && (IsDue(plan.PreviewInterval, step) || (tired && plan.PreviewInterval > 0)))
            reporter.Preview(draw);
        (StopReason? Reason, string? Message) verdict = step == totalSteps ? (StopReason.Finished, "the plan is done")
            : tired ? (StopReason.EarlyStopped, $"'{plan.BestBy}' has not improved since step {Progress.BestStep}")
            : shared.AsksToStop ? (StopReason.Cancelled, $"asked to stop after step {step}")
            : ((StopReason?)null, null);
        if (verdict.Reason is not null || improved || step % plan.CheckpointInterval == 0)
            Save(improved);
        return verdict;
    }

    // What is done at intervals is done once more after the last step; an interval of 0 means never.
    private bool IsDue(int interval, long step) => interval > 0 && (step % interval == 0 || step == totalSteps);

    private void Measure()
    {
        var means = state.Meters.Read();
        foreach (var player in job.Task.Players.Where(context.IsActive))
            means[context.NameOf(player, "learning_rate")] = player.Optimizer.LearningRate;
        reporter.Row("train", means);
        DivergedException.ThrowIfNotFinite(means, Progress.Step, state);
        state.Meters.Reset();
    }

    private bool Evaluate()
    {
        if (job.Evaluate is null)
            return false;
        var values = job.Ranks.FromFirst(
            () => EvaluationMode.Run(job.Task.Module, state.Ema, job.Seed, "evaluation", job.Device, job.Evaluate));
        reporter.Row("validation", values);
        if (job.Plan.BestBy is not { } name)
            return false;
        if (!values.TryGetValue(name, out var value))
            throw new InvalidOperationException(
                $"best-by is '{name}', but measured are {string.Join(", ", values.Keys)}");
        measuredBest = double.IsFinite(value) ? value : null;
        (Progress, var improved) = Progress.Evaluated(value, job.Plan);
        return improved;
    }

    private void Save(bool improved) => TensorScope.Run(() =>
    {
        DivergedException.ThrowIfNotFinite(state.Meters.Read(), Progress.Step, state);
        if (job.Ranks.AnySaid(state.FirstNotFinite()) is { } tensor)
            throw new DivergedException($"'{tensor}' became not finite by step {Progress.Step}");
        var head = state.Head() with { Metric = measuredBest is null ? null : job.Plan.BestBy, Value = measuredBest };
        var files = state.Files();
        if (job.Run is not { } run)
            return;
        run.Sync();
        var saved = run.Checkpoints.Commit(head, files);
        run.Checkpoints.Retain(job.Plan.KeepLast, job.Plan.BestBy is null ? null : job.Plan.Goal);
        run.Update(state.Describe);
        reporter.Say(new TrainingSaved(Progress.Step, saved.Folder, improved));
    });
}
