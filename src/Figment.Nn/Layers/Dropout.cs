using Figment.Torch;

namespace Figment.Nn;

/// <summary>
/// In training sets each element to 0 with probability p and scales the rest by 1 / (1 - p); in evaluation does nothing
/// (Srivastava et al. 2014). While training it must be called with an <see cref="Rng"/>.
/// </summary>
public sealed class Dropout : StochasticLayer
{
    private readonly double p;

    /// <summary>Takes the probability.</summary>
    /// <param name="p">Probability that an element is dropped, in [0, 1).</param>
    public Dropout(double p = 0.5)
    {
        if (p is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(p), p, "A dropout probability lies in [0, 1).");
        this.p = p;
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input, Rng? rng)
    {
        if (!IsTraining || p == 0)
            return input;
        return Drop(input, p, rng ?? throw new InvalidOperationException("Dropout draws random numbers while training: "
            + "call it, and the modules around it, with an Rng, or Eval()."));
    }

    /// <summary>The input with elements dropped with probability p and the rest scaled by 1 / (1 - p).</summary>
    /// <remarks>A mask from uniform numbers and a comparison is several times faster than Bernoulli draws.</remarks>
    internal static Tensor Drop(Tensor input, double p, Rng rng) =>
        input * (rng.Uniform(input.Shape) >= p).To(input.DType).MulInPlace(1 / (1 - p));
}
