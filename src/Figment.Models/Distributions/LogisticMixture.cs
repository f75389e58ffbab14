using Figment.Torch;

namespace Figment.Models.Distributions;

/// <summary>
/// Maps as a mixture of discretised logistic distributions over a whole pixel (Salimans et al. 2017, section 2.1): the
/// probability of a level is what a logistic distribution has within half a level of it, and the first and last level
/// take the tails. The channels of a pixel share the component, and the mean of each moves with the channels before it
/// (section 2.2).
/// </summary>
/// <remarks>
/// Values are on [-1, 1], so that half a level is 1 / (K - 1); each component is a <see cref="DiscretizedLogistic"/>.
/// <para>Maps: K' logits of the components, then K' means a channel, then K' log scales a channel, then K' coefficients
/// for each channel and each channel before it (before tanh).</para>
/// </remarks>
/// <param name="Channels">C, the channels of a pixel.</param>
/// <param name="Components">K', at least 1.</param>
/// <param name="Levels">The values a channel can have.</param>
public readonly record struct LogisticMixture(int Channels, int Components, PixelLevels Levels)
{
    private const double SmallestLogScale = -7, LargestLogScale = 40; // the paper's floor; a ceiling against overflow

    /// <summary>Maps of one pixel: K' (1 + 2 C + C (C - 1) / 2), which is 10 K' for colour and 3 K' for grey.</summary>
    public int Maps => Components * (1 + (2 * Channels) + (Channels * (Channels - 1) / 2));

    /// <summary>The log-probability of each pixel, its channels together.</summary>
    /// <param name="x">Images, (B, C, H, W) in [0, 1].</param>
    /// <param name="maps">(B, maps, H, W)</param>
    /// <returns>Nats, (B, H, W).</returns>
    public Tensor LogProbabilities(Tensor x, Tensor maps)
    {
        var level = Levels.Indices(x);
        var t = (level.To(maps.DType) * (2.0 / (Levels.Count - 1))) - 1; // on [-1, 1]
        var total = Part(maps, 0).LogSoftmax(1); // (B, K', H, W)
        for (var c = 0; c < Channels; c++)
        {
            var invS = (-LogScale(maps, c)).Exp();
            var middle = (t.Narrow(1, c, 1) - Means(maps, c, d => t.Narrow(1, d, 1))) * invS;
            total = total + DiscretizedLogistic.LogProbabilities(level.Narrow(1, c, 1), Levels, middle,
                invS / (Levels.Count - 1));
        }

        return total.LogSumExp(1);
    }

    /// <summary>Draws a pixel: the component, then channel after channel.</summary>
    /// <param name="maps">(B, maps)</param>
    /// <param name="rng">Gives 1 + C uniform numbers an image.</param>
    /// <returns>Values in [0, 1], (B, C).</returns>
    public Tensor Draw(Tensor maps, Rng rng)
    {
        var (b, k) = (maps.Size(0), Components);
        var cumulative = Part(maps, 0).Softmax(1).CumSum(1);
        var component = (cumulative <= rng.Uniform([b, 1])).Sum([1], keepdim: true).ClampMax(k - 1); // (B, 1)
        var own = maps.View(b, maps.Size(1) / k, k)
            .Gather(2, component.Unsqueeze(1).Expand(b, maps.Size(1) / k, 1)).Squeeze(2);
        var one = this with { Components = 1 };
        var t = new Tensor[Channels];
        var x = new Tensor[Channels];
        for (var c = 0; c < Channels; c++)
        {
            var u = rng.Uniform([b, 1]);
            var logistic = u.Log() - (1 - u).Log();
            var drawn = one.Means(own, c, d => t[d]) + (one.LogScale(own, c).Exp() * logistic);
            x[c] = Levels.Values(Levels.Indices((drawn + 1) / 2)); // rounding a logistic draw is drawing a level
            t[c] = (2 * x[c]) - 1;
        }

        return Ops.Cat(x, 1);
    }

    /// <summary>The components' means, each limited to [0, 1], by their weight; a channel takes those before it at
    /// their means.</summary>
    /// <param name="maps">(B, maps, H, W)</param>
    /// <returns>(B, C, H, W)</returns>
    public Tensor Mean(Tensor maps)
    {
        var weight = Part(maps, 0).Softmax(1);
        var means = new Tensor[Channels];
        for (var c = 0; c < Channels; c++)
            means[c] = Means(maps, c, d => means[d]).Clamp(-1, 1); // (B, K', H, W)
        return Ops.Cat([.. means.Select(m => (weight * m).Sum([1], keepdim: true))], 1) / 2 + 0.5;
    }

    private Tensor Part(Tensor maps, int n) => maps.Narrow(1, (long)n * Components, Components);

    private Tensor LogScale(Tensor maps, int c) =>
        Part(maps, 1 + Channels + c).Clamp(SmallestLogScale, LargestLogScale);

    // Equation 3: the mean of channel c, moved by the values of the channels before it.
    private Tensor Means(Tensor maps, int c, Func<int, Tensor> valueOf)
    {
        var mean = Part(maps, 1 + c);
        var first = 1 + (2 * Channels) + (c * (c - 1) / 2);
        for (var d = 0; d < c; d++)
            mean = mean + (Part(maps, first + d).Tanh() * valueOf(d));
        return mean;
    }
}
