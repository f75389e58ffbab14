using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Tests;

/// <summary>x = W z + b + noise, for which log p(x) = log N(x; b, W W^T + sigma^2 I) is known.</summary>
internal sealed class LinearGaussian : IDisposable
{
    private const double Sigma = 0.5;
    private readonly Tensor covariance, b;

    public LinearGaussian(Rng rng, bool exactPosterior)
    {
        const int d = 6, j = 2;
        Model = Vae.FullyConnected(new VaeOptions { Latent = j, Hidden = [1], Pixels = new GaussianPixels { Sigma = Sigma } }, new ImageShape(1, 2, 3), rng);
        Model.Dispose();
        Linear encode = new(d, 2 * j, rng), decode = new(j, d, rng);
        var (q, _) = Ops.LinalgQr(rng.Normal([d, j], dtype: DType.Float64));
        var w = q * Tensor.From([1.5, 0.8], 1, j); // orthogonal columns
        b = rng.Normal([d], 0.5, 0.2, DType.Float64).Own();
        covariance = (w.MatMul(w.T()) + (Sigma * Sigma * Ops.Eye(d, DType.Float64))).Own();
        var precision = 1 + (w.Square().Sum(0) / (Sigma * Sigma)); // of z given x, diagonal: (J)
        var gain = w.T() / (precision.Unsqueeze(1) * (Sigma * Sigma)); // mu = gain (x - b)
        if (!exactPosterior) gain = gain * 0.5;
        var logVar = -precision.Log() + (exactPosterior ? 0 : 0.7);
        Model = new Vae(new Sequential(new Flatten(), encode), new Sequential(decode, new Unflatten(1, 1, 2, 3)), new GaussianPixels { Sigma = Sigma }, j);
        Model.To(DType.Float64);
        Model.LoadStateDict(new Dictionary<string, Tensor>
        {
            ["encoder.1.weight"] = Ops.Cat([gain, Tensor.Zeros([j, d], DType.Float64)]),
            ["encoder.1.bias"] = Ops.Cat([-gain.MatMul(b), logVar]),
            ["decoder.0.weight"] = w,
            ["decoder.0.bias"] = b,
        });
    }

    public Vae Model { get; }

    public Tensor LogProbability(Tensor x)
    {
        var centred = x.Flatten(1) - b; // (B, D)
        var mahalanobis = (centred * Ops.LinalgSolve(covariance, centred.T()).T()).Sum(1);
        return -0.5 * (mahalanobis + Ops.LinalgSlogdet(covariance).Logabsdet + (6 * Math.Log(2 * Math.PI)));
    }

    public void Dispose()
    {
        Model.Dispose();
        covariance.Dispose();
        b.Dispose();
    }
}
