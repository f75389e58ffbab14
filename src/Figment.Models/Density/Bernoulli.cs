// Independent pixels, black or white: the model of every introduction to generative modelling, and a baseline for the
// rest.
// C. M. Bishop: Pattern Recognition and Machine Learning, 2006, section 9.3.3.
// https://www.microsoft.com/en-us/research/people/cmbishop/
//
//   p(x|y) = prod_d theta_yd^x_d (1 - theta_yd)^(1 - x_d)
//   theta_yd = (ones_yd + a) / (seen_y + 2 a)         maximum likelihood at a = 0, in closed form; a is the smoothing
//
// With classes p(x) = 1/Y sum_y p(x|y), a mixture whose parts were fitted apart. n pixels have n free parameters a
// class.
using System.ComponentModel.DataAnnotations;
using System.Numerics;
using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of independent binary pixels.</summary>
public sealed record BernoulliOptions : ModelOptions
{
    /// <summary>Imagined examples of each value, a pixel; 0 is maximum likelihood, which gives an unseen value no
    /// chance.</summary>
    [Range(0.0, 1e6)]
    public double Smoothing { get; init; } = 1;

    /// <summary>Classes of the data, each with a distribution of its own; 0 for one distribution of all.</summary>
    [Range(0, 1000)]
    public int Classes { get; init; }
}

/// <summary>Independent binary pixels. Values between 0 and 1 count as the nearer one.</summary>
public sealed partial class Bernoulli : Module, IFitsByCounting, IDrawsSamples, ICompletesImages,
    IKnowsClasses, ICountsFreeParameters
{
    private readonly double smoothing;
    private readonly Buffer ones; // (Y, C, H, W), Float64: how often a pixel was 1
    private readonly Buffer seen; // (Y), Float64: examples of each class

    /// <param name="options">Smoothing and classes.</param>
    /// <param name="shape">Of one image.</param>
    public Bernoulli(BernoulliOptions options, ImageShape shape)
    {
        (smoothing, Classes) = (options.Smoothing, options.Classes);
        ones = new Buffer(Tensor.Zeros([Parts, shape.Channels, shape.Height, shape.Width], DType.Float64));
        seen = new Buffer(Tensor.Zeros([Parts], DType.Float64));
    }

    public int Classes { get; }

    int IFitsByCounting.ClassCount => Classes;

    public BigInteger FreeParameters => Parts * (BigInteger)(ones.Count / Parts);

    public string FreeParameterRule =>
        (Classes > 0 ? $"{Classes} classes x " : "") + $"{ones.Count / Parts} pixels x (2 values - 1)";

    private int Parts => Math.Max(1, Classes);

    /// <summary>p(x_d = 1 | y), (Y, C, H, W), Float64; one half before anything was seen.</summary>
    public Tensor Theta() => ((ones + smoothing) / (seen + (2 * smoothing)).View(-1, 1, 1, 1)).NanToNum(0.5);

    public void Count(Tensor images, Tensor classes)
    {
        ones.IndexAddInPlace(0, classes, images.Round().To(DType.Float64));
        seen.IndexAddInPlace(0, classes, Tensor.Ones([classes.Count], DType.Float64));
    }

    public Tensor PixelLogProbabilities(Tensor images)
    {
        var logs = Logs(images.Round().Unsqueeze(0), Theta().Unsqueeze(1)); // (Y, B, C, H, W)
        return DensityMixture.InOneOrder(logs.Flatten(2)).View(images.Shape).To(images.DType);
    }

    public Tensor LogLikelihoodOf(Tensor images, Tensor labels) =>
        Logs(images.Round(), Theta().IndexSelect(0, ClassLabels.Check(labels, Classes)))
            .Sum([1, 2, 3]).To(images.DType);

    public Tensor Sample(int count, Rng rng, bool mean) => Draw(rng.Integers(0, Parts, [count]), rng, mean);

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) => Draw(ClassLabels.Check(labels, Classes), rng, mean);

    public string? WhyNotCompletable(bool[,] given) => null; // independent: any mask

    // p(missing | given) = sum_y p(y | given) p(missing | y)
    public Tensor Complete(Tensor images, bool[,] given, Rng rng)
    {
        var known = Masks.Of(given, images); // (H, W)
        var logs = Logs(images.Round().Unsqueeze(0), Theta().Unsqueeze(1)); // (Y, B, C, H, W)
        var part = DensityMixture.DrawPart(Ops.Where(known, logs, 0).Sum([2, 3, 4]), rng);
        return Ops.Where(known, images.Round(), Draw(part, rng, mean: false));
    }

    private Tensor Draw(Tensor part, Rng rng, bool mean)
    {
        var theta = Theta().IndexSelect(0, part).To(DType.Float32); // (count, C, H, W)
        return mean ? theta : rng.Bernoulli(theta);
    }

    // log theta where x = 1, log(1 - theta) where x = 0; never 0 log 0.
    private static Tensor Logs(Tensor x, Tensor theta) => Ops.Where(x > 0, theta, 1 - theta).Log();
}
