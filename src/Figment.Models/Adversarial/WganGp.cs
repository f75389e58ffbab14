// Improved Training of Wasserstein GANs. I. Gulrajani, F. Ahmed, M. Arjovsky, V. Dumoulin, A. Courville, 2017.
// https://arxiv.org/abs/1704.00028
//
//   L = E [ D(G(z)) ] - E [ D(x) ] + lambda E [ (|grad D(x^)| - 1)^2 ],
//   x^ = e x + (1 - e) G(z), e ~ U(0, 1), one an example                                            (equation 3)
//
// Deviations from the paper: the networks are DCGAN's, the critic's without normalisation; the paper's residual
// networks with layer normalisation are not here (sngan has residual ones).
//
//   generator   z -> x in [-1, 1]   G, batch normalisation
//   critic      x -> score          D; no batch normalisation, under which a score has no gradient of its own
//                                   example alone                                                    (section 4)
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>Options of the Wasserstein GAN with gradient penalty.</summary>
public sealed record WganGpOptions : ModelOptions
{
    /// <summary>Numbers in z, Gaussian.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 128;

    /// <summary>Channels where the image is largest; each halving doubles them.</summary>
    [Range(1, 1024)]
    public int Channels { get; init; } = 64;

    /// <summary>lambda, the weight of the gradient penalty.</summary>
    [Range(0.0, 1e6)]
    public double Penalty { get; init; } = 10;

    /// <summary>n_critic, steps of the critic to one of the generator.</summary>
    [Range(1, 100)]
    public int CriticSteps { get; init; } = 5;
}

/// <summary>The Wasserstein GAN with gradient penalty.</summary>
public sealed partial class WganGp : Module, IDrawsSamples, IDrawsCodes, ITruncatesNoise, IAdversaries
{
    private readonly Sequential generator;
    private readonly Sequential critic;
    private readonly int latent;

    /// <param name="options">Sizes.</param>
    /// <param name="shape">Of one image: even sides of at least 8.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public WganGp(WganGpOptions options, ImageShape shape, Rng rng)
    {
        latent = options.Latent;
        var networks = DcganNetworks.Make("wgan-gp", shape, latent, options.Channels, CriticNorm.None, rng);
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

    public Tensor SampleTruncated(int count, Tensor? labels, double threshold, Rng rng) =>
        Decode(TruncatedNoise.Draw(count, latent, threshold, rng));

    /// <summary>Algorithm 1.</summary>
    internal static GameOptions Game(WganGpOptions options) => new()
    {
        Loss = new WassersteinLoss(),
        Restraint = new GradientPenalty { Weight = options.Penalty },
        DiscriminatorSteps = options.CriticSteps,
    };
}
