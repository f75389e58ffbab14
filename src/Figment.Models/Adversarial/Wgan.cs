// Wasserstein GAN. M. Arjovsky, S. Chintala, L. Bottou, 2017. https://arxiv.org/abs/1701.07875
//
//   W(p, p_g) = max over 1-Lipschitz f of E_p(x) [ f(x) ] - E_p(z) [ f(G(z)) ]                      (equation 2)
//
// Deviations from the paper: none known; its networks are DCGAN's, its optimiser RMSprop.
//
//   generator   z -> x in [-1, 1]   G, DCGAN's with batch normalisation
//   critic      x -> score          f, DCGAN's with batch normalisation; every weight in [-c, c]  (algorithm 1)
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>Options of the Wasserstein GAN with weight clipping.</summary>
public sealed record WganOptions : ModelOptions
{
    /// <summary>Numbers in z, Gaussian.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 100;

    /// <summary>Channels where the image is largest; each halving doubles them.</summary>
    [Range(1, 1024)]
    public int Channels { get; init; } = 64;

    /// <summary>c, the largest absolute value of a weight of the critic.</summary>
    [Range(0.0, 1e3, MinimumIsExclusive = true)]
    public double Clip { get; init; } = 0.01;

    /// <summary>n_critic, steps of the critic to one of the generator.</summary>
    [Range(1, 100)]
    public int CriticSteps { get; init; } = 5;
}

/// <summary>The Wasserstein GAN with weight clipping.</summary>
public sealed partial class Wgan : Module, IDrawsSamples, IDrawsCodes, IAdversaries
{
    private readonly Sequential generator;
    private readonly Sequential critic;
    private readonly int latent;

    /// <param name="options">Sizes.</param>
    /// <param name="shape">Of one image: even sides of at least 8.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public Wgan(WganOptions options, ImageShape shape, Rng rng)
    {
        latent = options.Latent;
        var networks = DcganNetworks.Make("wgan", shape, latent, options.Channels, CriticNorm.Batch, rng);
        (generator, critic) = (networks.Generator, networks.Scoring(rng));
    }

    /// <summary>J, the numbers in z.</summary>
    public int LatentSize => latent;

    public double? PriorSigma => 1;

    Module IAdversaries.Generator => generator;

    Module IAdversaries.Discriminator => critic;

    public Tensor Real(Tensor images) => (2 * images) - 1;

    public Tensor Noise(long count, Rng rng) => rng.Normal([count, latent]);

    public Tensor Generate(Tensor z, Tensor? y) => generator.Call(z);

    public Tensor Discriminate(Tensor x, Tensor? y, Rng rng) => critic.Call(x).Squeeze(1);

    public Tensor DrawCodes(long count, Rng rng) => Noise(count, rng);

    public Tensor Decode(Tensor z) => (generator.Call(z) + 1) / 2;

    public Tensor Sample(int count, Rng rng, bool mean) => Decode(Noise(count, rng));

    /// <summary>Algorithm 1.</summary>
    internal static GameOptions Game(WganOptions options) => new()
    {
        Loss = new WassersteinLoss(),
        Restraint = new WeightClipping { Limit = options.Clip },
        DiscriminatorSteps = options.CriticSteps,
    };
}
