using Figment.Torch;

namespace Figment.Models.Distributions;

/// <summary>
/// Maps of a network as a distribution over pixel levels, channel by channel: black or white has one map a channel, the
/// logit of white; K levels have K, whose softmax is their probability.
/// </summary>
/// <param name="Levels">K, 2 to 256.</param>
public readonly record struct LevelMaps(PixelLevels Levels)
{
    /// <summary>Maps of one channel; those of the first channel come first.</summary>
    public int PerChannel => Levels.Count == 2 ? 1 : Levels.Count;

    /// <summary>The log-probability of each channel of each pixel.</summary>
    /// <param name="x">Images, (B, C, H, W) in [0, 1].</param>
    /// <param name="maps">(B, C * maps per channel, H, W)</param>
    /// <returns>Nats, (B, C, H, W).</returns>
    public Tensor LogProbabilities(Tensor x, Tensor maps)
    {
        var level = Levels.Indices(x);
        if (Levels.Count == 2)
            return (level * maps) - maps.SoftPlus(); // log sigmoid(l)^x (1 - sigmoid(l))^(1 - x)
        level = level.Permute(0, 2, 3, 1); // (B, H, W, C)
        var nats = Split(maps, x.Size(1)).Reshape(-1, Levels.Count)
            .CrossEntropy(level.Reshape(-1), reduction: Reduction.None);
        return -nats.Reshape(level.Shape).Permute(0, 3, 1, 2);
    }

    /// <summary>The mean value of each channel of each pixel, in [0, 1].</summary>
    /// <param name="maps">(B, C * maps per channel, H, W)</param>
    /// <param name="channels">C</param>
    /// <returns>(B, C, H, W)</returns>
    public Tensor Mean(Tensor maps, long channels)
    {
        if (Levels.Count == 2)
            return maps.Sigmoid();
        var values = Levels.Values(Tensor.Arange(Levels.Count, DType.Float32, maps.Device));
        return Split(maps, channels).Softmax(-1).MatMul(values).Permute(0, 3, 1, 2);
    }

    /// <summary>Draws one channel of one pixel.</summary>
    /// <param name="maps">(B, maps per channel)</param>
    /// <param name="rng">Gives one uniform number an image.</param>
    /// <returns>Values in [0, 1], (B).</returns>
    public Tensor Draw(Tensor maps, Rng rng)
    {
        var u = rng.Uniform([maps.Size(0), 1]);
        if (Levels.Count == 2)
            return (u < maps.Sigmoid()).To(DType.Float32).View(-1);
        var below = maps.Softmax(-1).CumSum(-1) <= u; // the level is the first whose cumulated probability exceeds u
        return Levels.Values(below.Sum([-1]).ClampMax(Levels.Count - 1));
    }

    private Tensor Split(Tensor maps, long channels) => maps.Permute(0, 2, 3, 1)
        .Reshape(maps.Size(0), maps.Size(2), maps.Size(3), channels, Levels.Count); // (B, H, W, C, K)
}
