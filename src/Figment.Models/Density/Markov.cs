// A Markov chain over the pixels: each depends on the k before it in the order.
// A. A. Markov: An example of statistical investigation of the text Eugene Onegin concerning the connection of samples
// in chains, 1913. https://doi.org/10.1017/S0269889706001074
//
//   p(x|y) = prod_d p_yd(x_d | x_(d-k), ..., x_(d-1))
//   p_yd(j | s) = (n_yd(s, j) + a) / (n_yd(s) + K a)      maximum likelihood at a = 0, in closed form
//
// Every place has a table of its own (the chain is not homogeneous): n binary pixels at order 1 have 1 + 2 (n - 1) =
// 2n - 1 free parameters a class. Any mask can be completed: messages from the end give p(given later | context).
//
//   s, context   sum_j x_(d-j) K^(j-1), j = 1..k, as a number below S = K^k; places before the first count as level 0
using System.ComponentModel.DataAnnotations;
using System.Numerics;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of the Markov chain.</summary>
public sealed record MarkovOptions : ModelOptions
{
    /// <summary>k, how many pixels back a pixel depends on.</summary>
    [Range(1, 24)]
    public int Order { get; init; } = 1;

    /// <summary>K, the levels of a pixel; images are rounded to the nearest.</summary>
    [Range(2, 256)]
    public int Levels { get; init; } = 2;

    /// <summary>The order in which the chain visits the pixels.</summary>
    public PixelOrder PixelOrder { get; init; } = PixelOrder.Raster;

    /// <summary>Imagined examples of each level after each context; 0 is maximum likelihood.</summary>
    [Range(0.0, 1e6)]
    public double Smoothing { get; init; } = 1;

    /// <summary>Classes of the data, each with a chain of its own; 0 for one chain of all.</summary>
    [Range(0, 1000)]
    public int Classes { get; init; }
}

/// <summary>The chain.</summary>
public sealed partial class Markov : Module, IFitsByCounting, IDrawsSamples, ICompletesImages,
    IKnowsClasses, ICountsFreeParameters
{
    private const double LargestTable = 1 << 26;

    private readonly int order;
    private readonly double smoothing;
    private readonly PixelLevels levels;
    private readonly PixelSequence sequence;
    private readonly Buffer counts; // n, (Y, D, S, K), Float64

    /// <param name="options">Order, levels, smoothing, classes.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws a random order of pixels.</param>
    /// <exception cref="ArgumentException">The tables would have more than 2^26 entries.</exception>
    public Markov(MarkovOptions options, ImageShape shape, Rng rng)
    {
        (order, smoothing, levels, Classes) = (options.Order, options.Smoothing,
            new PixelLevels(options.Levels), options.Classes);
        if (Parts * shape.Length * Math.Pow(options.Levels, order + 1) > LargestTable)
            throw new ArgumentException($"{Parts} x {shape.Length} tables of {options.Levels}^{order + 1} counts are "
                + "too many: take fewer levels or a lower order", nameof(options));
        sequence = new PixelSequence(options.PixelOrder, shape, rng);
        counts = new Buffer(Tensor.Zeros([Parts, shape.Length, Contexts, options.Levels], DType.Float64));
    }

    public int Classes { get; }

    int IFitsByCounting.ClassCount => Classes;

    // Places nearer to the start than k have fewer contexts.
    public BigInteger FreeParameters => Enumerable.Range(0, sequence.Length)
        .Aggregate(BigInteger.Zero, (sum, d) => sum + BigInteger.Pow(levels.Count, Math.Min(d, order)))
            * (levels.Count - 1) * Parts;

    public string FreeParameterRule => (Classes > 0 ? $"{Classes} classes x " : "")
        + $"{sequence.Length} pixels x {levels.Count}^{order} contexts x ({levels.Count} levels - 1), "
        + $"fewer contexts for the first {order}";

    private int Parts => Math.Max(1, Classes);

    private long Contexts => (long)BigInteger.Pow(levels.Count, order);

    /// <summary>p_yd(j | s), (Y, D, S, K), Float64; even where nothing was seen.</summary>
    public Tensor Transitions()
    {
        var weights = counts + smoothing;
        return (weights / weights.Sum([3], keepdim: true)).NanToNum(1.0 / levels.Count);
    }

    public void Count(Tensor images, Tensor classes)
    {
        var x = levels.Indices(sequence.Of(images)); // (B, D)
        var cells = Cells(x, classes.Unsqueeze(1)).Flatten();
        counts.View(-1).IndexAddInPlace(0, cells, Tensor.Ones([cells.Count], DType.Float64));
    }

    public Tensor PixelLogProbabilities(Tensor images)
    {
        var (x, log) = (levels.Indices(sequence.Of(images)), Transitions().Log().View(-1));
        var logs = Enumerable.Range(0, Parts).Select(y => log[Cells(x, Tensor.Scalar(y, DType.Int64))]).ToArray();
        return sequence.Images(DensityMixture.InOneOrder(Ops.Stack(logs))).To(images.DType);
    }

    public Tensor LogLikelihoodOf(Tensor images, Tensor labels)
    {
        var cells = Cells(levels.Indices(sequence.Of(images)), ClassLabels.Check(labels, Classes).Unsqueeze(1));
        return Transitions().Log().View(-1)[cells].Sum([1]).To(images.DType);
    }

    public Tensor Sample(int count, Rng rng, bool mean) => Draw(rng.Integers(0, Parts, [count]), rng, mean);

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) => Draw(ClassLabels.Check(labels, Classes), rng, mean);

    public string? WhyNotCompletable(bool[,] given) => null; // messages reach across any gap

    public Tensor Complete(Tensor images, bool[,] given, Rng rng)
    {
        var (x, known) = (levels.Indices(sequence.Of(images)), sequence.Given(given));
        var evidence = Enumerable.Range(0, Parts)
            .Select(y => Messages(x, known, Tensor.Full([x.Size(0)], y, DType.Int64)).Evidence).ToArray();
        var part = DensityMixture.DrawPart(Ops.Stack(evidence), rng);
        return sequence.Images(levels.Values(Walk(part, x, known, Messages(x, known, part).Beta, rng, mean: false)));
    }

    private Tensor Draw(Tensor part, Rng rng, bool mean)
    {
        var x = Walk(part, Tensor.Zeros([part.Count, sequence.Length], DType.Int64),
            new bool[sequence.Length], null, rng, mean);
        return sequence.Images(mean ? x : levels.Values(x));
    }

    // Goes along the chain and draws what is not given: p(x_d | s, later given) ~ p(x_d | s) beta_(d+1)(next(s, x_d)).
    private Tensor Walk(Tensor part, Tensor given, bool[] known, IReadOnlyList<Tensor>? beta, Rng rng, bool mean)
    {
        var (p, next, x) = (Transitions(), Next(), given.Clone());
        var means = Tensor.Zeros(given.Shape);
        var values = levels.Values(Tensor.Arange(levels.Count)).To(DType.Float64);
        var context = Tensor.Zeros([part.Count], DType.Int64);
        Decode.Steps(sequence.Length, d =>
        {
            var here = p.Select(1, d)[part, context]; // (B, K)
            if (!known[d])
            {
                if (beta is not null) here = here * beta[(int)d + 1].Gather(1, next[context]);
                here = here / here.Sum([1], keepdim: true);
                x.Select(1, d).CopyInPlace(LevelDraws.Draw(here, rng));
                if (mean) means.Select(1, d).CopyInPlace(here.Mv(values));
            }

            context.CopyInPlace(Following(context, x.Select(1, d)));
        });
        return mean ? means : x;
    }

    // beta_d(s) = p(given from d on | context s), each divided by its largest; the evidence is log p(given).
    private (IReadOnlyList<Tensor> Beta, Tensor Evidence) Messages(Tensor x, bool[] known, Tensor part)
    {
        var (p, next, length) = (Transitions(), Next(), sequence.Length);
        var beta = Tensor.Ones([part.Count, Contexts], DType.Float64);
        var scale = Tensor.Zeros([part.Count], DType.Float64);
        List<Tensor> all = [beta, .. Decode.Steps(length, i =>
        {
            var d = length - 1 - i;
            var weights = p.Select(1, d)[part]
                * beta.IndexSelect(1, next.Flatten()).View(part.Count, Contexts, levels.Count); // (B, S, K)
            if (known[d]) weights = weights * x.Select(1, d).OneHot(levels.Count).Unsqueeze(1);
            var sum = weights.Sum([2]); // (B, S)
            // the chain begins in context 0
            var largest = d == 0 ? sum[TensorIndex.All, 0..1] : sum.Amax([1], keepdim: true);
            scale.AddInPlace(largest.Squeeze(1).Log());
            return beta = sum / largest.ClampMin(double.Epsilon);
        })];
        all.Reverse();
        return (all, scale);
    }

    // Indices into the counts as one row of numbers.
    private Tensor Cells(Tensor x, Tensor classes)
    {
        var context = Tensor.Zeros(x.Shape, DType.Int64);
        for (var j = 1; j <= Math.Min(order, x.Size(1) - 1); j++)
            context[TensorIndex.All, j..]
                .AddInPlace(x[TensorIndex.All, ..^j] * (long)BigInteger.Pow(levels.Count, j - 1));
        return (((((classes * x.Size(1)) + Tensor.Arange(x.Size(1))) * Contexts) + context) * levels.Count) + x;
    }

    private Tensor Following(Tensor context, Tensor x) => ((context * levels.Count) + x).Remainder(Contexts);

    private Tensor Next() => Following(Tensor.Arange(Contexts).Unsqueeze(1), Tensor.Arange(levels.Count)); // (S, K)
}
