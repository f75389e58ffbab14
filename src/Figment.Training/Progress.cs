using Figment.Training.Options;

namespace Figment.Training;

/// <summary>How far a run has come, beside its tensors.</summary>
internal sealed record Progress
{
    public long Step { get; init; }

    public long Examples { get; init; }

    public double Seconds { get; init; }

    public long? BestStep { get; init; }

    public double? BestValue { get; init; }

    /// <summary>Evaluations since the best one.</summary>
    public int Stale { get; init; }

    /// <summary>Takes an evaluation into account.</summary>
    /// <returns>The progress, and whether the value is the best so far.</returns>
    public (Progress Progress, bool Improved) Evaluated(double value, PlanOptions plan)
    {
        var gain = plan.Goal == MetricGoal.Minimize ? BestValue - value : value - BestValue;
        // The first finite value improves on nothing; one that is not finite never improves.
        return double.IsFinite(value) && (gain is null || gain > plan.MinimumImprovement)
            ? (this with { BestStep = Step, BestValue = value, Stale = 0 }, true)
            : (this with { Stale = Stale + 1 }, false);
    }
}
