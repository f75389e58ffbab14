using Figment.Torch;

namespace Figment.Nn;

/// <summary>Joins the dimensions from <paramref name="startDim"/> to <paramref name="endDim"/> into one.</summary>
public sealed class Flatten(int startDim = 1, int endDim = -1) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Flatten(startDim, endDim);
}

/// <summary>Splits one dimension into several.</summary>
/// <param name="dim">The dimension; negative counts from the end.</param>
/// <param name="sizes">Sizes of the new dimensions; their product is the old one's size.</param>
public sealed class Unflatten(int dim, params long[] sizes) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var at = dim < 0 ? dim + input.Rank : dim;
        return input.Reshape([.. input.Shape[..at], .. sizes, .. input.Shape[(at + 1)..]]);
    }
}

/// <summary>Answers its input.</summary>
public sealed class Identity : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input;
}
