// Pixel Recurrent Neural Networks, section 3.4 (PixelCNN). A. van den Oord, N. Kalchbrenner, K. Kavukcuoglu, 2016.
// https://arxiv.org/abs/1601.06759
//
//   log p(x) = sum_i log p(x_i | x_1, ..., x_i-1)                                 (equation 1)
//   p(x_i | x_<i) = p(x_R | x_<i) p(x_G | x_R, x_<i) p(x_B | x_R, x_G, x_<i)      (equation 2)
//
// The conditionals of all pixels come from one pass of masked convolutions. Table 1 and figure 5, left:
//
//   input    7x7, mask A: sees rows above and pixels to the left, not the pixel itself; plus the map of positions
//   blocks   x + expand(relu(middle(relu(reduce(relu(x)))))): 2h -> 1x1 -> h -> 3x3 -> h -> 1x1 -> 2h, mask B
//   head     two times relu and 1x1, mask B; then a sigmoid (black or white) or a softmax over the levels
//
// Deviations from the paper: the map of positions, which the option `positions` takes away. 7 blocks see 10 rows up,
// and on black ground the network would not know how far down it is. The sizes for MNIST are not in the paper. As the
// paper's successor points out (van den Oord et al. 2016b, figure 1), stacking these masks leaves a blind spot: some
// pixels above and to the right are never seen, which costs likelihood but keeps every conditional exact.
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of PixelCNN.</summary>
public sealed record PixelCnnOptions : ModelOptions, IValidatableObject
{
    /// <summary>Values a channel of a pixel can have: 2 for black and white, 256 for bytes.</summary>
    [Range(2, 256)]
    public int Levels { get; init; } = 2;

    /// <summary>Residual blocks.</summary>
    [Range(0, 100)]
    public int Layers { get; init; } = 7;

    /// <summary>h, the channels of a block's middle convolution; between blocks there are 2h.</summary>
    [Range(1, 1024)]
    public int Channels { get; init; } = 32;

    /// <summary>Side of a block's middle convolution, odd; 3 in the paper. Each block sees half of it further
    /// up.</summary>
    [Range(1, 31)]
    public int Kernel { get; init; } = 3;

    /// <summary>Channels of the head's 1x1 convolutions.</summary>
    [Range(1, 4096)]
    public int Head { get; init; } = 64;

    /// <summary>Whether a learned map tells the network where in the image each pixel lies; the paper has
    /// none.</summary>
    public bool Positions { get; init; } = true;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Kernel % 2 == 0)
            yield return new ValidationResult("is odd: as far to the left as to the right", [nameof(Kernel)]);
    }
}

/// <summary>PixelCNN: a distribution over images whose every conditional is computed in one pass.</summary>
public sealed partial class PixelCnn : Layer, IDrawsSamples, IGivesDensity, ICompletesImages
{
    // PyTorch's weights shrink what passes a ReLU by sqrt(6), three times a block: half of the units then die in the
    // first steps.
    internal static readonly double LinearGain = Math.Sqrt(3), ReluGain = Math.Sqrt(6);
    internal static readonly double SmallGain = 0.3 * ReluGain; // blocks begin near the identity, outputs near 1/2

    private readonly ImageShape shape;
    private readonly LevelMaps levels;
    private readonly MaskedConv2d input;
    private readonly PositionMap? position;
    private readonly IReadOnlyList<PixelCnnBlock> blocks;
    private readonly MaskedConv2d hidden;
    private readonly MaskedConv2d output;

    /// <param name="options">Sizes and levels.</param>
    /// <param name="shape">Of one image; any size.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">There are fewer channels than the image has.</exception>
    public PixelCnn(PixelCnnOptions options, ImageShape shape, Rng rng)
    {
        var (c, h) = (shape.Channels, options.Channels);
        if (Math.Min(h, options.Head) < c)
            throw new ArgumentException($"{shape} has {c} channels, and each needs a channel of every layer: channels "
                + $"and head must be at least {c}.");
        this.shape = shape;
        levels = new LevelMaps(new PixelLevels(options.Levels));
        input = new MaskedConv2d(c, 2 * h, 7, MaskKind.A, rng, c, gain: LinearGain);
        position = options.Positions ? new PositionMap(2 * h, shape) : null;
        blocks = [.. Enumerable.Range(0, options.Layers).Select(_ => new PixelCnnBlock(h, options.Kernel, c, rng))];
        hidden = new MaskedConv2d(2 * h, options.Head, 1, MaskKind.B, rng, c, gain: ReluGain);
        output = new MaskedConv2d(options.Head, c * levels.PerChannel, 1, MaskKind.B, rng, c, gain: SmallGain);
        To(MemoryFormat.ChannelsLast);
    }

    /// <summary>What the image's levels are distributed as, given the pixels before.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <returns>Maps, (B, C * maps per channel, H, W); see <see cref="LevelMaps"/>.</returns>
    protected override Tensor Forward(Tensor x)
    {
        var h = input.Call(x.Contiguous(MemoryFormat.ChannelsLast)); // (B, 2h, H, W)
        h = position?.Call(h) ?? h;
        foreach (var block in blocks)
            h = block.Call(h);
        return output.Call(hidden.Call(h.Relu()).ReluInPlace());
    }

    /// <summary>Maximises the log-likelihood.</summary>
    internal static ITrainingTask Task(PixelCnn model, Optimizer optimizer) => new LikelihoodTask("pixelcnn", model,
        optimizer, (batch, _) => model.PixelLogProbabilities(batch.Images).Sum([-3, -2, -1]));

    public Tensor PixelLogProbabilities(Tensor images) => levels.LogProbabilities(images, Call(images));

    public Tensor Sample(int count, Rng rng, bool mean)
    {
        var x = Tensor.Zeros([count, shape.Channels, shape.Height, shape.Width], device: input.Weight.Device);
        RasterFilling.Fill(x, null, new Steps(this, count), rng);
        return mean ? NoGrad.Run(() => levels.Mean(Call(x), shape.Channels)) : x;
    }

    public string? WhyNotCompletable(bool[,] given) =>
        RasterFilling.WhyNotCompletable(given, shape.Height, shape.Width);

    public Tensor Complete(Tensor images, bool[,] given, Rng rng)
    {
        var x = RasterFilling.Begin(images, given, shape, levels.Levels);
        return RasterFilling.Fill(x, given, new Steps(this, images.Size(0)), rng);
    }

    /// <summary>One pixel's column through the network.</summary>
    private sealed class Steps(PixelCnn net, long batch) : IRasterSteps
    {
        private readonly ColumnCache input = net.input.Columns(batch, net.shape.Width);
        private readonly (ColumnCache Reduce, ColumnCache Middle, ColumnCache Expand)[] blocks = [.. net.blocks.Select(
            block => (block.Reduce.Columns(batch, net.shape.Width), block.Middle.Columns(batch, net.shape.Width),
                block.Expand.Columns(batch, net.shape.Width)))];
        private readonly ColumnCache hidden = net.hidden.Columns(batch, net.shape.Width);
        private readonly ColumnCache output = net.output.Columns(batch, net.shape.Width);

        public void StartRow(long i)
        {
            input.StartRow(net.position?.Row(i));
            foreach (var (_, middle, _) in blocks)
                middle.StartRow();
        }

        public void Keep(long j, Tensor pixel) => input.Put(j, pixel);

        public Tensor Maps(long j)
        {
            var h = input.Get(j);
            foreach (var (reduce, middle, expand) in blocks)
            {
                var inner = middle.Column(j, reduce.Column(j, h.Relu()).ReluInPlace());
                h = expand.Column(j, inner.ReluInPlace()).AddInPlace(h);
            }

            return output.Column(j, hidden.Column(j, h.ReluInPlace()).ReluInPlace()); // (B, maps)
        }

        public void Draw(long j, Tensor pixel, Rng rng) =>
            RasterFilling.DrawChannels(this, net.levels, j, pixel, rng);
    }
}

/// <summary>The residual block of figure 5, left: 2h channels to 2h channels.</summary>
internal sealed partial class PixelCnnBlock(int h, int kernel, int imageChannels, Rng rng) : Layer
{
    public MaskedConv2d Reduce { get; } = new(2 * h, h, 1, MaskKind.B, rng, imageChannels, gain: PixelCnn.ReluGain);

    public MaskedConv2d Middle { get; } = new(h, h, kernel, MaskKind.B, rng, imageChannels, gain: PixelCnn.ReluGain);

    public MaskedConv2d Expand { get; } = new(h, 2 * h, 1, MaskKind.B, rng, imageChannels, gain: PixelCnn.SmallGain);

    protected override Tensor Forward(Tensor x)
    {
        var inner = Middle.Call(Reduce.Call(x.Relu()).ReluInPlace());
        return x + Expand.Call(inner.ReluInPlace());
    }
}
