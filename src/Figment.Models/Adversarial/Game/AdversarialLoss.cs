using System.ComponentModel.DataAnnotations;
using Figment.Torch;

namespace Figment.Models.Adversarial.Game;

/// <summary>What the two players of an adversarial game minimise, as functions of the discriminator's outputs, which
/// are logits or scores without bounds. Every model of the family takes any of them.</summary>
public abstract record AdversarialLoss
{
    private protected AdversarialLoss() { }

    /// <summary>The discriminator's loss, the mean over examples.</summary>
    /// <param name="real">Its outputs for real examples, (B).</param>
    /// <param name="fake">Its outputs for generated ones, (B).</param>
    public abstract Tensor Discriminator(Tensor real, Tensor fake);

    /// <summary>The generator's loss, the mean over examples.</summary>
    /// <param name="fake">The discriminator's outputs for generated examples, (B).</param>
    public abstract Tensor Generator(Tensor fake);

    /// <summary>The score above which the discriminator takes an example for real; null where scores have no such
    /// place.</summary>
    public virtual double? Boundary => 0;

    /// <summary>The measure that the discriminator's loss estimates, as a metric is named; null where it has
    /// none.</summary>
    public virtual string? Measure => null;

    /// <summary>How far apart the discriminator thinks the two distributions are in <see cref="Measure"/>, a bound from
    /// below; null where the loss has none.</summary>
    /// <param name="real">Its outputs for real examples, (B).</param>
    /// <param name="fake">Its outputs for generated ones, (B).</param>
    public virtual Tensor? Divergence(Tensor real, Tensor fake) => null;
}

/// <summary>A loss in which the discriminator says a probability, D = sigmoid(logit), and maximises
/// V = E[log D(x)] + E[log(1 - D(G(z)))] (Goodfellow et al. 2014, equation 1).</summary>
public abstract record LogLoss : AdversarialLoss
{
    private protected LogLoss() { }

    /// <summary>What is taken from the target 1 of real examples, so that the discriminator is never sure (Salimans et
    /// al. 2016, section 3.4); 0 leaves it.</summary>
    [Range(0.0, 0.5)]
    public double Smoothing { get; init; }

    // -(1 - s) log D(x) - s log(1 - D(x)) = softplus(-l) + s l
    public override Tensor Discriminator(Tensor real, Tensor fake)
    {
        var ofReal = (-real).SoftPlus();
        if (Smoothing > 0) ofReal += Smoothing * real;
        return ofReal.Mean() + fake.SoftPlus().Mean();
    }

    public override string Measure => "js-divergence";

    /// <summary>A bound from below on the Jensen-Shannon divergence: (V + log 4) / 2, nats; log 2 where nothing
    /// overlaps.</summary>
    public override Tensor Divergence(Tensor real, Tensor fake) =>
        Math.Log(2) - (((-real).SoftPlus().Mean() + fake.SoftPlus().Mean()) / 2);
}

/// <summary>The generator minimises E[log(1 - D(G(z)))], the game's own value (2014, equation 1). Its gradient vanishes
/// where the discriminator is sure.</summary>
public sealed record MinimaxLoss : LogLoss
{
    public override Tensor Generator(Tensor fake) => -fake.SoftPlus().Mean();
}

/// <summary>The generator minimises -E[log D(G(z))]: the same fixed point, with a gradient where the discriminator is
/// sure (2014, section 3).</summary>
public sealed record NonSaturatingLoss : LogLoss
{
    public override Tensor Generator(Tensor fake) => (-fake).SoftPlus().Mean();
}

/// <summary>Scores are pulled to 1 for real and to 0 for generated examples by squared errors: a = 0, b = c = 1 (Mao et
/// al. 2017, https://arxiv.org/abs/1611.04076, equation 9).</summary>
public sealed record LeastSquaresLoss : AdversarialLoss
{
    public override Tensor Discriminator(Tensor real, Tensor fake) =>
        0.5 * ((real - 1).Square().Mean() + fake.Square().Mean());

    public override Tensor Generator(Tensor fake) => 0.5 * (fake - 1).Square().Mean();

    public override double? Boundary => 0.5;
}

/// <summary>Scores count until they pass a margin: max(0, 1 - D(x)) + max(0, 1 + D(G(z))), and -D(G(z)) (Lim and Ye
/// 2017, https://arxiv.org/abs/1705.02894).</summary>
public sealed record HingeLoss : AdversarialLoss
{
    public override Tensor Discriminator(Tensor real, Tensor fake) =>
        (1 - real).Relu().Mean() + (1 + fake).Relu().Mean();

    public override Tensor Generator(Tensor fake) => -fake.Mean();
}

/// <summary>The critic's scores themselves: E[D(G(z))] - E[D(x)], and -E[D(G(z))] (Arjovsky et al. 2017,
/// https://arxiv.org/abs/1701.07875, equation 2). It means something only where the critic is kept from being steep:
/// by a gradient penalty, weight clipping or spectral normalisation.</summary>
public sealed record WassersteinLoss : AdversarialLoss
{
    public override Tensor Discriminator(Tensor real, Tensor fake) => fake.Mean() - real.Mean();

    public override Tensor Generator(Tensor fake) => -fake.Mean();

    public override double? Boundary => null;

    public override string Measure => "wasserstein";

    /// <summary>The Wasserstein-1 distance, up to the critic's Lipschitz constant.</summary>
    public override Tensor Divergence(Tensor real, Tensor fake) => real.Mean() - fake.Mean();
}
