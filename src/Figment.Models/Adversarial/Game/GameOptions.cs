using System.ComponentModel.DataAnnotations;

namespace Figment.Models.Adversarial.Game;

/// <summary>How generator and discriminator play: parts that every adversarial model composes.</summary>
public sealed record GameOptions
{
    /// <summary>What the players minimise.</summary>
    public AdversarialLoss Loss { get; init; } = new NonSaturatingLoss();

    /// <summary>What keeps the discriminator from being too steep.</summary>
    public Restraint Restraint { get; init; } = new NoRestraint();

    /// <summary>How examples are changed before the discriminator sees them, real and generated alike.</summary>
    public Augmentation Augmentation { get; init; } = new NoAugmentation();

    /// <summary>k, steps of the discriminator to one of the generator; a training step is one of the
    /// discriminator.</summary>
    [Range(1, 100)]
    public int DiscriminatorSteps { get; init; } = 1;

    /// <summary>Learning rate of the discriminator as a multiple of the optimiser's, which is the generator's: two time
    /// scales (Heusel et al. 2017, https://arxiv.org/abs/1706.08500).</summary>
    [Range(0.0, 1e3)]
    public double DiscriminatorRate { get; init; } = 1;
}
