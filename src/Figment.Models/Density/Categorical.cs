// Independent pixels of K grey levels.
// C. M. Bishop: Pattern Recognition and Machine Learning, 2006, section 2.2.
// https://www.microsoft.com/en-us/research/people/cmbishop/
//
//   p(x) = prod_d pi_d[x_d],   pi_dk = (n_dk + a) / (n + K a)         maximum likelihood at a = 0, in closed form
//
// n numbers of K levels have n (K - 1) free parameters. JointCategorical.cs drops the independence.
using System.ComponentModel.DataAnnotations;
using System.Numerics;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of independent pixels of several levels.</summary>
public sealed record CategoricalOptions : ModelOptions
{
    /// <summary>K, the grey levels that are told apart; images are rounded to the nearest.</summary>
    [Range(2, 256)]
    public int Levels { get; init; } = 256;

    /// <summary>Imagined examples of each level, a pixel; 0 is maximum likelihood.</summary>
    [Range(0.0, 1e6)]
    public double Smoothing { get; init; } = 0.1;
}

/// <summary>Independent pixels of K levels.</summary>
public sealed partial class Categorical : Module, IFitsByCounting, IDrawsSamples,
    ICompletesImages, ICountsFreeParameters
{
    private readonly double smoothing;
    private readonly PixelLevels levels;
    private readonly ImageShape shape;
    private readonly Buffer counts; // (D, K), Float64

    /// <param name="options">Levels and smoothing.</param>
    /// <param name="shape">Of one image.</param>
    public Categorical(CategoricalOptions options, ImageShape shape)
    {
        (smoothing, levels, this.shape) = (options.Smoothing, new PixelLevels(options.Levels), shape);
        counts = new Buffer(Tensor.Zeros([shape.Length, options.Levels], DType.Float64));
    }

    int IFitsByCounting.ClassCount => 0;

    public BigInteger FreeParameters => (BigInteger)shape.Length * (levels.Count - 1);

    public string FreeParameterRule => $"{shape.Length} pixels x ({levels.Count} levels - 1)";

    /// <summary>pi, (D, K), Float64; even before anything was seen.</summary>
    public Tensor Pi()
    {
        var weights = counts + smoothing;
        return (weights / weights.Sum([1], keepdim: true)).NanToNum(1.0 / levels.Count);
    }

    public void Count(Tensor images, Tensor classes)
    {
        var x = levels.Indices(images).Flatten(1).T(); // (D, B)
        counts.ScatterAddInPlace(1, x, Tensor.Ones(x.Shape, DType.Float64));
    }

    public Tensor PixelLogProbabilities(Tensor images)
    {
        var x = levels.Indices(images).Flatten(1).T(); // (D, B)
        return Pi().Log().Gather(1, x).T().Reshape(images.Shape).To(images.DType);
    }

    public Tensor Sample(int count, Rng rng, bool mean)
    {
        var pi = Pi(); // (D, K)
        var values = levels.Values(Tensor.Arange(levels.Count));
        var x = mean ? pi.To(DType.Float32).Mv(values).Expand(count, shape.Length).Contiguous()
            : levels.Values(Ops.Stack([.. Decode.Steps(count, _ => LevelDraws.Draw(pi, rng))])); // (count, D)
        return x.View(count, shape.Channels, shape.Height, shape.Width);
    }

    public string? WhyNotCompletable(bool[,] given) => null; // independent: any mask

    public Tensor Complete(Tensor images, bool[,] given, Rng rng) => Ops.Where(Masks.Of(given, images),
        levels.Values(levels.Indices(images)), Sample((int)images.Size(0), rng, mean: false));
}
