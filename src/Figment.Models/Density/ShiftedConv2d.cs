using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>
/// A convolution whose kernel lies to one side of the present pixel, so that it needs no mask: what it may see is
/// decided by where the zeros are added.
/// </summary>
public sealed partial class ShiftedConv2d : Layer
{
    private readonly long[] edges, stride;

    private ShiftedConv2d(long inChannels, long outChannels, Size2 kernelSize, long[] edges, long stride, Rng rng,
        double gain = 1)
    {
        this.edges = edges;
        this.stride = [stride, stride];
        Weight = new Parameter(Tensor.Empty([outChannels, inChannels, kernelSize.Height, kernelSize.Width]));
        Bias = new Parameter(Tensor.Empty([outChannels]));
        var bound = 1 / Math.Sqrt(Init.FanOf(Weight, Fan.In));
        Init.Uniform(Weight, rng, -bound * gain, bound * gain);
        Init.Uniform(Bias, rng, -bound, bound);
    }

    /// <summary>(out, in, rows, columns)</summary>
    public Parameter Weight { get; }

    /// <summary>(out)</summary>
    public Parameter Bias { get; }

    /// <summary>Columns of zeros at the left.</summary>
    internal long Left => edges[0];

    /// <summary>Columns of zeros at the right.</summary>
    internal long Right => edges[1];

    /// <summary>The distance between outputs in a row.</summary>
    internal long Stride => stride[1];

    /// <summary>Sees the present row and those above it, on both sides alike.</summary>
    /// <param name="inChannels">Channels of the input.</param>
    /// <param name="outChannels">Channels of the output.</param>
    /// <param name="rows">Rows of the kernel, the present one the last.</param>
    /// <param name="columns">Columns of the kernel, odd.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <param name="stride">2 halves both sides: the new pixel (r, c) stands for the old (2r, 2c).</param>
    /// <param name="gain">Times PyTorch's bound of the initial weights.</param>
    public static ShiftedConv2d Downward(long inChannels, long outChannels, long rows, long columns,
        Rng rng, long stride = 1, double gain = 1) =>
        new(inChannels, outChannels, (rows, columns), [columns / 2, columns / 2, rows - 1, 0], stride, rng, gain);

    /// <summary>Sees the rows above the present one, on both sides alike.</summary>
    /// <inheritdoc cref="Downward"/>
    public static ShiftedConv2d Above(long inChannels, long outChannels, long rows, long columns, Rng rng,
        double gain = 1) =>
        new(inChannels, outChannels, (rows, columns), [columns / 2, columns / 2, rows, -1], 1, rng, gain);

    /// <summary>Sees the present pixel, those left of it, and the same columns in the rows above.</summary>
    /// <inheritdoc cref="Downward"/>
    public static ShiftedConv2d DownRight(long inChannels, long outChannels, long rows,
        long columns, Rng rng, long stride = 1) =>
        new(inChannels, outChannels, (rows, columns), [columns - 1, 0, rows - 1, 0], stride, rng);

    /// <summary>Sees the columns left of the present one, in its row and in those above.</summary>
    /// <inheritdoc cref="Downward"/>
    public static ShiftedConv2d ToTheLeft(long inChannels, long outChannels, long rows, long columns, Rng rng) =>
        new(inChannels, outChannels, (rows, columns), [columns, -1, rows - 1, 0], 1, rng);

    /// <summary>The same for a sampler that goes pixel by pixel; only where nothing right of the present pixel is
    /// seen.</summary>
    internal ColumnCache Columns(long batch, long width) => Right > 0
        ? throw new InvalidOperationException("a kernel that sees pixels to the right goes row by row")
        : new(Weight.Detach().ConstantPadNd([0, -Right]), Bias.Detach(), Left, batch, width);

    /// <param name="input">(B, in, H, W)</param>
    /// <returns>(B, out, H / stride, W / stride)</returns>
    protected override Tensor Forward(Tensor input) => Ops.Conv2d(input.ConstantPadNd(edges), Weight, Bias, stride);
}

/// <summary>A shifted convolution for a sampler that goes row by row: it keeps as many rows of its input as it
/// sees.</summary>
internal sealed class RowCache
{
    private readonly ShiftedConv2d convolution;
    private readonly Tensor rows; // the latest, (B, kernel rows, W + zeros, in)
    private readonly Tensor weight, bias;

    /// <param name="convolution">Any shifted convolution.</param>
    /// <param name="batch">B</param>
    /// <param name="width">Pixels in a row of the input.</param>
    public RowCache(ShiftedConv2d convolution, long batch, long width)
    {
        this.convolution = convolution;
        (weight, bias) = (convolution.Weight.Detach(), convolution.Bias.Detach());
        rows = Tensor.Zeros([batch, weight.Size(2), width + convolution.Left + convolution.Right, weight.Size(1)],
            device: weight.Device);
    }

    /// <summary>Keeps a row and forgets the oldest.</summary>
    /// <param name="row">(B, in, 1, W)</param>
    public void Push(Tensor row)
    {
        var kept = rows.Size(1) - 1;
        if (kept > 0)
            rows.Narrow(1, 0, kept).CopyInPlace(rows.Narrow(1, 1, kept).Clone());
        rows.Select(1, kept).Narrow(1, convolution.Left, row.Size(3)).CopyInPlace(row.Select(2, 0).Transpose(1, 2));
    }

    /// <summary>The row of outputs that sees the kept rows.</summary>
    /// <returns>(B, out, 1, W / stride)</returns>
    public Tensor Get() => Ops.Conv2d(rows.Permute(0, 3, 1, 2), weight, bias, [1, convolution.Stride]);

    /// <summary>Keeps a row and gives the outputs that see it.</summary>
    /// <param name="row">(B, in, 1, W)</param>
    /// <returns>(B, out, 1, W / stride)</returns>
    public Tensor Row(Tensor row)
    {
        Push(row);
        return Get();
    }
}
