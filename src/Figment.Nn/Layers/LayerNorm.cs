using Figment.Torch;

namespace Figment.Nn;

/// <summary>Normalises over the last dimensions of each example (Ba et al. 2016).</summary>
public sealed partial class LayerNorm : PrimitiveLayer
{
    private readonly long[] normalizedShape;
    private readonly double eps;

    /// <summary>Normalises over the last dimension.</summary>
    /// <param name="size">The last dimension's size.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="affine">Whether a weight and a bias are learned.</param>
    public LayerNorm(long size, double eps = 1e-5, bool affine = true) : this([size], eps, affine)
    {
    }

    /// <summary>Normalises over the last dimensions, of the given sizes.</summary>
    public LayerNorm(ReadOnlySpan<long> normalizedShape, double eps = 1e-5, bool affine = true)
    {
        (this.normalizedShape, this.eps) = (normalizedShape.ToArray(), eps);
        Weight = affine ? new Parameter(Tensor.Ones(normalizedShape)) : null;
        Bias = affine ? new Parameter(Tensor.Zeros(normalizedShape)) : null;
    }

    /// <summary>Of the normalised shape, 1 at first; null without affine.</summary>
    public Parameter? Weight { get; }

    /// <summary>Of the normalised shape, 0 at first; null without affine.</summary>
    public Parameter? Bias { get; }

    internal override bool ForgetsOutput => true;

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => Ops.LayerNorm(input, normalizedShape, Weight, Bias, eps);
}
