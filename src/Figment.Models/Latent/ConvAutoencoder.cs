// Convolutional networks for the autoencoder of Autoencoder.cs. Stacked Convolutional Auto-Encoders for Hierarchical
// Feature Extraction. J. Masci, U. Meier, D. Ciresan, J. Schmidhuber, 2011.
// https://doi.org/10.1007/978-3-642-21735-7_7
//
// Deviations from the paper: strided convolutions instead of max-pooling and transposed ones instead of unpooling
// (CodingNetworks.cs), ReLU instead of tanh, and everything trained at once instead of layer by layer.
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>Options of the convolutional autoencoder.</summary>
public sealed record ConvAutoencoderOptions : ModelOptions
{
    /// <summary>J, the numbers in the code z.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 32;

    /// <summary>Channels after the first halving; each further one doubles them.</summary>
    [Range(1, 1024)]
    public int Channels { get; init; } = 32;

    /// <summary>Units between the convolutions and the code.</summary>
    [Range(1, 16384)]
    public int Hidden { get; init; } = 256;

    /// <summary>What follows each hidden layer; the code itself is linear.</summary>
    public Nonlinearity Nonlinearity { get; init; } = Nonlinearity.Relu;

    /// <summary>The distance of image and output.</summary>
    public ReconstructionLoss Loss { get; init; } = new SquaredErrorLoss();

    /// <summary>What is done to the input in training; none is a plain autoencoder.</summary>
    public Corruption Noise { get; init; } = new NoCorruption();
}

/// <summary>Makes autoencoders with convolutional networks.</summary>
public static class ConvAutoencoder
{
    /// <param name="options">Sizes and loss.</param>
    /// <param name="shape">Of one image: both sides even and at least 14, for example 28x28, 32x32 or 64x64.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">The image's sides cannot be halved.</exception>
    public static Autoencoder Create(ConvAutoencoderOptions options, ImageShape shape, Rng rng)
    {
        var networks = CodingNetworks.Convolutional("conv-ae", shape, options.Channels, options.Hidden,
            options.Nonlinearity, options.Latent, options.Latent, 1, rng);
        return new Autoencoder(networks.Encoder, networks.Decoder, options.Loss, options.Latent);
    }
}
