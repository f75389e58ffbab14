using Figment.Torch;

namespace Figment.Models.Adversarial.Game;

/// <summary>N(0, 1) without its tails: numbers beyond a threshold are drawn again until they lie within (Brock et al.
/// 2018, section 3.1), here at once by the inverse distribution function.</summary>
internal static class TruncatedNoise
{
    /// <param name="count">How many.</param>
    /// <param name="latent">J, the numbers in each.</param>
    /// <param name="threshold">The largest size of a number, more than 0.</param>
    /// <param name="rng">Where the draw comes from.</param>
    /// <returns>(count, J), within [-threshold, threshold].</returns>
    public static Tensor Draw(long count, int latent, double threshold, Rng rng)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threshold);
        var inside = Tensor.Scalar(threshold / Math.Sqrt(2), DType.Float64).Erf().ToDouble(); // P(|z| <= threshold)
        var z = rng.Uniform([count, latent], -inside, inside).Erfinv() * Math.Sqrt(2);
        return z.Clamp(-threshold, threshold); // erfinv rounds, and is infinite at 1
    }
}
