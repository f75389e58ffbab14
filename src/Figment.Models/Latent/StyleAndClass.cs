using Figment.Torch;

namespace Figment.Models.Latent;

/// <summary>Codes of a style z and a class y as one row of numbers, z before y.</summary>
internal static class StyleAndClass
{
    /// <summary>Labels as vectors of zeros and a one.</summary>
    /// <param name="labels">(B), Int64, 0 to <paramref name="classes"/> - 1.</param>
    /// <param name="classes">K</param>
    /// <returns>(B, K), Float32</returns>
    public static Tensor OneHot(Tensor labels, int classes) => labels.OneHot(classes).To(DType.Float32);

    /// <summary>Draws of the categorical distribution in which every class is as likely.</summary>
    /// <returns>(count, K), one-hot</returns>
    public static Tensor Classes(long count, int classes, Rng rng) =>
        OneHot(rng.Integers(0, classes, [count]), classes);

    /// <summary>z beside y.</summary>
    /// <param name="z">(B, J)</param>
    /// <param name="y">(B, K)</param>
    /// <returns>(B, J + K)</returns>
    public static Tensor Join(Tensor z, Tensor y) => Ops.Cat([z, y], 1);
}
