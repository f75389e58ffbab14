using Figment.Torch;

namespace Figment.Nn;

/// <summary>Normalises groups of channels of each example (Wu and He 2018): (B, C, ...) to the same shape.</summary>
public sealed partial class GroupNorm : PrimitiveLayer
{
    private readonly long groups;
    private readonly double eps;

    /// <summary>Weight 1, bias 0.</summary>
    /// <param name="groups">How many groups; divides <paramref name="channels"/>.</param>
    /// <param name="channels">The input's second dimension.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="affine">Whether a weight and a bias are learned.</param>
    public GroupNorm(long groups, long channels, double eps = 1e-5, bool affine = true)
    {
        if (channels % groups != 0)
            throw new ArgumentException($"{groups} groups do not divide {channels} channels evenly.", nameof(groups));
        (this.groups, this.eps) = (groups, eps);
        Weight = affine ? new Parameter(Tensor.Ones([channels])) : null;
        Bias = affine ? new Parameter(Tensor.Zeros([channels])) : null;
    }

    /// <summary>(channels), 1 at first; null without affine.</summary>
    public Parameter? Weight { get; }

    /// <summary>(channels), 0 at first; null without affine.</summary>
    public Parameter? Bias { get; }

    internal override bool ForgetsOutput => true;

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => Ops.GroupNorm(input, groups, Weight, Bias, eps);
}
