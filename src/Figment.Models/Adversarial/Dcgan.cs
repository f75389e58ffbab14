// Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks.
// A. Radford, L. Metz, S. Chintala, 2015. https://arxiv.org/abs/1511.06434
//
//   the game of Goodfellow et al. 2014, non-saturating, between two convolutional networks             (section 3)
//
// Deviations from the paper: z is Gaussian (the paper's uniform is an option); sides from which 4 is not reached by
// halving begin at 7 or what is left; a label, where classes are asked for, is not part of it (see cgan, acgan).
//
//   generator      z -> x in [-1, 1]   strided transposed convolutions, batch normalisation, rectifiers, tanh
//   discriminator  x -> logit          strided convolutions, batch normalisation but for the first, leaky rectifiers
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Adversarial.Game;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>Options of the deep convolutional generative adversarial network.</summary>
public sealed record DcganOptions : ModelOptions, IValidatableObject
{
    /// <summary>Numbers in z.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 100;

    /// <summary>p(z).</summary>
    public LatentPrior Prior { get; init; } = new GaussianPrior();

    /// <summary>Channels where the image is largest; each halving doubles them.</summary>
    [Range(1, 1024)]
    public int Channels { get; init; } = 64;

    /// <summary>What stands behind the discriminator's convolutions: none for a gradient penalty.</summary>
    public CriticNorm Norm { get; init; } = CriticNorm.Batch;

    /// <summary>How the two play.</summary>
    public GameOptions Game { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Prior.Misfit(Latent);
}

/// <summary>The deep convolutional generative adversarial network.</summary>
public sealed partial class Dcgan : Module, IDrawsSamples, IDrawsCodes, IAdversaries
{
    private readonly Sequential generator; // z (B, J) -> x (B, C, H, W) in [-1, 1]
    private readonly Sequential discriminator; // x -> logit (B, 1)
    private readonly LatentPrior prior;
    private readonly int latent;

    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image: even sides of at least 8.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public Dcgan(DcganOptions options, ImageShape shape, Rng rng)
    {
        (prior, latent) = (options.Prior, options.Latent);
        var networks = DcganNetworks.Make("dcgan", shape, latent, options.Channels, options.Norm, rng);
        generator = networks.Generator;
        discriminator = networks.Scoring(rng);
    }

    /// <summary>J, the numbers in z.</summary>
    public int LatentSize => latent;

    public double? PriorSigma => (prior as GaussianPrior)?.Sigma;

    Module IAdversaries.Generator => generator;

    Module IAdversaries.Discriminator => discriminator;

    public Tensor Real(Tensor images) => (2 * images) - 1;

    public Tensor Noise(long count, Rng rng) => prior.Sample(count, latent, rng);

    public Tensor Generate(Tensor z, Tensor? y) => generator.Call(z);

    public Tensor Discriminate(Tensor x, Tensor? y, Rng rng) => discriminator.Call(x).Squeeze(1);

    public Tensor DrawCodes(long count, Rng rng) => Noise(count, rng);

    public Tensor Decode(Tensor z) => (generator.Call(z) + 1) / 2;

    public Tensor Sample(int count, Rng rng, bool mean) => Decode(Noise(count, rng));
}
