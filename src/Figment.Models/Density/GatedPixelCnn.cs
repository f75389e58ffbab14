// Conditional Image Generation with PixelCNN Decoders. A. van den Oord, N. Kalchbrenner, O. Vinyals, L. Espeholt,
// A. Graves, K. Kavukcuoglu, 2016. https://arxiv.org/abs/1606.05328
//
//   log p(x|y) = sum_i log p(x_i | x_1, ..., x_i-1, y)                            (equation 3)
//   gate       tanh(W_f * x + V_f^T y) . sigmoid(W_g * x + V_g^T y)               (equation 4; equation 2 without y)
//
// Two stacks remove PixelCNN's blind spot (figure 2): the vertical one sees all rows above, the horizontal one the
// present row to the left and, through a 1x1 convolution before the gate, the vertical one.
//
//   v, h     features of the vertical and horizontal stack; h has a residual connection in every layer but the first
//   head     two times relu and 1x1, mask B; then a sigmoid (black or white) or a softmax over the levels
//
// Deviations from the paper: the first layer has kernels of 7, the others of 3. A learned map of positions is added to
// the first vertical convolution (the option `positions` takes it away): see PixelCnn.cs. The class's term is one
// vector for each stack of a layer, added where the paper adds V^T y. Without a label, p(x) is the mean of p(x|y) over
// the classes.
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of the gated PixelCNN.</summary>
public sealed record GatedPixelCnnOptions : ModelOptions
{
    /// <summary>Values a channel of a pixel can have: 2 for black and white, 256 for bytes.</summary>
    [Range(2, 256)]
    public int Levels { get; init; } = 2;

    /// <summary>Layers, each a vertical and a horizontal convolution.</summary>
    [Range(1, 100)]
    public int Layers { get; init; } = 7;

    /// <summary>Channels of each stack; before a gate there are twice as many.</summary>
    [Range(1, 1024)]
    public int Channels { get; init; } = 32;

    /// <summary>Channels of the head's 1x1 convolutions.</summary>
    [Range(1, 4096)]
    public int Head { get; init; } = 64;

    /// <summary>Number of classes to condition on, from the data's labels; 0 for none.</summary>
    [Range(0, 10_000)]
    public int Classes { get; init; }

    /// <summary>Whether a learned map tells the network where in the image each pixel lies; the paper has
    /// none.</summary>
    public bool Positions { get; init; } = true;
}

/// <summary>PixelCNN with gates, without a blind spot, and with classes if wanted.</summary>
public sealed partial class GatedPixelCnn : Module, IDrawsSamples, IGivesDensity, ICompletesImages, IKnowsClasses
{
    // PyTorch's weights shrink what they get by sqrt(3), and a gate halves it: nothing of the first layers would reach
    // the last.
    internal static readonly double LinearGain = Math.Sqrt(3), GateGain = 2 * Math.Sqrt(3);

    private readonly ImageShape shape;
    private readonly LevelMaps levels;
    private readonly IReadOnlyList<GatedLayer> layers;
    private readonly MaskedConv2d hidden;
    private readonly MaskedConv2d output;

    /// <param name="options">Sizes, levels and classes.</param>
    /// <param name="shape">Of one image; any size.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">There are fewer channels than the image has.</exception>
    public GatedPixelCnn(GatedPixelCnnOptions options, ImageShape shape, Rng rng)
    {
        var (c, p) = (shape.Channels, options.Channels);
        if (Math.Min(p, options.Head) < c)
            throw new ArgumentException($"{shape} has {c} channels, and each needs a channel of every layer: channels "
                + $"and head must be at least {c}.");
        (this.shape, Classes) = (shape, options.Classes);
        levels = new LevelMaps(new PixelLevels(options.Levels));
        layers = [.. Enumerable.Range(0, options.Layers).Select(l => new GatedLayer(l == 0 ? c : p, p,
            l == 0, l == 0 && options.Positions ? shape : null, c, Classes, rng))];
        hidden = new MaskedConv2d(p, options.Head, 1, MaskKind.B, rng, c, gain: PixelCnn.ReluGain);
        output = new MaskedConv2d(options.Head, c * levels.PerChannel, 1, MaskKind.B, rng, c, gain: PixelCnn.SmallGain);
        To(MemoryFormat.ChannelsLast);
    }

    public int Classes { get; }

    /// <summary>What the image's levels are distributed as, given the pixels before.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <param name="y">Classes, (B), Int64; null in a model without them.</param>
    /// <returns>Maps, (B, C * maps per channel, H, W); see <see cref="LevelMaps"/>.</returns>
    public Tensor Maps(Tensor x, Tensor? y = null)
    {
        CheckLabels(y);
        var image = x.Contiguous(MemoryFormat.ChannelsLast);
        var (v, h) = (image, image);
        foreach (var layer in layers)
            (v, h) = layer.Call((v, h, y));
        return output.Call(hidden.Call(h.Relu()).ReluInPlace());
    }

    /// <summary>Maximises the log-likelihood, given the labels if the model knows classes.</summary>
    internal static ITrainingTask Task(GatedPixelCnn model, Optimizer optimizer) =>
        new LikelihoodTask("gated-pixelcnn", model, optimizer, (batch, _) => model.Classes == 0
            ? model.PixelLogProbabilities(batch.Images).Sum([-3, -2, -1])
            : model.LogLikelihoodOf(batch.Images, batch.LabelsFor(model.Classes)!));

    public Tensor PixelLogProbabilities(Tensor images)
    {
        if (Classes == 0)
            return levels.LogProbabilities(images, Maps(images));
        // p(x_d | x_<d) = mean_y p(x_<=d | y) / mean_y p(x_<d | y), d over rows, columns, channels
        var (b, c, h, w) = (images.Size(0), images.Size(1), images.Size(2), images.Size(3));
        var each = Ops.Stack([.. EachClass(b).Select(y => levels.LogProbabilities(images, Maps(images, y)))]);
        var until = each.Permute(0, 1, 3, 4, 2).Reshape(Classes, b, -1).CumSum(-1).LogSumExp(0) - Math.Log(Classes);
        var before = until.Narrow(1, 0, until.Size(1) - 1).ConstantPadNd([1, 0]);
        return (until - before).View(b, h, w, c).Permute(0, 3, 1, 2);
    }

    public Tensor LogLikelihoodOf(Tensor images, Tensor labels) =>
        levels.LogProbabilities(images, Maps(images, labels)).Sum([-3, -2, -1]);

    public Tensor Sample(int count, Rng rng, bool mean) =>
        Draw(count, Classes == 0 ? null : rng.Integers(0, Classes, [count]), rng, mean);

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) => Draw(labels.Size(0), labels, rng, mean);

    public string? WhyNotCompletable(bool[,] given) =>
        RasterFilling.WhyNotCompletable(given, shape.Height, shape.Width);

    public Tensor Complete(Tensor images, bool[,] given, Rng rng)
    {
        var x = RasterFilling.Begin(images, given, shape, levels.Levels);
        return RasterFilling.Fill(x, given, new Steps(this, x, Classes == 0 ? null : ClassesOf(x, given, rng)), rng);
    }

    private Tensor Draw(long count, Tensor? y, Rng rng, bool mean)
    {
        CheckLabels(y);
        var x = Tensor.Zeros([count, shape.Channels, shape.Height, shape.Width], device: output.Weight.Device);
        RasterFilling.Fill(x, null, new Steps(this, x, y), rng);
        return mean ? NoGrad.Run(() => levels.Mean(Maps(x, y), shape.Channels)) : x;
    }

    // One draw from p(y | given) for each image: proportional to p(given | y), as the classes are equally likely.
    private Tensor ClassesOf(Tensor x, bool[,] given, Rng rng) => NoGrad.Run(() =>
    {
        var mask = Tensor.From<float>([.. given.Cast<bool>().Select(g => g ? 1f : 0f)], shape.Height, shape.Width);
        var logs = EachClass(x.Size(0)).Select(y => (levels.LogProbabilities(x, Maps(x, y)) * mask).Sum([-3, -2, -1]));
        var p = Ops.Stack([.. logs], 1).Softmax(1); // (B, classes)
        return (p.CumSum(1) <= rng.Uniform([x.Size(0), 1])).Sum([1]).ClampMax(Classes - 1);
    });

    private IEnumerable<Tensor> EachClass(long b) =>
        Enumerable.Range(0, Classes).Select(y => Tensor.Full([b], y, DType.Int64));

    private void CheckLabels(Tensor? y)
    {
        if (Classes > 0 && y is null)
            throw new ArgumentException($"this model knows {Classes} classes and needs a label for each image");
        if (Classes == 0 && y is not null)
            throw new ArgumentException("this model was made without classes (option classes), so it takes no labels");
    }

    /// <summary>One pixel's column through the network.</summary>
    private sealed class Steps(GatedPixelCnn net, Tensor x, Tensor? y) : IRasterSteps
    {
        private readonly GatedColumns columns = new(net.layers, (net.hidden, net.output), x, y, null);

        public void StartRow(long i) => columns.StartRow(i);

        public void Keep(long j, Tensor pixel) => columns.Keep(j, pixel);

        public Tensor Maps(long j) => columns.Maps(j);

        public void Draw(long j, Tensor pixel, Rng rng) => RasterFilling.DrawChannels(this, net.levels, j, pixel, rng);
    }
}

/// <summary>One layer of figure 2: (v, h, y) to (v, h).</summary>
internal sealed partial class GatedLayer : Module<(Tensor V, Tensor H, Tensor? Y), (Tensor V, Tensor H)>
{
    private readonly bool isFirst;
    private readonly Conv2d link;
    private readonly Embedding? classes;

    public GatedLayer(int inChannels, int p, bool isFirst, ImageShape? positions, int imageChannels, int classCount,
        Rng rng)
    {
        this.isFirst = isFirst;
        Position = positions is { } shape ? new PositionMap(2 * p, shape) : null;
        Vertical = isFirst ? ShiftedConv2d.Above(inChannels, 2 * p, 3, 7, rng, GatedPixelCnn.LinearGain)
            : ShiftedConv2d.Downward(inChannels, 2 * p, 2, 3, rng, gain: GatedPixelCnn.GateGain);
        Horizontal = new MaskedConv2d(inChannels, 2 * p, isFirst ? (1, 7) : (1, 3), isFirst ? MaskKind.A : MaskKind.B,
            rng, imageChannels, parts: 2, gain: GatedPixelCnn.LinearGain);
        link = new Conv2d(2 * p, 2 * p, 1, rng);
        Out = new MaskedConv2d(p, p, 1, MaskKind.B, rng, imageChannels, gain: isFirst ? GatedPixelCnn.GateGain : null);
        classes = classCount == 0 ? null : new Embedding(classCount, 4 * p, rng);
    }

    public ShiftedConv2d Vertical { get; }

    /// <summary>Added to what the first vertical convolution gives.</summary>
    public PositionMap? Position { get; }

    public MaskedConv2d Horizontal { get; }

    public MaskedConv2d Out { get; }

    protected override (Tensor V, Tensor H) Forward((Tensor V, Tensor H, Tensor? Y) input)
    {
        var rows = Vertical.Call(input.V);
        var (a, b) = Link(Position?.Call(rows) ?? rows, input.Y);
        var h = Out.Call(Gate(Horizontal.Call(input.H) + b));
        return (Gate(a), isFirst ? h : h + input.H);
    }

    /// <summary>What the vertical stack gates, and what it and the class add to the horizontal one.</summary>
    /// <param name="v">(B, 2p, rows, W)</param>
    /// <param name="y">(B) or null</param>
    public (Tensor A, Tensor B) Link(Tensor v, Tensor? y)
    {
        var b = link.Call(v);
        if (classes is null)
            return (v, b);
        var terms = classes.Call(y!).Unsqueeze(-1).Unsqueeze(-1).Chunk(2, 1); // 2 of (B, 2p, 1, 1)
        return (v + terms[0], b + terms[1]);
    }

    // tanh(a_1) sigmoid(a_2), the two halves of the channels
    public static Tensor Gate(Tensor a) => Ops.GatedTanh(a, 1);
}
