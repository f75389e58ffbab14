using Figment.Torch;

namespace Figment.Models.Latent;

/// <summary>N(mu, diag(exp(logVar))): the approximate posterior q(z|x) of a variational autoencoder.</summary>
/// <param name="Mu">Mean, (B, J).</param>
/// <param name="LogVar">Logarithm of the variance, (B, J).</param>
public sealed record DiagonalGaussian(Tensor Mu, Tensor LogVar)
{
    private const double LogTwoPi = 1.8378770664093453;

    /// <summary>z = mu + sigma * epsilon, differentiable in mu and sigma (Kingma and Welling 2014, section
    /// 2.4).</summary>
    /// <param name="epsilon">Noise from N(0, I), (..., B, J).</param>
    /// <returns>(..., B, J)</returns>
    public Tensor Sample(Tensor epsilon) => Mu + ((0.5 * LogVar).Exp() * epsilon);

    /// <summary>KL(q || N(0, I)) in closed form (appendix B).</summary>
    /// <returns>Nats, (B).</returns>
    public Tensor KlToStandardNormal() => -0.5 * (1 + LogVar - Mu.Square() - LogVar.Exp()).Sum(-1);

    /// <summary>log q(z).</summary>
    /// <param name="z">(..., B, J)</param>
    /// <returns>Nats, (..., B).</returns>
    public Tensor LogProbability(Tensor z) =>
        -0.5 * (LogTwoPi + LogVar + ((z - Mu).Square() * (-LogVar).Exp())).Sum(-1);

    /// <summary>log q(z) of the draw z = <see cref="Sample"/>(epsilon), which needs no z: (z - mu) / sigma is
    /// epsilon.</summary>
    /// <param name="epsilon">(..., B, J)</param>
    /// <returns>Nats, (..., B).</returns>
    public Tensor LogProbabilityOfNoise(Tensor epsilon) =>
        LogStandardNormal(epsilon.To(LogVar.DType)) - (0.5 * LogVar).Sum(-1);

    /// <summary>log N(z; 0, I), the prior p(z).</summary>
    /// <param name="z">(..., J)</param>
    /// <returns>Nats, (...).</returns>
    public static Tensor LogStandardNormal(Tensor z) => -0.5 * (LogTwoPi + z.Square()).Sum(-1);
}
