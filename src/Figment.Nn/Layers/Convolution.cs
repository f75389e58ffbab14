using Figment.Torch;

namespace Figment.Nn;

/// <summary>What a convolution sees beyond the edges of its input.</summary>
public enum PaddingMode
{
    /// <summary>Zeros.</summary>
    Zeros,

    /// <summary>The input mirrored at the edge pixel.</summary>
    Reflect,

    /// <summary>The edge pixel repeated.</summary>
    Replicate,

    /// <summary>The opposite edge.</summary>
    Circular,
}

/// <summary>What convolutions of every dimension share: parameters, strides and PyTorch's initialisation.</summary>
public abstract partial class Convolution : Layer
{
    private protected Convolution(bool transposed, long inChannels, long outChannels, long[] kernel, long[] stride,
        long[] padding, long[] dilation, long groups, bool bias, Rng rng)
    {
        if (inChannels % groups != 0 || outChannels % groups != 0)
            throw new ArgumentException(
                $"{groups} groups divide neither {inChannels} input nor {outChannels} output channels evenly.",
                nameof(groups));
        (Kernel, Stride, Padding, Dilation, Groups) = (kernel, stride, padding, dilation, groups);
        long[] shape = transposed
            ? [inChannels, outChannels / groups, .. kernel]
            : [outChannels, inChannels / groups, .. kernel];
        Weight = new Parameter(Tensor.Empty(shape));
        var bound = 1 / Math.Sqrt(Init.FanOf(Weight, Fan.In));
        Init.Uniform(Weight, rng, -bound, bound);
        Bias = bias ? Init.UniformParameter(rng, bound, outChannels) : null;
    }

    /// <summary>(out, in / groups, kernel...); transposed (in, out / groups, kernel...).</summary>
    public Parameter Weight { get; }

    /// <summary>(out), or null.</summary>
    public Parameter? Bias { get; }

    private protected long[] Kernel { get; }

    private protected long[] Stride { get; }

    private protected long[] Padding { get; }

    private protected long[] Dilation { get; }

    private protected long Groups { get; }

    internal override bool ForgetsOutput => true;
}

/// <summary>A convolution whose padding may be other than zeros.</summary>
public abstract class PaddedConvolution : Convolution
{
    private readonly PaddingMode mode;
    private readonly long[] edges;

    private protected PaddedConvolution(long inChannels, long outChannels, long[] kernel, long[] stride, long[] padding,
        long[] dilation, long groups, bool bias, PaddingMode mode, Rng rng)
        : base(false, inChannels, outChannels, kernel, stride,
            mode == PaddingMode.Zeros ? padding : new long[kernel.Length], dilation, groups, bias, rng)
    {
        this.mode = mode;
        edges = [.. padding.Reverse().SelectMany(size => new[] { size, size })];
    }

    private protected override bool IsPrimitive => mode == PaddingMode.Zeros;

    private protected Tensor Pad(Tensor input) => mode switch
    {
        PaddingMode.Reflect when input.Rank == 4 && edges.Length == 4 => Ops.MirrorEdges(input, edges),
        PaddingMode.Reflect => input.Pad(edges, "reflect"),
        PaddingMode.Replicate => input.Pad(edges, "replicate"),
        PaddingMode.Circular => input.Pad(edges, "circular"),
        _ => input,
    };
}

/// <summary>Convolution over one dimension: (B, C, L) to (B, C', L').</summary>
public sealed class Conv1d(long inChannels, long outChannels, long kernelSize, Rng rng, long stride = 1,
    long padding = 0, long dilation = 1, long groups = 1, bool bias = true, PaddingMode paddingMode = PaddingMode.Zeros)
    : PaddedConvolution(inChannels, outChannels, [kernelSize], [stride], [padding], [dilation], groups, bias,
        paddingMode, rng)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) =>
        MixedPrecision.Apply(Pad(input), Weight, Bias,
            (x, w, b) => Ops.Conv1d(x, w, b, Stride, Padding, Dilation, Groups));
}

/// <summary>Convolution over two dimensions: (B, C, H, W) to (B, C', H', W').</summary>
/// <remarks>Its second derivatives, which a gradient penalty needs, are convolutions as fast as its first.</remarks>
public sealed class Conv2d(long inChannels, long outChannels, Size2 kernelSize, Rng rng, Size2? stride = null,
    Size2? padding = null, Size2? dilation = null, long groups = 1, bool bias = true,
    PaddingMode paddingMode = PaddingMode.Zeros)
    : PaddedConvolution(inChannels, outChannels, kernelSize.ToArray(), (stride ?? 1).ToArray(),
        (padding ?? 0).ToArray(), (dilation ?? 1).ToArray(), groups, bias, paddingMode, rng)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) =>
        MixedPrecision.Apply(Pad(input), Weight, Bias,
            (x, w, b) => x.Rank == 4 ? Ops.Convolve2d(x, w, b, Stride, Padding, Dilation, Groups)
                : Ops.Conv2d(x, w, b, Stride, Padding, Dilation, Groups));
}

/// <summary>Convolution over three dimensions: (B, C, D, H, W) to (B, C', D', H', W').</summary>
public sealed class Conv3d(long inChannels, long outChannels, Size3 kernelSize, Rng rng, Size3? stride = null,
    Size3? padding = null, Size3? dilation = null, long groups = 1, bool bias = true,
    PaddingMode paddingMode = PaddingMode.Zeros)
    : PaddedConvolution(inChannels, outChannels, kernelSize.ToArray(), (stride ?? 1).ToArray(),
        (padding ?? 0).ToArray(), (dilation ?? 1).ToArray(), groups, bias, paddingMode, rng)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) =>
        MixedPrecision.Apply(Pad(input), Weight, Bias,
            (x, w, b) => Ops.Conv3d(x, w, b, Stride, Padding, Dilation, Groups));
}
