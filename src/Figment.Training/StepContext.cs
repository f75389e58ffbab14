using Figment.Data;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Distributed;

namespace Figment.Training;

/// <summary>How a player's gradients are limited and its learning rate is set.</summary>
/// <param name="BaseRates">Learning rate of each player before the schedule.</param>
/// <param name="Factor">The schedule: steps taken to a factor.</param>
/// <param name="ClipNorm">Largest norm of all gradients of a player together, or null.</param>
/// <param name="ClipValue">Largest absolute value of a gradient, or null.</param>
internal sealed record StepRules(
    IReadOnlyDictionary<string, double> BaseRates, Func<long, double> Factor, double? ClipNorm, double? ClipValue);

/// <summary>A part of a step whose gradient is summed up in several.</summary>
/// <param name="IsFirst">Gradients begin at zero.</param>
/// <param name="IsLast">The optimiser steps.</param>
/// <param name="Weight">The part's share of the step's examples.</param>
/// <param name="Parts">How many there are.</param>
internal readonly record struct StepPart(bool IsFirst, bool IsLast, double Weight, int Parts)
{
    public static StepPart Whole { get; } = new(true, true, 1, 1);

    /// <summary>Makes the plain mean over the parts the mean over the step's examples.</summary>
    public double Scale => Weight * Parts;
}

/// <summary>What a task has at hand in a step.</summary>
public sealed class StepContext
{
    private readonly StepRules rules;
    private readonly Meters meters;
    private readonly SharedStep shared;
    private readonly string? only;
    private readonly bool several;
    private bool minimized;

    internal StepContext(Rng rng, StepRules rules, Meters meters, SharedStep shared, string? only)
    {
        (Rng, this.rules, this.meters, this.shared, this.only) = (rng, rules, meters, shared, only);
        several = rules.BaseRates.Count > 1;
    }

    /// <summary>The step's random stream; its state is saved, so that a resumed run draws the same numbers.</summary>
    public Rng Rng { get; }

    /// <summary>Steps done before this one.</summary>
    public long StepIndex { get; internal set; }

    /// <summary>Which part of the step is computed.</summary>
    internal StepPart Part
    {
        get;
        set => (field, minimized) = (value, false);
    } = StepPart.Whole;

    /// <summary>Whether gradient norms are measured in this step although nothing is clipped.</summary>
    internal bool MeasureGradients { get; set; }

    /// <summary>The task's step on a batch, or on one part of it after another so that less memory is needed at a
    /// time.</summary>
    internal void Compute(ITrainingTask task, Batch batch, int parts)
    {
        if (parts == 1)
        {
            task.Step(batch, this);
            return;
        }
        (parts, var done) = (Math.Min(parts, batch.Count), 0);
        foreach (var part in batch.Split(parts))
        {
            Part = new StepPart(done == 0, (done += part.Count) == batch.Count,
                (double)part.Count / batch.Count, parts);
            TensorScope.Run(() => task.Step(part, this));
        }
    }

    /// <summary>Whether a player is to be stepped; false for all but one when the trainer was asked to step one alone.
    /// A task may ask, to save work for a loss that would not be used.</summary>
    public bool IsActive(Player player) => only is null || only == player.Name;

    /// <summary>One optimiser step of a player: forgets old gradients, builds the loss in a scope of its own, computes
    /// gradients, clips them, sets the scheduled learning rate and steps. The loss is logged as <c>loss</c>, with the
    /// player's name before it where there are several. The loss is a mean over the batch: where the plan accumulates,
    /// the parts' losses are weighted by their examples and the step is taken with the last part.</summary>
    /// <param name="loss">Computes the loss, a tensor of one element.</param>
    /// <exception cref="ArgumentException">The loss has more elements than one.</exception>
    public void Minimize(Player player, Func<Tensor> loss)
    {
        ArgumentNullException.ThrowIfNull(player);
        if (!IsActive(player))
            return;
        if (Part.Weight < 1 && minimized)
            throw new InvalidOperationException("a task that minimises twice in a step cannot be accumulated");
        minimized = true;
        if (Part.IsFirst)
            player.Optimizer.ZeroGrad();
        TensorScope.Run(() =>
        {
            var value = TensorScope.Run(loss);
            Log(NameOf(player, "loss"), value);
            shared.Backward(player, Part.Weight < 1 ? value * Part.Weight : value);
            if (Part.IsLast)
                Clip(player);
        });
        if (!Part.IsLast)
            return;
        player.Optimizer.LearningRate = rules.BaseRates[player.Name] * rules.Factor(StepIndex);
        player.Optimizer.Step();
    }

    /// <summary>Adds a measurement to its mean over the metric interval. Nothing waits for the device: sums are read
    /// once an interval.</summary>
    /// <param name="name">The metric's name; a part before <c>/</c> groups it.</param>
    /// <param name="value">A tensor of one element.</param>
    public void Log(string name, Tensor value) =>
        meters.Add(name, Part.Scale == 1 ? value : value.Detach() * Part.Scale);

    /// <summary>Adds a number to its mean over the metric interval.</summary>
    public void Log(string name, double value) => meters.Add(name, value * Part.Scale);

    /// <summary>Sums over the processes that train together, of which each has seen its rows alone; without a gradient
    /// to be taken.</summary>
    public Tensor SumOverRanks(Tensor own) => shared.Sum(own);

    /// <summary>A player's metric: prefixed only where there are several players.</summary>
    internal string NameOf(Player player, string metric) => several ? $"{player.Name}/{metric}" : metric;

    private void Clip(Player player)
    {
        if (rules.ClipNorm is { } norm)
            meters.Add(NameOf(player, "gradient_norm"), GradientClip.ByNorm(player.Optimizer.Parameters, norm));
        else if (MeasureGradients && GradientNorm(player) is { } measured)
            meters.Add(NameOf(player, "gradient_norm"), measured);
        if (rules.ClipValue is { } limit)
            GradientClip.ByValue(player.Optimizer.Parameters, limit);
    }

    private static Tensor? GradientNorm(Player player) => NoGrad.Run(() =>
    {
        var norms = player.Optimizer.Parameters.Select(p => p.Grad).OfType<Tensor>().Select(g => g.Norm()).ToArray();
        return norms.Length == 0 ? null : Ops.Stack(norms).Norm();
    });
}
