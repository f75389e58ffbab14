using Figment.Torch;

namespace Figment.Nn;

/// <summary>y = x W^T + b over the last dimension.</summary>
public sealed partial class Linear : PrimitiveLayer
{
    /// <summary>Draws weight and bias uniformly within 1 / sqrt(inputs), as PyTorch does.</summary>
    /// <param name="inFeatures">Size of the input's last dimension.</param>
    /// <param name="outFeatures">Size of the output's last dimension.</param>
    /// <param name="rng">Where the initial values come from.</param>
    /// <param name="bias">Whether to add a learned bias.</param>
    public Linear(long inFeatures, long outFeatures, Rng rng, bool bias = true)
    {
        var bound = 1 / Math.Sqrt(inFeatures);
        Weight = Init.UniformParameter(rng, bound, outFeatures, inFeatures);
        Bias = bias ? Init.UniformParameter(rng, bound, outFeatures) : null;
    }

    /// <summary>(outFeatures, inFeatures).</summary>
    public Parameter Weight { get; }

    /// <summary>(outFeatures), or null.</summary>
    public Parameter? Bias { get; }

    internal override bool ForgetsOutput => true;

    /// <summary>
    /// The layer applied to the Gaussian error linear unit of the input, for the wide middle of a transformer's
    /// block: the backward pass keeps the input alone and computes gelu(input) again, one pass over it.
    /// </summary>
    /// <param name="input">
    /// As of <see cref="Module{TIn,TOut}.Call"/>; it must not be changed before the backward pass.
    /// </param>
    /// <param name="tanh">Whether to use the hyperbolic-tangent approximation, as GPT-2 does.</param>
    public Tensor CallOnGelu(Tensor input, bool tanh = false)
    {
        ArgumentNullException.ThrowIfNull(input);
        var approximate = tanh ? "tanh" : "none";
        if (NoGrad.IsOn || MixedPrecision.IsOn)
            return TensorScope.Run(() => Call(input.Gelu(approximate)));
        var output = Ops.GeluLinear(input, Weight, Bias, approximate);
        CallTrace.Note(this, input, output);
        return output;
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => MixedPrecision.IsOn
        ? MixedPrecision.Apply(input, Weight, Bias, Ops.Linear)
        : Bias is not null && IsOneRow(input) ? OfOneRow(input, Bias) : Ops.Linear(input, Weight, Bias);

    private bool IsOneRow(Tensor input) =>
        input.Rank > 0 && input.Count == Weight.Size(1) && input.Size(-1) == input.Count;

    // A BLAS rearranges the matrix before a product, which takes longer than the whole product of one row.
    private Tensor OfOneRow(Tensor input, Tensor bias) => TensorScope.Run(() =>
    {
        Span<long> shape = stackalloc long[input.Rank];
        input.Shape.CopyTo(shape);
        shape[^1] = bias.Count;
        return bias.Addmv(Weight, input.Reshape(-1)).View(shape);
    });
}
