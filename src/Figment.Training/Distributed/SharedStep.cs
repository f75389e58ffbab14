using Figment.Data;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Training.Distributed;

/// <summary>A step that several ranks do together: each has its rows of the batch and of the step's noise, and after
/// the backward pass the gradient of the whole batch. Alone, it is the plain step.</summary>
internal sealed class SharedStep : IDisposable
{
    private readonly Ranks ranks;
    private readonly TrainingState state;
    private readonly CancellationToken stop;
    private readonly Dictionary<string, GradientReducer> reducers = [];
    private readonly List<BatchNorm> norms = [];
    private double weight = 1;
    private bool agreedToStop;

    public SharedStep(TrainingJob job, TrainingState state, CancellationToken stop)
    {
        (ranks, this.state, this.stop) = (job.Ranks, state, stop);
        if (ranks.Group is not { } group)
            return;
        foreach (var player in job.Task.Players)
            reducers[player.Name] = new GradientReducer(group, [.. player.Optimizer.Parameters], ranks.BucketBytes);
        if (job.Plan.SynchronizeBatchNorm)
            foreach (var norm in job.Task.Module.NamedModules().Select(named => named.Module).OfType<BatchNorm>())
            {
                norm.SumOverRanks = new GroupSum(group, this);
                norms.Add(norm);
            }
    }

    /// <summary>Whether to stop after this step: every rank hears the same. A request travels with the gradients, so
    /// that asking costs nothing.</summary>
    public bool AsksToStop => ranks.Group is null ? stop.IsCancellationRequested : agreedToStop;

    /// <summary>When the last backward pass of a player handed each bucket to the group, and when it ended.</summary>
    public (long[] Launched, long BackwardEnded)? TimesOf(string player) =>
        reducers.TryGetValue(player, out var reducer) ? reducer.Times : null;

    /// <summary>Does a step on this rank's rows.</summary>
    public void Run(Batch batch, Action step)
    {
        (weight, agreedToStop) = (batch.Weight, false);
        (state.Rng.Rows, state.Meters.Weight) = (batch.Rows, batch.Weight);
        step();
        state.Rng.Rows = null;
        // With shares of unlike sizes a draw may count as the rows' noise on one rank and not on another.
        if (ranks.Group is not null && batch.Total % ranks.Size != 0)
            state.Rng.State = ranks.Send(state.Rng.State);
    }

    /// <summary>The gradients of the mean loss over the whole batch.</summary>
    public void Backward(Player player, Tensor loss)
    {
        if (ranks.Group is null)
        {
            loss.Backward();
            return;
        }
        var reducer = reducers[player.Name];
        reducer.Begin(stop.IsCancellationRequested ? 1 : 0);
        // Every rank's loss is a mean over its own rows: weighted by their part, the sum is the mean over all.
        loss.Backward(Tensor.Full(loss.Shape, weight, loss.DType, loss.Device));
        agreedToStop |= reducer.End() > 0;
    }

    /// <summary>The sum over all ranks.</summary>
    public Tensor Sum(Tensor own) => ranks.Group?.Sum(own) ?? own;

    public void Dispose()
    {
        foreach (var norm in norms)
            norm.SumOverRanks = null;
        foreach (var reducer in reducers.Values)
            reducer.Dispose();
    }

    private sealed class GroupSum(ProcessGroup group, SharedStep step) : BatchNormSum
    {
        public override double Weight => step.weight;

        public override Tensor Sum(Tensor own) => group.Sum(own);
    }
}
