using Figment.Torch;

namespace Figment.Nn;

/// <summary>
/// The transpose of a convolution. Its output has (in - 1) * stride - 2 * padding + dilation * (kernel - 1) +
/// outputPadding + 1 elements a dimension.
/// </summary>
public abstract class TransposedConvolution : Convolution
{
    private protected TransposedConvolution(long inChannels, long outChannels, long[] kernel, long[] stride,
        long[] padding, long[] outputPadding, long[] dilation, long groups, bool bias, Rng rng)
        : base(true, inChannels, outChannels, kernel, stride, padding, dilation, groups, bias, rng) =>
        OutputPadding = outputPadding;

    private protected override bool IsPrimitive => true;

    private protected long[] OutputPadding { get; }
}

/// <summary>Transposed convolution over one dimension: (B, C, L) to (B, C', L').</summary>
public sealed class ConvTranspose1d(long inChannels, long outChannels, long kernelSize, Rng rng, long stride = 1,
    long padding = 0, long outputPadding = 0, long groups = 1, bool bias = true, long dilation = 1)
    : TransposedConvolution(inChannels, outChannels, [kernelSize], [stride], [padding], [outputPadding], [dilation],
        groups, bias, rng)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) =>
        Ops.ConvTranspose1d(input, Weight, Bias, Stride, Padding, OutputPadding, Groups, Dilation);
}

/// <summary>Transposed convolution over two dimensions: (B, C, H, W) to (B, C', H', W').</summary>
/// <remarks>
/// libtorch 1.x has no fast kernel for it on a CPU, but has them for convolutions and their gradients, which are the
/// same maps (ADR 10). It also answers a channels-last input in contiguous layout; the layer restores the layout of its
/// weight, which the next one repays.
/// </remarks>
public sealed class ConvTranspose2d(long inChannels, long outChannels, Size2 kernelSize, Rng rng, Size2? stride = null,
    Size2? padding = null, Size2? outputPadding = null, long groups = 1, bool bias = true, Size2? dilation = null)
    : TransposedConvolution(inChannels, outChannels, kernelSize.ToArray(), (stride ?? 1).ToArray(),
        (padding ?? 0).ToArray(), (outputPadding ?? 0).ToArray(), (dilation ?? 1).ToArray(), groups, bias, rng)
{
    private static readonly bool IsVersion1 = LibTorch.Version.StartsWith("1.", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input)
    {
        var output = ConvolutionsAreFaster(input)
            ? Ops.TransposedConv2d(input, Weight, Stride, Padding, OutputPadding, Dilation, Bias)
            : Ops.ConvTranspose2d(input, Weight, Bias, Stride, Padding, OutputPadding, Groups, Dilation);
        if (Weight.IsContiguous() || output.IsContiguous(MemoryFormat.ChannelsLast))
            return output;
        var restored = output.Contiguous(MemoryFormat.ChannelsLast);
        output.Dispose();
        return restored;
    }

    private bool ConvolutionsAreFaster(Tensor input) => IsVersion1
        && input is { Rank: 4, DType: DType.Float32, Device.IsCuda: false } && Groups == 1
        && OutputPadding.Zip(Stride).All(pair => pair.First < pair.Second);
}

/// <summary>Transposed convolution over three dimensions: (B, C, D, H, W) to (B, C', D', H', W').</summary>
public sealed class ConvTranspose3d(long inChannels, long outChannels, Size3 kernelSize, Rng rng, Size3? stride = null,
    Size3? padding = null, Size3? outputPadding = null, long groups = 1, bool bias = true, Size3? dilation = null)
    : TransposedConvolution(inChannels, outChannels, kernelSize.ToArray(), (stride ?? 1).ToArray(),
        (padding ?? 0).ToArray(), (outputPadding ?? 0).ToArray(), (dilation ?? 1).ToArray(), groups, bias, rng)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) =>
        Ops.ConvTranspose3d(input, Weight, Bias, Stride, Padding, OutputPadding, Groups, Dilation);
}
