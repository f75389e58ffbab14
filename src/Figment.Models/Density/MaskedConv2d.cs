using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>What a masked convolution may see of the pixel it stands on (van den Oord et al. 2016, section
/// 3.1).</summary>
public enum MaskKind
{
    /// <summary>Of the present pixel only the channels before its own: for the layer that reads the image.</summary>
    A,

    /// <summary>Its own channel too: for every later layer.</summary>
    B,
}

/// <summary>
/// A convolution that sees only what comes before in raster order: rows above, pixels to the left and, at the present
/// pixel, what <see cref="MaskKind"/> allows. Channels come in groups, one for each channel of the image, in order.
/// </summary>
/// <remarks>
/// What is masked in every case is neither stored nor computed: the rows below and, in a kernel of one row, the columns
/// to the right. A 7x7 kernel is kept as 4x7, a 1x3 kernel as 1x2.
/// </remarks>
public sealed partial class MaskedConv2d : Layer
{
    private readonly long[] edges;
    private readonly bool isMasked;

    /// <param name="inChannels">Channels of the input; with an image of C channels the first of C even groups belongs
    /// to the first channel, and so on.</param>
    /// <param name="outChannels">Channels of the output, a multiple of <paramref name="parts"/>.</param>
    /// <param name="kernelSize">Odd height and width, counted as if nothing were masked.</param>
    /// <param name="kind">Whether the present pixel's own channel is seen.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <param name="imageChannels">C, the channels of the image.</param>
    /// <param name="parts">The output comes in this many equal parts, each with all groups: the gates of a gated
    /// layer.</param>
    /// <param name="bias">Whether there is one.</param>
    /// <param name="gain">Times PyTorch's bound of the initial weights; sqrt(6) keeps the size of what passes a ReLU
    /// (He et al. 2015), and then biases begin at 0.</param>
    public MaskedConv2d(long inChannels, long outChannels, Size2 kernelSize, MaskKind kind, Rng rng,
        long imageChannels = 1, long parts = 1, bool bias = true, double? gain = null)
    {
        var (height, width) = (kernelSize.Height, kernelSize.Width);
        if (height % 2 == 0 || width % 2 == 0)
            throw new ArgumentException($"a masked kernel needs odd sides, not {height}x{width}", nameof(kernelSize));
        if (outChannels % parts != 0)
            throw new ArgumentException($"{outChannels} channels do not come in {parts} equal parts", nameof(parts));
        (RowsAbove, ColumnsLeft) = (height / 2, width / 2);
        var right = height == 1 ? 0 : ColumnsLeft;
        edges = [ColumnsLeft, right, RowsAbove, 0];

        long[] shape = [outChannels, inChannels, RowsAbove + 1, ColumnsLeft + 1 + right];
        var mask = MaskOf(shape, kind, imageChannels, outChannels / parts, ColumnsLeft);
        isMasked = mask.Contains(0f);
        Mask = new Nn.Buffer(Tensor.From(mask, shape));
        Weight = new Parameter(Tensor.Empty(shape));
        // Uniform as every convolution of PyTorch, but by the inputs that a unit has after masking, on average.
        var bound = 1 / Math.Sqrt(Math.Max(1, mask.Sum() / outChannels));
        Init.Uniform(Weight, rng, -bound * (gain ?? 1), bound * (gain ?? 1));
        if (!bias)
            return;
        Bias = new Parameter(Tensor.Zeros([outChannels]));
        if (gain is null) Init.Uniform(Bias, rng, -bound, bound);
    }

    /// <summary>(out, in, rows above + 1, columns), before masking.</summary>
    public Parameter Weight { get; }

    /// <summary>(out), or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>1 where the weight counts, 0 elsewhere; the weight's shape.</summary>
    public Nn.Buffer Mask { get; }

    /// <summary>How many rows above the present one are seen; the kernel's last row is the present one.</summary>
    public long RowsAbove { get; }

    /// <summary>How many columns to the left are seen; the present pixel is at this column of the kernel.</summary>
    public long ColumnsLeft { get; }

    /// <summary>The weight with zeros where it is masked.</summary>
    public Tensor MaskedWeight() => isMasked ? Weight * Mask : Weight;

    /// <summary>The same for a sampler that goes pixel by pixel.</summary>
    /// <param name="batch">B, images drawn together.</param>
    /// <param name="width">Pixels in a row.</param>
    internal ColumnCache Columns(long batch, long width) =>
        new(MaskedWeight().Detach(), Bias?.Detach(), ColumnsLeft, batch, width);

    /// <param name="input">(B, in, H, W)</param>
    /// <returns>(B, out, H, W)</returns>
    protected override Tensor Forward(Tensor input)
    {
        var sees = RowsAbove + ColumnsLeft > 0 ? input.ConstantPadNd(edges) : input;
        return Ops.Conv2d(sees, MaskedWeight(), Bias);
    }

    private static float[] MaskOf(long[] shape, MaskKind kind, long groups, long outInPart, long center)
    {
        var mask = new float[shape[0] * shape[1] * shape[2] * shape[3]];
        var i = 0;
        for (var o = 0L; o < shape[0]; o++)
            for (var c = 0L; c < shape[1]; c++)
                for (var row = 0L; row < shape[2]; row++)
                    for (var column = 0L; column < shape[3]; column++)
                    {
                        var (to, from) = (o % outInPart * groups / outInPart, c * groups / shape[1]);
                        var isHere = row == shape[2] - 1 && column == center;
                        var isBefore = row < shape[2] - 1 || column < center;
                        mask[i++] = isBefore || (isHere && (from < to || (kind == MaskKind.B && from == to))) ? 1 : 0;
                    }

        return mask;
    }
}
