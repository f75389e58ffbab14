using System.ComponentModel.DataAnnotations;
using Figment.Torch;

namespace Figment.Models.Latent;

/// <summary>q(x~|x): what a denoising autoencoder does to its input before it encodes it (Vincent et al. 2010, section
/// 3.3).</summary>
public abstract record Corruption
{
    private protected Corruption() { }

    /// <summary>Draws x~.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <param name="rng">Where the draw comes from.</param>
    /// <returns>(B, C, H, W), not limited to [0, 1].</returns>
    public abstract Tensor Apply(Tensor x, Rng rng);
}

/// <summary>x~ = x: a plain autoencoder.</summary>
public sealed record NoCorruption : Corruption
{
    public override Tensor Apply(Tensor x, Rng rng) => x;
}

/// <summary>x~ = x + N(0, sigma^2).</summary>
public sealed record GaussianCorruption : Corruption
{
    /// <summary>Standard deviation of the noise, on the scale where images are 0 to 1.</summary>
    [Range(0.0, 10.0)]
    public double Sigma { get; init; } = 0.5;

    public override Tensor Apply(Tensor x, Rng rng) => x + rng.Normal(x.Shape, 0, Sigma, x.DType);
}

/// <summary>Numbers of x chosen by chance are 0 in x~.</summary>
public sealed record MaskingCorruption : Corruption
{
    /// <summary>The share of them.</summary>
    [Range(0.0, 1.0)]
    public double Fraction { get; init; } = 0.5;

    public override Tensor Apply(Tensor x, Rng rng) => x * (rng.Uniform(x.Shape) >= Fraction).To(x.DType);
}
