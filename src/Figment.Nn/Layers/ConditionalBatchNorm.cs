using Figment.Torch;

namespace Figment.Nn;

/// <summary>
/// Batch normalisation whose scale and shift come from a condition (de Vries et al. 2017,
/// https://arxiv.org/abs/1707.00683): y = gamma(c) (x - mean) / sqrt(var + eps) + beta(c), gamma(c) = 1 + W_gamma c,
/// beta(c) = W_beta c. With a one-hot condition each class has a gamma and a beta of its own. (B, C, H, W) and
/// (B, condition) to (B, C, H, W).
/// </summary>
public sealed partial class ConditionalBatchNorm2d : Module<(Tensor X, Tensor Condition), Tensor>
{
    private readonly BatchNorm2d norm;
    private readonly Layer gamma, beta;

    /// <summary>Begins as plain batch normalisation where the maps begin at zero.</summary>
    /// <param name="channels">C.</param>
    /// <param name="gamma">(B, condition) to (B, C): what is added to a scale of 1.</param>
    /// <param name="beta">(B, condition) to (B, C): the shift.</param>
    public ConditionalBatchNorm2d(long channels, Layer gamma, Layer beta)
    {
        norm = new BatchNorm2d(channels, affine: false);
        (this.gamma, this.beta) = (gamma, beta);
    }

    /// <inheritdoc/>
    protected override Tensor Forward((Tensor X, Tensor Condition) input)
    {
        var (x, c) = (norm.Call(input.X), input.Condition);
        Tensor Each(Layer map) => map.Call(c).Unsqueeze(-1).Unsqueeze(-1); // (B, C, 1, 1)
        return Each(beta).Addcmul(x, 1 + Each(gamma));
    }
}
