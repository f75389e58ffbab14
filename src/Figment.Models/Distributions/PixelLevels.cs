using Figment.Torch;

namespace Figment.Models.Distributions;

/// <summary>
/// Evenly spaced grey values: level j of K stands for j / (K - 1). Two levels are black and white; 256 are a byte.
/// Continuous values go to the nearest level.
/// </summary>
/// <param name="Count">K, 2 to 256.</param>
public readonly record struct PixelLevels(int Count)
{
    /// <summary>The level of each value.</summary>
    /// <param name="x">In [0, 1], any shape.</param>
    /// <returns>Int64, 0 to K - 1, of the same shape.</returns>
    public Tensor Indices(Tensor x) => (x * (Count - 1)).Round().Clamp(0, Count - 1).To(DType.Int64);

    /// <summary>The value that each level stands for.</summary>
    /// <param name="indices">Int64, 0 to K - 1, any shape.</param>
    /// <returns>Float32 in [0, 1], of the same shape.</returns>
    public Tensor Values(Tensor indices) => indices.To(DType.Float32) / (Count - 1);
}
