using System.ComponentModel.DataAnnotations;
using Figment.Torch;
using Figment.Training;

namespace Figment.Models.Adversarial.Game;

/// <summary>How generator and discriminator play: parts that every adversarial model composes.</summary>
public sealed record GameOptions : IValidatableObject
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

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Augmentation is AdaptiveAugmentation && Loss.Boundary is null)
            yield return new ValidationResult("must not be adaptive with this loss, whose scores have no place where "
                + "real ends and generated begins; choose differentiable, or another loss", [nameof(Augmentation)]);
    }

    /// <summary>Whether the generator moves in this step: in each k-th.</summary>
    internal bool GeneratorPlays(StepContext step) => (step.StepIndex + 1) % DiscriminatorSteps == 0;

    /// <summary>The discriminator's loss with its restraint's term; logs what tells a game that goes well from one that
    /// does not.</summary>
    /// <remarks><c>discriminator/right</c>: how often a real example scores above a generated one; 1/2 where they
    /// cannot be told apart. <c>discriminator/js-divergence</c> or
    /// <c>discriminator/wasserstein</c>: what the loss estimates, where it does.
    /// <c>generator/diversity</c>: the variance of generated examples, pixel by pixel, over that of real ones; near 0
    /// where all are alike.</remarks>
    /// <param name="step">Logs, and draws what the restraint needs.</param>
    /// <param name="augmenter">What changed the examples; it learns how sure the discriminator is.</param>
    /// <param name="discriminate">Examples (B, ...) to scores (B).</param>
    /// <param name="real">Real examples and their scores.</param>
    /// <param name="fake">Generated examples, without a gradient, and their scores.</param>
    internal Tensor DiscriminatorLoss(StepContext step, Augmenter augmenter, Func<Tensor, Tensor> discriminate,
        (Tensor X, Tensor Score) real, (Tensor X, Tensor Score) fake)
    {
        NoGrad.Run(() =>
        {
            step.Log("discriminator/right", (real.Score > fake.Score).To(DType.Float32).Mean());
            if (Loss.Divergence(real.Score, fake.Score) is { } divergence)
                step.Log($"discriminator/{Loss.Measure}", divergence);
            if (Loss.Boundary is { } boundary) augmenter.Watch((real.Score - boundary).Sign(), step);
            if (real.X.Size(0) > 1) step.Log("generator/diversity", Spread(fake.X) / (Spread(real.X) + 1e-12));
        });
        var loss = Loss.Discriminator(real.Score, fake.Score);
        if (Restraint.Penalty(discriminate, real.X, fake.X, step.Rng, step.StepIndex) is not { } penalty) return loss;
        step.Log("discriminator/penalty", penalty);
        return loss + penalty;
    }

    private static Tensor Spread(Tensor x) => x.Flatten(1).Var([0], unbiased: false).Mean();
}
