using System.ComponentModel.DataAnnotations;
using Figment.Torch;

namespace Figment.Models.Distributions;

/// <summary>p(x|z) of a decoder: what its last layer's numbers mean, pixel by pixel. Several models share
/// these.</summary>
public abstract record PixelDistribution
{
    private protected PixelDistribution() { }

    /// <summary>Maps that the decoder gives for each channel of the image.</summary>
    public abstract int MapsPerChannel { get; }

    /// <summary>log p(x) summed over all pixels and channels.</summary>
    /// <param name="x">Images, (B, C, H, W).</param>
    /// <param name="maps">The decoder's maps, (..., B, C * maps per channel, H, W).</param>
    /// <returns>Nats, (..., B).</returns>
    public abstract Tensor LogProbability(Tensor x, Tensor maps);

    /// <summary>The distribution's mean, in [0, 1].</summary>
    /// <param name="maps">(B, C * maps per channel, H, W)</param>
    /// <returns>(B, C, H, W)</returns>
    public abstract Tensor Mean(Tensor maps);

    /// <summary>A draw from the distribution, limited to [0, 1].</summary>
    /// <inheritdoc cref="Mean"/>
    public abstract Tensor Draw(Tensor maps, Rng rng);
}

/// <summary>Black or white: p(x = 1) = sigmoid(map). Also usual for grey pixels in [0, 1], where it is no
/// density.</summary>
public sealed record BernoulliPixels : PixelDistribution
{
    public override int MapsPerChannel => 1;

    // log sigmoid(l)^x (1 - sigmoid(l))^(1-x) = x l - softplus(l)
    public override Tensor LogProbability(Tensor x, Tensor maps) => Ops.BernoulliLogLikelihood(maps, x, 3);

    public override Tensor Mean(Tensor maps) => maps.Sigmoid();

    public override Tensor Draw(Tensor maps, Rng rng) => rng.Bernoulli(maps.Sigmoid());
}

/// <summary>N(map, sigma^2) with one standard deviation for every pixel.</summary>
public sealed record GaussianPixels : PixelDistribution
{
    /// <summary>Standard deviation of every pixel, on the scale where images are 0 to 1.</summary>
    [Range(1e-4, 10.0)]
    public double Sigma { get; init; } = 0.1;

    public override int MapsPerChannel => 1;

    public override Tensor LogProbability(Tensor x, Tensor maps) =>
        (-0.5 / (Sigma * Sigma) * (x - maps).Square()
            - (Math.Log(Sigma) + (0.5 * Math.Log(2 * Math.PI)))).Sum([-3, -2, -1]);

    public override Tensor Mean(Tensor maps) => maps.Clamp(0, 1);

    public override Tensor Draw(Tensor maps, Rng rng) => (maps + rng.Normal(maps.Shape, 0, Sigma)).Clamp(0, 1);
}

/// <summary>N(map 1, exp(map 2)) with a variance for each pixel, learned (Kingma and Welling 2014, appendix
/// C.2).</summary>
public sealed record LearnedGaussianPixels : PixelDistribution
{
    /// <summary>Smallest standard deviation, on the scale where images are 0 to 1; without a floor the density of a
    /// flat pixel is unbounded.</summary>
    [Range(1e-4, 1.0)]
    public double SigmaFloor { get; init; } = 0.02;

    public override int MapsPerChannel => 2;

    public override Tensor LogProbability(Tensor x, Tensor maps)
    {
        var (mu, logVar) = Split(maps);
        return -0.5 * (Math.Log(2 * Math.PI) + logVar + ((x - mu).Square() * (-logVar).Exp())).Sum([-3, -2, -1]);
    }

    public override Tensor Mean(Tensor maps) => Split(maps).Mu.Clamp(0, 1);

    public override Tensor Draw(Tensor maps, Rng rng)
    {
        var (mu, logVar) = Split(maps);
        return (mu + ((0.5 * logVar).Exp() * rng.Normal(mu.Shape))).Clamp(0, 1);
    }

    // The floor is approached smoothly, so that the gradient never stops.
    private (Tensor Mu, Tensor LogVar) Split(Tensor maps)
    {
        var halves = maps.Chunk(2, -3); // 2 of (..., B, C, H, W)
        var floor = 2 * Math.Log(SigmaFloor);
        return (halves[0], (halves[1] - floor).SoftPlus() + floor);
    }
}

/// <summary>A logistic distribution over the levels of a byte, its mean and scale learned for each pixel (Salimans et
/// al. 2017, section 2.1, with one component): a probability and no density, so that figures in nats or bits are those
/// of a code.</summary>
/// <remarks>Map 1 is the mean, on the scale where images are 0 to 1, and map 2 the logarithm of the scale. Images are
/// taken to the nearest level.</remarks>
public sealed record LogisticPixels : PixelDistribution
{
    private const double SmallestLogScale = -8, LargestLogScale = 40; // a tenth of a level of 256, and against overflow

    /// <summary>The values that a channel can have, evenly spaced from 0 to 1.</summary>
    [Range(2, 256)]
    public int Levels { get; init; } = 256;

    public override int MapsPerChannel => 2;

    private PixelLevels Values => new(Levels);

    public override Tensor LogProbability(Tensor x, Tensor maps)
    {
        var (mu, logS) = Split(maps);
        var (level, invS) = (Values.Indices(x), (-logS).Exp());
        var middle = ((level.To(maps.DType) / (Levels - 1)) - mu) * invS;
        return DiscretizedLogistic.LogProbabilities(level, Values, middle, invS * (0.5 / (Levels - 1)))
            .Sum([-3, -2, -1]);
    }

    public override Tensor Mean(Tensor maps) => Split(maps).Mu.Clamp(0, 1);

    public override Tensor Draw(Tensor maps, Rng rng)
    {
        var (mu, logS) = Split(maps);
        var u = rng.Uniform(mu.Shape);
        return Values.Values(Values.Indices(mu + (logS.Exp() * (u.Log() - (1 - u).Log())))); // the nearest level
    }

    // The floor is approached smoothly, so that the gradient never stops.
    private static (Tensor Mu, Tensor LogS) Split(Tensor maps)
    {
        var halves = maps.Chunk(2, -3); // 2 of (..., B, C, H, W)
        return (halves[0], ((halves[1] - SmallestLogScale).SoftPlus() + SmallestLogScale).ClampMax(LargestLogScale));
    }
}
