using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>Black and white pixels given as logits.</summary>
internal static class BinaryPixels
{
    /// <summary>log p(x) = x l - softplus(l), element by element.</summary>
    public static Tensor LogProbability(Tensor x, Tensor logits) => Ops.BernoulliLogLikelihood(logits, x);
}
