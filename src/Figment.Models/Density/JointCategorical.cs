// One table of probabilities for all combinations of values: of the channels of a pixel, or of a whole tiny image.
// C. M. Bishop: Pattern Recognition and Machine Learning, 2006, section 2.2.
// https://www.microsoft.com/en-us/research/people/cmbishop/
//
//   p(x) = prod_g pi[code(x_g)],   code(x_g) = sum_i x_gi K^(G-1-i),   pi = (n + a) / (N + K^G a)
//
// Over a pixel, G = C channels and all pixels share the table: a histogram of colours. One RGB pixel of 256 levels has
// 256^3 - 1 = 16,777,215 free parameters (not 255^3). Over the image, G = C H W: n binary pixels have 2^n - 1, which is
// why every other model here assumes something.
using System.ComponentModel.DataAnnotations;
using System.Numerics;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>What one table describes.</summary>
public enum JointOver
{
    /// <summary>The channels of a pixel; every pixel has the same table.</summary>
    Pixel,

    /// <summary>All numbers of the image: for images of a dozen pixels.</summary>
    Image,
}

/// <summary>Options of the joint table.</summary>
public sealed record JointCategoricalOptions : ModelOptions
{
    /// <summary>K, the levels of each number; images are rounded to the nearest.</summary>
    [Range(2, 256)]
    public int Levels { get; init; } = 256;

    /// <summary>What one table describes.</summary>
    public JointOver Over { get; init; } = JointOver.Pixel;

    /// <summary>Imagined examples of each combination; 0 is maximum likelihood.</summary>
    [Range(0.0, 1e6)]
    public double Smoothing { get; init; } = 1e-3;
}

/// <summary>A table of the probabilities of all combinations.</summary>
public sealed partial class JointCategorical : Module, IFitsByCounting, IDrawsSamples,
    ICompletesImages, ICountsFreeParameters
{
    private const double LargestTable = 1 << 25;

    private readonly double smoothing;
    private readonly PixelLevels levels;
    private readonly ImageShape shape;
    private readonly int size; // G, numbers that a table describes
    private readonly Buffer counts; // (K^G), Float64

    /// <param name="options">Levels, smoothing, and what a table describes.</param>
    /// <param name="shape">Of one image.</param>
    /// <exception cref="ArgumentException">The table would have more than 2^25 entries.</exception>
    public JointCategorical(JointCategoricalOptions options, ImageShape shape)
    {
        (smoothing, levels, this.shape) = (options.Smoothing, new PixelLevels(options.Levels), shape);
        size = options.Over == JointOver.Pixel ? shape.Channels : shape.Length;
        if (Math.Pow(options.Levels, size) > LargestTable)
            throw new ArgumentException(
                $"a table of {options.Levels}^{size} probabilities is too large: take fewer levels, smaller images, "
                + "or over=pixel", nameof(options));
        counts = new Buffer(Tensor.Zeros([(long)BigInteger.Pow(options.Levels, size)], DType.Float64));
    }

    int IFitsByCounting.ClassCount => 0;

    public BigInteger FreeParameters => BigInteger.Pow(levels.Count, size) - 1;

    public string FreeParameterRule => $"{levels.Count}^{size} combinations - 1";

    /// <summary>pi, (K^G), Float64; even before anything was seen.</summary>
    public Tensor Pi()
    {
        var weights = counts + smoothing;
        return (weights / weights.Sum()).NanToNum(1.0 / counts.Count);
    }

    public void Count(Tensor images, Tensor classes)
    {
        var codes = Codes(Groups(levels.Indices(images)), size).Flatten(); // (B groups)
        counts.IndexAddInPlace(0, codes, Tensor.Ones([codes.Count], DType.Float64));
    }

    // The chain rule within a group: log p(x_1..x_i) - log p(x_1..x_(i-1)), the rest summed out of the table.
    public Tensor PixelLogProbabilities(Tensor images)
    {
        var (x, pi) = (Groups(levels.Indices(images)), Pi()); // (B, groups, G)
        var prefixes = Enumerable.Range(1, size).Select(i =>
            // G of (B, groups)
            pi.View((long)BigInteger.Pow(levels.Count, i), -1).Sum([1]).Log()[Codes(x, i)]).ToArray();
        var logs = prefixes.Select((log, i) => i == 0 ? log : log - prefixes[i - 1]).ToArray();
        return Images(Ops.Stack(logs, 2)).To(images.DType);
    }

    public Tensor Sample(int count, Rng rng, bool mean)
    {
        var (none, groups) = (new bool[size], shape.Length / size);
        var values = Tensor.Zeros([count, groups, size], DType.Int64);
        if (!mean) return levels.Values(Images(Fill(values, none, rng)));
        var pi = Pi().View([.. Enumerable.Repeat((long)levels.Count, size)]);
        var means = Enumerable.Range(0, size).Select(i => (pi.Transpose(0, i).Reshape(levels.Count, -1).Sum([1])
            * levels.Values(Tensor.Arange(levels.Count))).Sum()).ToArray();
        return Images(Ops.Stack(means).To(DType.Float32).Expand(count, groups, size));
    }

    public string? WhyNotCompletable(bool[,] given) => null; // the table has every conditional

    public Tensor Complete(Tensor images, bool[,] given, Rng rng)
    {
        var (x, known) = (levels.Indices(images), Masks.Of(given, images)); // (B, C, H, W), (H, W)
        if (size == shape.Length) // one group: the same numbers are given in all images
            return levels.Values(Images(Fill(Groups(x),
                [.. known.Expand(x.Shape[1..]).Reshape(-1).ToArray<bool>()], rng)));
        return levels.Values(Ops.Where(known, x, Images(Fill(Groups(x), new bool[size], rng))));
    }

    // Draws what is not given from the table with the given numbers' axes taken at their values.
    private Tensor Fill(Tensor x, bool[] given, Rng rng)
    {
        var (here, missing) = (Enumerable.Range(0, size).Where(i => given[i]).ToArray(),
            Enumerable.Range(0, size).Where(i => !given[i]).ToArray());
        if (missing.Length == 0) return x;
        var axes = Pi().View([.. Enumerable.Repeat((long)levels.Count, size)])
            .Permute([.. here.Concat(missing).Select(i => (long)i)]);
        var rows = axes.Reshape((long)BigInteger.Pow(levels.Count, here.Length), -1); // (K^given, K^missing)
        var u = rng.Uniform([x.Size(0), x.Size(1)], dtype: DType.Float64);
        Tensor codes;
        if (here.Length == 0)
        {
            codes = Ops.SearchSorted(rows.Select(0, 0).CumSum(0), u, right: true); // (B, groups)
        }
        else
        {
            var kept = x.IndexSelect(2, Tensor.From([.. here.Select(i => (long)i)], here.Length));
            var each = rows[Codes(kept, here.Length)]; // (B, groups, K^missing)
            var cumulative = each.CumSum(2);
            codes = Ops.SearchSorted(cumulative, (u * cumulative.Select(2, -1)).Unsqueeze(2), right: true).Squeeze(2);
        }

        codes = codes.Clamp(0, rows.Size(1) - 1);
        var result = x.Clone();
        for (var i = 0; i < missing.Length; i++)
        {
            var place = (long)BigInteger.Pow(levels.Count, missing.Length - 1 - i);
            result.Select(2, missing[i]).CopyInPlace(codes.FloorDivide(place).Remainder(levels.Count));
        }

        return result;
    }

    private Tensor Codes(Tensor groups, int digits)
    {
        var code = groups.Select(2, 0);
        for (var i = 1; i < digits; i++) code = (code * levels.Count) + groups.Select(2, i);
        return code;
    }

    // (B, C, H, W) <-> (B, groups, G): a pixel's channels together, or the image in one.
    private Tensor Groups(Tensor images) => size == shape.Length ? images.Reshape(images.Size(0), 1, size)
        : images.Reshape(images.Size(0), size, -1).Transpose(1, 2);

    private Tensor Images(Tensor groups) => (size == shape.Length ? groups : groups.Transpose(1, 2))
        .Reshape(groups.Size(0), shape.Channels, shape.Height, shape.Width);
}
