using System.ComponentModel.DataAnnotations;
using Figment.Torch;

namespace Figment.Models.Distributions;

/// <summary>p(z) of models that only draw codes from it and never ask for its density: any shape that can be drawn.
/// Several models share these.</summary>
public abstract record LatentPrior
{
    private protected LatentPrior() { }

    /// <summary>Numbers in a code, where the shape lies in so many dimensions only; null where any number will
    /// do.</summary>
    public virtual int? Dimensions => null;

    /// <summary>Parts that a label can ask for by <see cref="SampleOf"/>; 0 where the shape has none.</summary>
    public virtual int Parts => 0;

    /// <summary>What is wrong with a code of so many numbers; null where it fits.</summary>
    /// <param name="latent">J, the option <c>latent</c> beside the prior.</param>
    public IEnumerable<ValidationResult> Misfit(int latent)
    {
        if (Dimensions is { } dimensions && dimensions != latent)
            yield return new ValidationResult($"must be {dimensions}, the dimensions in which the prior lies, not "
                + $"{latent}; set it so, or choose the gaussian or uniform prior (prior.kind)", ["latent"]);
    }

    /// <summary>Draws codes.</summary>
    /// <param name="count">How many.</param>
    /// <param name="latent">J, the numbers in one code.</param>
    /// <param name="rng">Where the draw comes from.</param>
    /// <returns>(count, J)</returns>
    public abstract Tensor Sample(long count, int latent, Rng rng);

    /// <summary>Draws one code from the part of each label.</summary>
    /// <param name="labels">(count), Int64, 0 to <see cref="Parts"/> - 1.</param>
    /// <param name="rng">Where the draw comes from.</param>
    /// <returns>(count, J)</returns>
    /// <exception cref="NotSupportedException">The shape has no parts.</exception>
    public virtual Tensor SampleOf(Tensor labels, Rng rng) =>
        throw new NotSupportedException($"{GetType().Name} has no parts that labels could name");

    // (x, y) turned by an angle, as codes of two numbers.
    private protected static Tensor Turned(Tensor x, Tensor y, Tensor angle)
    {
        var (cos, sin) = (angle.Cos(), angle.Sin());
        return Ops.Stack([(x * cos) - (y * sin), (x * sin) + (y * cos)], 1); // (count, 2)
    }
}

/// <summary>N(0, sigma^2 I).</summary>
public sealed record GaussianPrior : LatentPrior
{
    /// <summary>Standard deviation of every number.</summary>
    [Range(1e-3, 1e3)]
    public double Sigma { get; init; } = 1;

    public override Tensor Sample(long count, int latent, Rng rng) => rng.Normal([count, latent], 0, Sigma);
}

/// <summary>Every number uniform between minus and plus <see cref="Bound"/>.</summary>
public sealed record UniformPrior : LatentPrior
{
    /// <summary>Half the side of the cube.</summary>
    [Range(1e-3, 1e3)]
    public double Bound { get; init; } = 1;

    public override Tensor Sample(long count, int latent, Rng rng) => rng.Uniform([count, latent], -Bound, Bound);
}

/// <summary>Gaussians of two numbers on a circle, each drawn out along its radius, like the petals of a flower
/// (Makhzani et al. 2015, figure 4).</summary>
public sealed record MixturePrior : LatentPrior
{
    /// <summary>Gaussians, all as likely.</summary>
    [Range(1, 1000)]
    public int Components { get; init; } = 10;

    /// <summary>Distance of their means from the origin.</summary>
    [Range(0.0, 1e3)]
    public double Radius { get; init; } = 4;

    /// <summary>Standard deviation along the radius.</summary>
    [Range(1e-3, 1e3)]
    public double RadialSigma { get; init; } = 1;

    /// <summary>Standard deviation across it.</summary>
    [Range(1e-3, 1e3)]
    public double TangentialSigma { get; init; } = 0.25;

    public override int? Dimensions => 2;

    public override int Parts => Components;

    public override Tensor Sample(long count, int latent, Rng rng) =>
        SampleOf(rng.Integers(0, Components, [count]), rng);

    public override Tensor SampleOf(Tensor labels, Rng rng)
    {
        var noise = rng.Normal([labels.Size(0), 2]);
        return Turned(Radius + (RadialSigma * noise[.., 0]), TangentialSigma * noise[.., 1],
            labels.To(DType.Float32) * (2 * Math.PI / Components));
    }
}

/// <summary>A strip rolled up in the plane, as thick as <see cref="Sigma"/> and as dense everywhere: r = R s at the
/// angle 2 pi T s, s^2 uniform in [0, 1] (Makhzani et al. 2015, figure 4). Its parts are equal stretches of s^2, from
/// the middle outwards.</summary>
public sealed record SwissRollPrior : LatentPrior
{
    /// <summary>T, how often the strip goes around.</summary>
    [Range(0.1, 20.0)]
    public double Turns { get; init; } = 2;

    /// <summary>R, the distance of its outer end from the origin.</summary>
    [Range(1e-3, 1e3)]
    public double Radius { get; init; } = 5;

    /// <summary>Standard deviation of the noise in both directions.</summary>
    [Range(0.0, 1e3)]
    public double Sigma { get; init; } = 0.15;

    /// <summary>Stretches that labels name.</summary>
    [Range(1, 1000)]
    public int Stretches { get; init; } = 10;

    public override int? Dimensions => 2;

    public override int Parts => Stretches;

    public override Tensor Sample(long count, int latent, Rng rng) =>
        SampleOf(rng.Integers(0, Stretches, [count]), rng);

    public override Tensor SampleOf(Tensor labels, Rng rng)
    {
        var s = ((labels.To(DType.Float32) + rng.Uniform([labels.Size(0)])) / Stretches).Sqrt();
        return Turned(Radius * s, Tensor.Zeros(s.Shape, device: s.Device), 2 * Math.PI * Turns * s)
            + (Sigma * rng.Normal([labels.Size(0), 2]));
    }
}
