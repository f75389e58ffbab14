using System.ComponentModel.DataAnnotations;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Adversarial.Game;

/// <summary>What keeps a discriminator from being too steep: a term of its loss, or a limit on its weights.</summary>
public abstract record Restraint
{
    private protected Restraint() { }

    /// <summary>A term that the discriminator's loss takes in this step; null for none.</summary>
    /// <param name="discriminate">Examples (B, ...) to scores (B), each from its own example alone.</param>
    /// <param name="real">Real examples, (B, ...).</param>
    /// <param name="fake">Generated examples, (B, ...), without a gradient.</param>
    /// <param name="rng">Draws the places between the two.</param>
    /// <param name="step">Steps done before this one.</param>
    public virtual Tensor? Penalty(Func<Tensor, Tensor> discriminate, Tensor real, Tensor fake, Rng rng, long step) =>
        null;

    /// <summary>Called after each step of the discriminator.</summary>
    /// <param name="discriminator">Whose weights may be limited.</param>
    public virtual void AfterStep(Module discriminator)
    {
    }

    /// <summary>The squared norm of each score's gradient by its own example.</summary>
    /// <returns>(B), with a gradient of its own.</returns>
    private protected static Tensor SquaredSlope(Func<Tensor, Tensor> discriminate, Tensor at)
    {
        var x = at.Detach();
        x.RequiresGrad = true;
        var slope = Autograd.Grad([discriminate(x).Sum()], [x], createGraph: true)[0]!;
        return slope.Square().Flatten(1).Sum([1]);
    }
}

/// <summary>Nothing.</summary>
public sealed record NoRestraint : Restraint;

/// <summary>Slopes are held to 1 between real and generated examples: lambda (|grad D(x^)| - 1)^2 with
/// x^ = e x + (1 - e) G(z), one e of U(0, 1) an example (Gulrajani et al. 2017, https://arxiv.org/abs/1704.00028,
/// equation 3).</summary>
public sealed record GradientPenalty : Restraint
{
    /// <summary>lambda</summary>
    [Range(0.0, 1e6)]
    public double Weight { get; init; } = 10;

    public override Tensor Penalty(Func<Tensor, Tensor> discriminate, Tensor real, Tensor fake, Rng rng, long step)
    {
        var epsilon = rng.Uniform([real.Size(0), .. Enumerable.Repeat(1L, real.Rank - 1)]);
        return Weight * Mean(discriminate, real, fake, epsilon);
    }

    /// <summary>The mean of (|grad D(x^)| - 1)^2 over the examples.</summary>
    /// <param name="discriminate">Examples to scores.</param>
    /// <param name="real">(B, ...)</param>
    /// <param name="fake">(B, ...)</param>
    /// <param name="epsilon">One number an example, (B, 1, ...).</param>
    public static Tensor Mean(Func<Tensor, Tensor> discriminate, Tensor real, Tensor fake, Tensor epsilon)
    {
        var between = fake + (epsilon * (real - fake));
        return ((SquaredSlope(discriminate, between) + 1e-12).Sqrt() - 1).Square().Mean(); // the root's slope at 0
    }
}

/// <summary>Slopes are held to 0 at real examples: gamma/2 |grad D(x)|^2 (Mescheder et al. 2018,
/// https://arxiv.org/abs/1801.04406, equation 9), every few steps and so much stronger (Karras et al. 2020,
/// https://arxiv.org/abs/1912.04958, appendix B).</summary>
public sealed record R1Penalty : Restraint
{
    /// <summary>gamma</summary>
    [Range(0.0, 1e6)]
    public double Gamma { get; init; } = 10;

    /// <summary>Steps from one penalty to the next; each counts for all of them.</summary>
    [Range(1, 1000)]
    public int Interval { get; init; } = 1;

    public override Tensor? Penalty(Func<Tensor, Tensor> discriminate, Tensor real, Tensor fake, Rng rng, long step) =>
        step % Interval != 0 ? null : Gamma / 2 * Interval * SquaredSlope(discriminate, real).Mean();
}

/// <summary>Every weight is cut to [-c, c] after each step (Arjovsky et al. 2017, algorithm 1).</summary>
public sealed record WeightClipping : Restraint
{
    /// <summary>c</summary>
    [Range(0.0, 1e3, MinimumIsExclusive = true)]
    public double Limit { get; init; } = 0.01;

    public override void AfterStep(Module discriminator) => NoGrad.Run(() =>
    {
        foreach (var weight in discriminator.Parameters())
            weight.ClampInPlace(-Limit, Limit);
    });
}
