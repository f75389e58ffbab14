// Importance Weighted Autoencoders. Y. Burda, R. Grosse, R. Salakhutdinov, 2016. https://arxiv.org/abs/1509.00519
//
//   L_k(x) = E_{z_1..z_k ~ q(z|x)} [ log 1/k sum_i w_i ],   w_i = p(x, z_i) / q(z_i|x)             (equation 8)
//   L_1 <= L_2 <= ... <= log p(x)                                                                  (theorem 1)
//
// L_1 is the variational autoencoder's bound, and so are the networks: the model is the class Vae, and what differs is
// what training maximises. With z_i = mu + sigma epsilon_i the gradient of equation 8 is
//
//   E_{epsilon_1..epsilon_k} [ sum_i w~_i grad log w_i ],   w~_i = w_i / sum_j w_j           (equations 13 and 14)
//
// which is what differentiating the logarithm of the sum gives, so no weight is computed apart.
//
// Deviations from the paper: one stochastic layer (the paper has one and two), the schedule and the batch of the
// preset, and no bias of the decoder from the pixels' means at the start.
using System.ComponentModel.DataAnnotations;
using Figment.Data;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>Options of the importance weighted autoencoder.</summary>
public sealed record IwaeOptions : ModelOptions
{
    /// <summary>Numbers in the latent code z.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 50;

    /// <summary>Units of the encoder's hidden layers, first to last; the decoder has the same, reversed.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Hidden { get; init; } = [200, 200];

    /// <summary>What follows each hidden layer.</summary>
    public Nonlinearity Nonlinearity { get; init; } = Nonlinearity.Tanh;

    /// <summary>p(x|z), pixel by pixel.</summary>
    public PixelDistribution Pixels { get; init; } = new BernoulliPixels();

    /// <summary>k, codes drawn for each image: 1 is the variational autoencoder, and a training step costs about as
    /// many times its decoder.</summary>
    [Range(1, 5000)]
    public int Samples { get; init; } = 5;
}

/// <summary>Makes importance weighted autoencoders.</summary>
public static class Iwae
{
    /// <summary>The networks of the paper, which are those of the variational autoencoder.</summary>
    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public static Vae Create(IwaeOptions options, ImageShape shape, Rng rng) => Vae.FullyConnected(new VaeOptions
    {
        Latent = options.Latent,
        Hidden = options.Hidden,
        Nonlinearity = options.Nonlinearity,
        Pixels = options.Pixels,
    }, shape, rng);
}

/// <summary>Trains a variational autoencoder by the bound of k samples: gradient ascent on its mean over a
/// batch.</summary>
/// <param name="vae">The networks.</param>
/// <param name="optimizer">Of all their parameters.</param>
/// <param name="samples">k, at least 1.</param>
public sealed class IwaeTask(Vae vae, Optimizer optimizer, int samples) : ITrainingTask
{
    private readonly Player player = new("iwae", optimizer, vae);

    public Module Module => vae;

    public IReadOnlyList<Player> Players => [player];

    public void Step(Batch batch, StepContext step) => step.Minimize(player, () =>
    {
        var (k, b, j) = (samples, batch.Images.Size(0), vae.LatentSize);
        var logW = vae.LogWeights(batch.Images, step.Rng.Normal([k, b, j])); // (K, B)
        var bound = Vae.ImportanceBound(logW).Mean();
        step.Log("bound", bound);
        step.Log("elbo", logW.Mean()); // L_1 with the same draws
        return -bound;
    });
}
