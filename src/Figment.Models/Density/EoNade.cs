// A Deep and Tractable Density Estimator. B. Uria, I. Murray, H. Larochelle, 2014. https://arxiv.org/abs/1310.1757
//
//   max E_o E_d [ D / (D - d + 1)  sum_(k >= d) log p(x_o_k | x_o_<d) ]             (equation 9)
//   p(x_k = 1 | x_given) = sigmoid(V_k h + b_k),   h = f(... f(c + sum_(j given) x_j W_j + M_j))
//
// One network predicts any pixel from any others: every order of the pixels, and every mask, is served by the same
// weights. Orders do not agree exactly, so log p(x) is that of the model's order, or of the average density of several
// (section 4).
// Deviations: each pixel is given with probability t, t uniform, which makes the number of given pixels uniform on 0..D
// without sorting; the weight is then (D + 1) / (D - number), the estimate unbiased as before. Adam and batches.
//
//   input   W (D, H)      mask   M (D, H), tells which pixels are given      hidden   c (H)
//   layers  the further hidden layers                                        output   V, b
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of the orderless NADE.</summary>
public sealed record EoNadeOptions : ModelOptions
{
    /// <summary>Units of the hidden layers, first to last.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Hidden { get; init; } = [500];

    /// <summary>What follows each hidden layer.</summary>
    public Nonlinearity Nonlinearity { get; init; } = Nonlinearity.Relu;

    /// <summary>The order in which log p(x) is taken and samples are drawn; training knows none.</summary>
    public PixelOrder PixelOrder { get; init; } = PixelOrder.Raster;

    /// <summary>How many orders' densities are averaged; those after the first are random. Evaluation costs as many
    /// times as much.</summary>
    [Range(1, 256)]
    public int Orders { get; init; } = 1;
}

/// <summary>The model of binary images.</summary>
public sealed partial class EoNade : Module, IGivesDensity, IDrawsSamples, ICompletesImages
{
    private readonly PixelSequence sequence;
    // (E, D), Int64: places in the sequence, each row a permutation, the first 0, 1, 2, ...
    private readonly Buffer orders;
    private readonly Parameter input, mask, hidden;
    private readonly List<Linear> layers = [];
    private readonly Linear output;
    private readonly Layer activation;

    /// <param name="options">Sizes and orders.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws weights and random orders.</param>
    public EoNade(EoNadeOptions options, ImageShape shape, Rng rng)
    {
        var (d, widths, bound) = (shape.Length, options.Hidden, 1 / Math.Sqrt(2 * shape.Length));
        sequence = new PixelSequence(options.PixelOrder, shape, rng);
        orders = new Buffer(Ops.Stack([Tensor.Arange(d),
            .. Enumerable.Range(1, options.Orders - 1).Select(_ => rng.Permutation(d))]));
        input = new Parameter(rng.Uniform([d, widths[0]], -bound, bound));
        mask = new Parameter(rng.Uniform([d, widths[0]], -bound, bound));
        hidden = new Parameter(Tensor.Zeros([widths[0]]));
        for (var i = 1; i < widths.Count; i++) layers.Add(new Linear(widths[i - 1], widths[i], rng));
        output = new Linear(widths[^1], d, rng);
        activation = options.Nonlinearity.Layer();
    }

    /// <summary>An unbiased estimate of the mean over all orders of log p(x), from one set of given pixels an
    /// example.</summary>
    /// <param name="images">(B, C, H, W) of zeros and ones.</param>
    /// <param name="given">(B, D), the image type: 1 where the pixel is given, in raster order.</param>
    /// <returns>Nats, (B).</returns>
    public Tensor Estimate(Tensor images, Tensor given)
    {
        var (x, m) = (sequence.Of(images.Round()), sequence.Of(given.View(images.Shape)));
        var missing = 1 - m;
        var logits = output.Call(Hidden((x * m).MatMul(input) + m.MatMul(mask) + hidden));
        var logs = (BinaryPixels.LogProbability(x, logits) * missing).Sum([1]);
        return logs * ((sequence.Length + 1) / missing.Sum([1]).ClampMin(1));
    }

    /// <summary>Draws which pixels are given in a step of training.</summary>
    /// <returns>(count, D) of zeros and ones; how many ones is uniform on 0..D.</returns>
    public Tensor DrawGiven(int count, Rng rng) =>
        (rng.Uniform([count, sequence.Length]) < rng.Uniform([count, 1])).To(DType.Float32);

    /// <summary>log p(x_k | those before k) along any order.</summary>
    /// <param name="images">(B, C, H, W) of zeros and ones.</param>
    /// <param name="order">A permutation of 0..D-1, places in the model's own order.</param>
    /// <returns>Nats, (B, C, H, W).</returns>
    public Tensor PixelLogProbabilities(Tensor images, IReadOnlyList<long> order) =>
        sequence.Images(Along(sequence.Of(images.Round()), order));

    public Tensor PixelLogProbabilities(Tensor images)
    {
        var x = sequence.Of(images.Round());
        var each = Enumerable.Range(0, (int)orders.Size(0)).Select(e => Along(x, orders[e].ToArray<long>())).ToArray();
        return sequence.Images(DensityMixture.AcrossOrders(Ops.Stack(each)));
    }

    // Each image follows one of the orders.
    public Tensor Sample(int count, Rng rng, bool mean)
    {
        var e = (int)orders.Size(0);
        var parts = e == 1 ? Tensor.Zeros([count], DType.Int64) : rng.Integers(0, e, [count]);
        return sequence.Images(DensityMixture.DrawEach(parts, e, Tensor.Zeros([count, sequence.Length], input.DType),
            (order, rows) => Draw(rows, [], orders[order].ToArray<long>(), rng, mean)));
    }

    public string? WhyNotCompletable(bool[,] given) => null; // given pixels first, whichever they are

    /// <inheritdoc/>
    /// <remarks>The order is the given pixels, then the missing ones in the model's own order.</remarks>
    public Tensor Complete(Tensor images, bool[,] given, Rng rng)
    {
        var flags = sequence.Given(given);
        var places = Enumerable.Range(0, flags.Length).Select(i => (long)i).ToLookup(i => flags[i]);
        return sequence.Images(Draw(sequence.Of(images.Round()), [.. places[true]],
            [.. places[false]], rng, mean: false));
    }

    private Tensor Hidden(Tensor a) =>
        layers.Aggregate(activation.Call(a), (h, layer) => activation.Call(layer.Call(h)));

    private Tensor Along(Tensor x, IReadOnlyList<long> order)
    {
        var logits = Tensor.Zeros(x.Shape, x.DType);
        var a = hidden.Expand(x.Size(0), -1).Clone();
        Decode.Steps(order.Count, i =>
        {
            var k = order[(int)i];
            logits.Select(1, k).CopyInPlace(Logit(a, k));
            Add(a, x.Select(1, k), k);
        });
        return BinaryPixels.LogProbability(x, logits);
    }

    // First what is given, then one pixel after another; a is the running sum of the first layer.
    private Tensor Draw(Tensor start, long[] given, long[] missing, Rng rng, bool mean)
    {
        var (x, means) = (start.Clone(), start.Clone());
        var here = Tensor.From(given, given.Length);
        var a = hidden + x.IndexSelect(1, here).MatMul(input.IndexSelect(0, here))
            + mask.IndexSelect(0, here).Sum([0]); // (B, H)
        Decode.Steps(missing.Length, i =>
        {
            var k = missing[(int)i];
            var p = Logit(a, k).Sigmoid();
            var drawn = rng.Bernoulli(p);
            x.Select(1, k).CopyInPlace(drawn);
            means.Select(1, k).CopyInPlace(p);
            Add(a, drawn, k);
        });
        return mean ? means : x;
    }

    private Tensor Logit(Tensor a, long k) => Hidden(a).Mv(output.Weight[k]) + output.Bias![k];

    private void Add(Tensor a, Tensor value, long k) => a.AddInPlace(value.Outer(input[k])).AddInPlace(mask[k]);
}
