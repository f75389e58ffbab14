// The Neural Autoregressive Distribution Estimator. H. Larochelle, I. Murray, 2011.
// https://proceedings.mlr.press/v15/larochelle11a.html
//
//   p(x) = prod_d p(x_d | x_<d),   p(x_d = 1 | x_<d) = sigmoid(b_d + V_d h_d),   h_d = sigmoid(a_d)   (equations 9, 10)
//   a_1 = c,   a_(d+1) = a_d + x_d W_d                              the running sum of the paper's algorithm 1
//
// All conditionals share W, and a_d differs from a_(d+1) by one row: O(D H) for an image, in training and in drawing.
// Deviations: any optimiser and batches instead of single examples; classes y, if wanted, add a row to c and to b (the
// paper has none).
//
//   input    W (D, H), row d for pixel d         hidden    c (H)
//   output   V (D, H)                            visible   b (D)
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of NADE.</summary>
public sealed record NadeOptions : ModelOptions
{
    /// <summary>H, hidden units.</summary>
    [Range(1, 65536)]
    public int Hidden { get; init; } = 500;

    /// <summary>The order in which pixels are predicted from those before them.</summary>
    public PixelOrder PixelOrder { get; init; } = PixelOrder.Raster;

    /// <summary>Classes of the data, for p(x|y); 0 for none.</summary>
    [Range(0, 1000)]
    public int Classes { get; init; }
}

/// <summary>The model of binary images.</summary>
public sealed partial class Nade : Module, IGivesDensity, IDrawsSamples, ICompletesImages, IKnowsClasses
{
    private readonly PixelSequence sequence;
    private readonly Parameter input; // W (D, H)
    private readonly Parameter hidden; // c (H)
    private readonly Parameter output; // V (D, H)
    private readonly Parameter visible; // b (D)
    private readonly Parameter? classHidden; // (Y, H), added to c
    private readonly Parameter? classVisible; // (Y, D), added to b

    /// <param name="options">Sizes, order, classes.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the weights and a random order.</param>
    public Nade(NadeOptions options, ImageShape shape, Rng rng)
    {
        var (d, h) = (shape.Length, options.Hidden);
        sequence = new PixelSequence(options.PixelOrder, shape, rng);
        Classes = options.Classes;
        input = Drawn(rng, 1 / Math.Sqrt(d), d, h);
        hidden = new Parameter(Tensor.Zeros([h]));
        output = Drawn(rng, 1 / Math.Sqrt(h), d, h);
        visible = new Parameter(Tensor.Zeros([d]));
        if (Classes == 0) return;
        classHidden = new Parameter(Tensor.Zeros([Classes, h]));
        classVisible = new Parameter(Tensor.Zeros([Classes, d]));
    }

    public int Classes { get; }

    /// <summary>The logit of p(x_d = 1 | x_&lt;d, y) of each pixel.</summary>
    /// <param name="images">(B, C, H, W); values between 0 and 1 are taken as they are.</param>
    /// <param name="labels">(B), Int64; null for a model without classes.</param>
    /// <returns>(B, C, H, W)</returns>
    public Tensor Logits(Tensor images, Tensor? labels = null) =>
        sequence.Images(Conditionals(sequence.Of(images), labels));

    public Tensor PixelLogProbabilities(Tensor images)
    {
        var x = sequence.Of(images.Round());
        return sequence.Images(DensityMixture.InOneOrder(Ops.Stack([.. EachClass(x.Size(0)).Select(y => Logs(x, y))])));
    }

    public Tensor LogLikelihoodOf(Tensor images, Tensor labels) =>
        Logs(sequence.Of(images.Round()), ClassLabels.Check(labels, Classes)).Sum([1]);

    /// <summary>What training maximises: log p(x), or log p(x|y) where the model knows classes.</summary>
    /// <param name="images">(B, C, H, W) of zeros and ones.</param>
    /// <param name="labels">(B), Int64; not looked at without classes.</param>
    /// <returns>Nats, (B).</returns>
    public Tensor LogProbability(Tensor images, Tensor labels) =>
        Logs(sequence.Of(images.Round()), Classes > 0 ? labels : null).Sum([1]);

    public Tensor Sample(int count, Rng rng, bool mean) => Draw(Tensor.Zeros([count, sequence.Length], input.DType), 0,
        Classes > 0 ? rng.Integers(0, Classes, [count]) : null, rng, mean);

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) =>
        Draw(Tensor.Zeros([labels.Count, sequence.Length], input.DType), 0,
        ClassLabels.Check(labels, Classes), rng, mean);

    public string? WhyNotCompletable(bool[,] given) => sequence.Prefix(given).Why;

    // With classes, y is drawn first, from p(y | given) with equal p(y).
    public Tensor Complete(Tensor images, bool[,] given, Rng rng)
    {
        var (x, first) = (sequence.Of(images.Round()), sequence.PrefixLength(given));
        var y = Classes == 0 ? null : DensityMixture.DrawPart(
            Ops.Stack([.. EachClass(x.Size(0)).Select(label => Logs(x, label)[TensorIndex.All, ..first].Sum([1]))]),
            rng);
        return Draw(x, first, y, rng, mean: false);
    }

    private Tensor Logs(Tensor x, Tensor? y) => BinaryPixels.LogProbability(x, Conditionals(x, y));

    private Tensor Conditionals(Tensor x, Tensor? y) =>
        // V_d h_d in one pass over the running sums
        Ops.NadeLogits(x, input, C(y).Expand(x.Size(0), -1), output) + B(y);

    // One pixel after another; a is the running sum.
    private Tensor Draw(Tensor start, int first, Tensor? y, Rng rng, bool mean)
    {
        var (x, means) = (start.Clone(), start.Clone());
        var a = C(y).Expand(x.Size(0), -1) + x[TensorIndex.All, ..first].MatMul(input[..first]); // (B, H)
        var b = B(y).Expand(x.Size(0), -1); // (B, D)
        Decode.Steps(sequence.Length - first, i =>
        {
            var d = first + i;
            var p = (b.Select(1, d) + a.Sigmoid().Mv(output[d])).Sigmoid(); // (B)
            var drawn = rng.Bernoulli(p);
            x.Select(1, d).CopyInPlace(drawn);
            means.Select(1, d).CopyInPlace(p);
            a.AddInPlace(drawn.Outer(input[d]));
        });
        return sequence.Images(mean ? means : x);
    }

    private Tensor C(Tensor? y) => Shifted(hidden, classHidden, y);

    private Tensor B(Tensor? y) => Shifted(visible, classVisible, y);

    private static Tensor Shifted(Tensor shared, Tensor? each, Tensor? y) =>
        each is null ? shared : shared + each.IndexSelect(0, Known(y));

    private static Tensor Known(Tensor? y) =>
        y ?? throw new InvalidOperationException("the model is of p(x|y): labels are needed");

    private Tensor?[] EachClass(long count) => Classes == 0 ? [null]
        : [.. Enumerable.Range(0, Classes).Select(y => Tensor.Full([count], y, DType.Int64))];

    private static Parameter Drawn(Rng rng, double bound, params long[] shape) =>
        new(rng.Uniform(shape, -bound, bound));
}
