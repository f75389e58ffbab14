using Figment.Torch;

namespace Figment.Nn;

/// <summary>Widths added at the four edges; one number stands for all.</summary>
public readonly record struct Edges2(long Left, long Right, long Top, long Bottom)
{
    /// <summary>The same width at every edge.</summary>
    public static implicit operator Edges2(long width) => new(width, width, width, width);

    internal long[] ToArray() => [Left, Right, Top, Bottom];
}

/// <summary>Mirrors (B, C, H, W) at its edges; the edge pixel itself is not repeated.</summary>
public sealed class ReflectionPad2d(Edges2 edges) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => Ops.MirrorEdges(input, edges.ToArray());
}

/// <summary>Repeats the edge pixels of (B, C, H, W).</summary>
public sealed class ReplicationPad2d(Edges2 edges) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.ReplicationPad2d(edges.ToArray());
}

/// <summary>Surrounds (B, C, H, W) with zeros.</summary>
public sealed class ZeroPad2d(Edges2 edges) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.ConstantPadNd(edges.ToArray());
}
