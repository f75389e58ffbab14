// MADE: Masked Autoencoder for Distribution Estimation. M. Germain, K. Gregor, I. Murray, H. Larochelle, 2015.
// https://arxiv.org/abs/1502.03509
//
//   p(x) = prod_d p(x_d | x_<d),   p(x_d = 1 | x_<d) = sigmoid of output d of an autoencoder whose weights are masked
//   M^W_kj = [m(k) >= r(j)],   M^V_dk = [r(d) > m(k)]                                              (equations 8, 9)
//
// A unit with number m(k) sees only inputs of rank up to m(k), so output d sees only inputs before d, through any
// number of layers. Several masks (section 4.2, 4.3) are cycled through in training, one a step; the density is then
// the average of those of all masks, each with equal weight. Masks of several orders are the paper's order-agnostic
// training with a fixed set of orders.
// Deviations: Adam in place of Adadelta.
//
//   degrees   m(k), from 0, of each layer's units, a row for each mask       ranks   r(d), from 0, a row for each order
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of MADE.</summary>
public sealed record MadeOptions : ModelOptions, IValidatableObject
{
    /// <summary>Units of the hidden layers, first to last.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Hidden { get; init; } = [500];

    /// <summary>What follows each hidden layer.</summary>
    public Nonlinearity Nonlinearity { get; init; } = Nonlinearity.Relu;

    /// <summary>Masks that training cycles through and whose densities are averaged.</summary>
    [Range(1, 256)]
    public int Masks { get; init; } = 1;

    /// <summary>Orders of the pixels that the masks share out among them: the first is pixel-order, the others are
    /// random.</summary>
    [Range(1, 256)]
    public int Orders { get; init; } = 1;

    /// <summary>The first order.</summary>
    public PixelOrder PixelOrder { get; init; } = PixelOrder.Raster;

    /// <summary>Whether outputs also see the inputs before them directly.</summary>
    public bool Direct { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Orders > Masks)
            yield return new ValidationResult("cannot be more than masks, as each mask has one order",
                [nameof(Orders)]);
    }
}

/// <summary>The model of binary images.</summary>
public sealed partial class Made : Module, IGivesDensity, IDrawsSamples, ICompletesImages
{
    private readonly PixelSequence sequence;
    // (orders, D), Int64: when a place of the sequence comes; the first row is 0, 1, 2, ...
    private readonly Buffer ranks;
    private readonly List<Buffer> degrees = []; // a layer each: (masks, units), Int64
    private readonly List<Linear> layers = []; // hidden layers, then the outputs
    private readonly Linear? direct;
    private readonly Layer activation;

    /// <param name="options">Sizes, masks and orders.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws weights, masks and random orders.</param>
    public Made(MadeOptions options, ImageShape shape, Rng rng)
    {
        var d = shape.Length;
        (sequence, activation) = (new PixelSequence(options.PixelOrder, shape, rng), options.Nonlinearity.Layer());
        ranks = new Buffer(Ops.Stack([Tensor.Arange(d),
            .. Enumerable.Range(1, options.Orders - 1).Select(_ => rng.Permutation(d))]));
        int[] widths = [d, .. options.Hidden, d];
        for (var l = 0; l + 1 < widths.Length; l++) layers.Add(new Linear(widths[l], widths[l + 1], rng));
        foreach (var units in options.Hidden)
        {
            // Below the least number of the layer before, a unit would see nothing.
            var least = Enumerable.Range(0, options.Masks)
                .Select(m => degrees.Count == 0 ? 0 : (long)degrees[^1][m].Min().ToDouble());
            degrees.Add(new Buffer(Ops.Stack([.. least
                .Select(low => rng.Integers(low, Math.Max(low + 1, d - 1), [units]))])));
        }

        if (options.Direct) direct = new Linear(d, d, rng, bias: false);
    }

    /// <summary>How many masks there are.</summary>
    public int MaskCount => (int)degrees[0].Size(0);

    /// <summary>The logit of p(x_d = 1 | those before d) of each pixel under one mask.</summary>
    /// <param name="images">(B, C, H, W); values between 0 and 1 are taken as they are.</param>
    /// <param name="mask">Which mask, from 0.</param>
    /// <returns>(B, C, H, W)</returns>
    public Tensor Logits(Tensor images, int mask = 0) => sequence.Images(Conditionals(sequence.Of(images), mask));

    /// <summary>log p(x), (B), under one mask, as a step of training maximises it.</summary>
    /// <param name="images">(B, C, H, W) of zeros and ones.</param>
    /// <param name="mask">Which mask, from 0.</param>
    public Tensor LogProbability(Tensor images, int mask = 0) => Logs(sequence.Of(images.Round()), mask).Sum([1]);

    public Tensor PixelLogProbabilities(Tensor images)
    {
        var x = sequence.Of(images.Round());
        var each = Ops.Stack([.. Enumerable.Range(0, MaskCount).Select(m => Logs(x, m))]); // (M, B, D)
        return sequence.Images(ranks.Size(0) == 1 ? DensityMixture.InOneOrder(each)
            : DensityMixture.AcrossOrders(each));
    }

    public Tensor Sample(int count, Rng rng, bool mean) => DrawEach(rng.Integers(0, MaskCount, [count]),
        Tensor.Zeros([count, sequence.Length], layers[0].Weight.DType), 0, rng, mean);

    public string? WhyNotCompletable(bool[,] given) => ranks.Size(0) == 1 ? sequence.Prefix(given).Why
        : sequence.Given(given) is var flags && Array.TrueForAll(flags, flag => flag == flags[0]) ? null
        : "the model averages several orders, which no mask fits: train with model.orders=1, or take eonade";

    // With several masks one is drawn first, from its weight given the prefix.
    public Tensor Complete(Tensor images, bool[,] given, Rng rng)
    {
        if (WhyNotCompletable(given) is { } why) throw new ArgumentException(why, nameof(given));
        var (x, first) = (sequence.Of(images.Round()), sequence.PrefixLength(given));
        var evidence = Ops.Stack([.. Enumerable.Range(0, MaskCount)
            .Select(m => Logs(x, m)[TensorIndex.All, ..first].Sum([1]))]);
        return DrawEach(DensityMixture.DrawPart(evidence, rng), x, first, rng, mean: false);
    }

    private Tensor Logs(Tensor x, int mask) => BinaryPixels.LogProbability(x, Conditionals(x, mask));

    private Tensor Conditionals(Tensor x, int mask)
    {
        var (h, sees) = (x, Rank(mask)); // sees: the number of each unit that h comes from
        for (var l = 0; l < degrees.Count; l++)
        {
            h = activation.Call(Masked(layers[l], h, degrees[l][mask].Unsqueeze(1) >= sees));
            sees = degrees[l][mask];
        }

        var later = Rank(mask).Unsqueeze(1);
        var logits = Masked(layers[^1], h, later > sees);
        return direct is null ? logits : logits + Masked(direct, x, later > Rank(mask));
    }

    private static Tensor Masked(Linear layer, Tensor h, Tensor open) =>
        Ops.Linear(h, layer.Weight * open.To(layer.Weight.DType), layer.Bias);

    private Tensor Rank(int mask) => ranks[mask % (int)ranks.Size(0)];

    // Each image under its own mask; (B, D) to (B, C, H, W).
    private Tensor DrawEach(Tensor masks, Tensor start, int first, Rng rng, bool mean) => sequence.Images(
        DensityMixture.DrawEach(masks, MaskCount, start, (mask, rows) => Draw(mask, rows, first, rng, mean)));

    // Computes every unit once, as soon as all that it sees is drawn. What is not yet drawn or computed is zero, so the
    // weights need no mask: the whole image costs as much as one pass through the network.
    private Tensor Draw(int mask, Tensor start, int first, Rng rng, bool mean)
    {
        var (x, means) = (Tensor.Zeros(start.Shape, start.DType), start.Clone());
        var places = Rank(mask).ArgSort().ToArray<long>();
        var h = layers[..^1].Select(layer => Tensor.Zeros([x.Size(0), layer.Weight.Size(0)], x.DType)).ToArray();
        var ready = degrees.Select(layer => layer[mask].ToArray<long>()
            .Select((degree, unit) => (degree, unit: (long)unit))
            .ToLookup(pair => pair.degree, pair => pair.unit)).ToArray();
        Decode.Steps(places.Length, r =>
        {
            var d = places[r];
            var logit = h[^1].Mv(layers[^1].Weight[d]) + layers[^1].Bias![d];
            if (direct is not null) logit = logit + x.Mv(direct.Weight[d]);
            var p = logit.Sigmoid();
            if (r >= first) means.Select(1, d).CopyInPlace(p);
            x.Select(1, d).CopyInPlace(r < first ? start.Select(1, d) : rng.Bernoulli(p));
            for (var l = 0; l < h.Length; l++)
            {
                var units = ready[l][r].ToArray();
                if (units.Length == 0) continue;
                var at = Tensor.From(units, units.Length);
                var a = Ops.Linear(l == 0 ? x : h[l - 1], layers[l].Weight.IndexSelect(0, at),
                    layers[l].Bias!.IndexSelect(0, at));
                h[l].IndexCopyInPlace(1, at, activation.Call(a));
            }
        });
        return mean ? means : x;
    }
}
