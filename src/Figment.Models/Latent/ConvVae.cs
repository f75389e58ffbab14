// Convolutional networks for the variational autoencoder of Vae.cs (Kingma and Welling 2014, whose networks are fully
// connected: https://arxiv.org/abs/1312.6114). The encoder halves the image with strided convolutions, the decoder
// doubles it with transposed ones (CodingNetworks.cs).
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>Options of the convolutional variational autoencoder.</summary>
public sealed record ConvVaeOptions : ModelOptions
{
    /// <summary>Numbers in the latent code z.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 32;

    /// <summary>Channels after the first halving; each further one doubles them.</summary>
    [Range(1, 1024)]
    public int Channels { get; init; } = 32;

    /// <summary>Units between the convolutions and the code.</summary>
    [Range(1, 16384)]
    public int Hidden { get; init; } = 256;

    /// <summary>What follows each hidden layer.</summary>
    public Nonlinearity Nonlinearity { get; init; } = Nonlinearity.Relu;

    /// <summary>p(x|z), pixel by pixel.</summary>
    public PixelDistribution Pixels { get; init; } = new BernoulliPixels();

    /// <summary>Weight of the KL term; 1 is the bound on log p(x).</summary>
    [Range(0.0, 1000.0)]
    public double Beta { get; init; } = 1;
}

/// <summary>Makes variational autoencoders with convolutional networks.</summary>
public static class ConvVae
{
    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image: both sides even and at least 14, for example 28x28, 32x32 or 64x64.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">The image's sides cannot be halved.</exception>
    public static Vae Create(ConvVaeOptions options, ImageShape shape, Rng rng)
    {
        var networks = CodingNetworks.Convolutional("conv-vae", shape, options.Channels, options.Hidden,
            options.Nonlinearity, 2 * options.Latent, options.Latent, options.Pixels.MapsPerChannel, rng);
        return new Vae(networks.Encoder, networks.Decoder, options.Pixels, options.Latent);
    }
}
