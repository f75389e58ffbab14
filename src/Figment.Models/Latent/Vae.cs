// Auto-Encoding Variational Bayes. D. P. Kingma, M. Welling, 2014. https://arxiv.org/abs/1312.6114
//
//   L(x) = E_q(z|x) [ log p(x|z) ] - KL( q(z|x) || p(z) )  <=  log p(x)          (equation 3)
//
// Deviations from the paper: Adam instead of Adagrad, ReLU instead of tanh unless asked for, any number of hidden
// layers. The networks here are fully connected; ConvVae.cs makes convolutional ones for the same model.
//
//   encoder  x -> mu, logVar     q(z|x) = N(mu, diag(exp(logVar)))                (equation 9)
//   decoder  z -> maps           p(x|z), Bernoulli or Gaussian pixels             (appendix C)
//   beta     weight of the KL    1 is the paper; others: Higgins et al. 2017
using System.ComponentModel.DataAnnotations;
using Figment.Data;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>Options of the fully connected variational autoencoder.</summary>
public sealed record VaeOptions : ModelOptions
{
    /// <summary>Numbers in the latent code z.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 20;

    /// <summary>Units of the encoder's hidden layers, first to last; the decoder has the same, reversed.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Hidden { get; init; } = [400];

    /// <summary>What follows each hidden layer.</summary>
    public Nonlinearity Nonlinearity { get; init; } = Nonlinearity.Relu;

    /// <summary>p(x|z), pixel by pixel.</summary>
    public PixelDistribution Pixels { get; init; } = new BernoulliPixels();

    /// <summary>Weight of the KL term; 1 is the bound on log p(x).</summary>
    [Range(0.0, 1000.0)]
    public double Beta { get; init; } = 1;
}

/// <summary>The variational autoencoder: q(z|x), p(x|z) and the prior p(z) = N(0, I).</summary>
public sealed partial class Vae : Module, IDrawsSamples, IScoresExamples, IEncodesImages, IGivesPosterior
{
    private readonly Sequential encoder; // x (B, C, H, W) -> mu, logVar (B, 2 J)
    private readonly Sequential decoder; // z (B, J) -> maps (B, M C, H, W)
    private readonly PixelDistribution pixels;

    /// <param name="encoder">(B, C, H, W) to (B, 2 J).</param>
    /// <param name="decoder">(B, J) to (B, M C, H, W), M maps a channel as <paramref name="pixels"/> wants
    /// them.</param>
    /// <param name="pixels">What the decoder's maps mean.</param>
    /// <param name="latentSize">J, the numbers in one code.</param>
    public Vae(Sequential encoder, Sequential decoder, PixelDistribution pixels, int latentSize) =>
        (this.encoder, this.decoder, this.pixels, LatentSize) = (encoder, decoder, pixels, latentSize);

    /// <summary>J, the numbers in one code.</summary>
    public int LatentSize { get; }

    public double? PriorSigma => 1;

    /// <summary>The fully connected networks of the paper.</summary>
    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public static Vae FullyConnected(VaeOptions options, ImageShape shape, Rng rng)
    {
        var networks = CodingNetworks.FullyConnected(shape, options.Hidden, options.Nonlinearity,
            2 * options.Latent, options.Latent, options.Pixels.MapsPerChannel, rng);
        return new Vae(networks.Encoder, networks.Decoder, options.Pixels, options.Latent);
    }

    /// <summary>q(z|x).</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    public DiagonalGaussian Posterior(Tensor x)
    {
        var h = encoder.Call(x).Chunk(2, 1); // 2 of (B, J)
        return new DiagonalGaussian(h[0], h[1]);
    }

    /// <summary>The bound's two terms for each image: log p(x|z) with one z ~ q(z|x), and the KL in closed form
    /// (the estimator of equation 7).</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <param name="epsilon">The noise of z, (B, J), from N(0, I).</param>
    /// <returns>Nats, (B) each; their difference is the bound.</returns>
    public (Tensor LogPxz, Tensor Kl) Terms(Tensor x, Tensor epsilon)
    {
        var q = Posterior(x);
        var z = q.Sample(epsilon);
        return (pixels.LogProbability(x, decoder.Call(z)), q.KlToStandardNormal());
    }

    public Tensor LowerBound(Tensor images, Rng rng)
    {
        var (logPxz, kl) = Terms(images, rng.Normal([images.Size(0), LatentSize]));
        return logPxz - kl;
    }

    /// <summary>The logarithms of the importance weights, log w_k = log p(x, z_k) - log q(z_k|x) with z_k ~ q(z|x):
    /// each alone is in expectation the bound, and log 1/K sum_k w_k is a tighter one (Burda et al. 2016, equations 7
    /// and 8).</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <param name="epsilon">The noise of the z_k, (K, B, J), from N(0, I).</param>
    /// <returns>Nats, (K, B), differentiable in all parameters.</returns>
    public Tensor LogWeights(Tensor x, Tensor epsilon)
    {
        var (k, b, j) = (epsilon.Size(0), epsilon.Size(1), epsilon.Size(2));
        var q = Posterior(x);
        var z = q.Sample(epsilon); // (K, B, J)
        var maps = decoder.Call(z.View(k * b, j)); // (K B, M C, H, W)
        var logPxz = pixels.LogProbability(x, maps.View(k, b, maps.Size(1), maps.Size(2), maps.Size(3))); // (K, B)
        return logPxz + DiagonalGaussian.LogStandardNormal(z) - q.LogProbabilityOfNoise(epsilon);
    }

    /// <summary>log 1/K sum_k w_k, the bound of K samples (Burda et al. 2016, equation 8).</summary>
    /// <param name="logW">The weights' logarithms, (K, B).</param>
    /// <returns>Nats, (B).</returns>
    public static Tensor ImportanceBound(Tensor logW)
    {
        ArgumentNullException.ThrowIfNull(logW);
        return logW.LogSumExp(0) - Math.Log(logW.Size(0));
    }

    public Tensor LogLikelihood(Tensor images, Rng rng, int draws)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, 1);
        return ImportanceBound(LogWeights(images, rng.Normal([draws, images.Size(0), LatentSize])));
    }

    public Tensor Sample(int count, Rng rng, bool mean)
    {
        var maps = decoder.Call(rng.Normal([count, LatentSize])); // z ~ p(z)
        return mean ? pixels.Mean(maps) : pixels.Draw(maps, rng);
    }

    public Tensor Encode(Tensor images) => Posterior(images).Mu;

    public Tensor Decode(Tensor z) => pixels.Mean(decoder.Call(z));

    public Tensor Reconstruct(Tensor images, Rng? rng)
    {
        var q = Posterior(images);
        return Decode(rng is null ? q.Mu : q.Sample(rng.Normal(q.Mu.Shape)));
    }
}

/// <summary>Trains a variational autoencoder: gradient ascent on the mean bound of a batch.</summary>
/// <param name="beta">Weight of the KL term.</param>
public sealed class VaeTask(Vae vae, Optimizer optimizer, double beta) : ITrainingTask
{
    private readonly Player player = new("vae", optimizer, vae);

    public Module Module => vae;

    public IReadOnlyList<Player> Players => [player];

    public void Step(Batch batch, StepContext step) => step.Minimize(player, () =>
    {
        var epsilon = step.Rng.Normal([batch.Images.Size(0), vae.LatentSize]);
        var (logPxz, kl) = vae.Terms(batch.Images, epsilon);
        var (reconstruction, divergence) = (-logPxz.Mean(), kl.Mean());
        step.Log("reconstruction", reconstruction);
        step.Log("kl", divergence);
        return reconstruction + (beta * divergence); // -L(x) of equation 3, the KL weighted
    });
}
