using Figment.Torch;

namespace Figment.Nn;

/// <summary>A table of vectors looked up by index: (...) Int64 to (..., dimension).</summary>
public sealed partial class Embedding : PrimitiveLayer
{
    private readonly long paddingIndex;

    /// <summary>Draws the table from a standard normal distribution, as PyTorch does.</summary>
    /// <param name="count">How many vectors.</param>
    /// <param name="dimension">Their length.</param>
    /// <param name="rng">Where the initial values come from.</param>
    /// <param name="paddingIndex">A row that starts as zeros and gets no gradient.</param>
    public Embedding(long count, long dimension, Rng rng, long? paddingIndex = null)
    {
        this.paddingIndex = paddingIndex ?? -1;
        Weight = new Parameter(Tensor.Empty([count, dimension]));
        Init.Normal(Weight, rng);
        if (paddingIndex is { } row)
            NoGrad.Run(() => TensorScope.Run(() => { Weight.Select(0, row).ZeroInPlace(); }));
    }

    /// <summary>(count, dimension).</summary>
    public Parameter Weight { get; }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => Ops.Embedding(Weight, input, paddingIndex);
}
