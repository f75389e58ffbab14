using Figment.Data;
using Figment.Nn;

namespace Figment.Training;

/// <summary>What a model does in a step of training. The task owns the step: one that alternates between two players
/// and one that minimises a single loss look the same to the trainer.</summary>
public interface ITrainingTask
{
    /// <summary>All that is trained, saved and averaged.</summary>
    Module Module { get; }

    /// <summary>Who is trained by which optimiser; most tasks have one player, and one that fits its
    /// model in closed form has none.</summary>
    IReadOnlyList<Player> Players { get; }

    /// <summary>What the task itself must know again to go on, beside the model: kept in checkpoints, and no part of
    /// the weights; on the model's device. Null where nothing.</summary>
    Module? Memory => null;

    /// <summary>Does one step: computes losses from the batch and minimises them through <paramref
    /// name="step"/>.</summary>
    /// <param name="batch">The step's examples; released after the step.</param>
    /// <param name="step">Randomness, minimising and logging.</param>
    void Step(Batch batch, StepContext step);
}

/// <summary>A part of a model with an optimiser of its own.</summary>
/// <param name="Name">Unique in its task, without dots: it names losses and the optimiser's state in files.</param>
/// <param name="Optimizer">Changes the player's parameters; its learning rate at the start is the schedule's 1.</param>
/// <param name="Module">The part that the player trains.</param>
public sealed record Player(string Name, Optimizer Optimizer, Module Module);
