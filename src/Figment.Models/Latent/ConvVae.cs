// Convolutional networks for the variational autoencoder of Vae.cs (Kingma and Welling 2014, whose networks are fully
// connected: https://arxiv.org/abs/1312.6114). The encoder halves the image with strided convolutions, the decoder
// doubles it with transposed ones: the layer shapes of DCGAN (Radford et al. 2016, https://arxiv.org/abs/1511.06434)
// without batch normalisation, which would let the bound of one example depend on its neighbours.
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
    /// <summary>Images are halved while both sides stay whole and at least this large: 28 to 7, 32 to 8, 64 to
    /// 8.</summary>
    private const int SmallestSide = 7;

    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image: both sides even and at least 14, for example 28x28, 32x32 or 64x64.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">The image's sides cannot be halved.</exception>
    public static Vae Create(ConvVaeOptions options, ImageShape shape, Rng rng)
    {
        Layer Activation() => options.Nonlinearity.Layer();
        var (c, h, w) = (shape.Channels, shape.Height, shape.Width);
        var maps = options.Pixels.MapsPerChannel * c;
        List<Layer> down = [], up = [];
        for (var next = options.Channels; CanHalve(h) && CanHalve(w); next *= 2)
        {
            var outermost = down.Count == 0;
            down.AddRange([new Conv2d(c, next, 4, rng, stride: 2, padding: 1), Activation()]); // (B, next, h/2, w/2)
            up.InsertRange(0, [Activation(), // (B, c, h, w)
                new ConvTranspose2d(next, outermost ? maps : c, 4, rng, stride: 2, padding: 1)]);
            (c, h, w) = (next, h / 2, w / 2);
        }

        if (down.Count == 0)
            throw new ArgumentException($"conv-vae halves its images, and {shape} cannot be halved: "
                + $"use even sides of at least {2 * SmallestSide} pixels.");
        return new Vae(
            new Sequential([.. down, new Flatten(), new Linear(c * h * w, options.Hidden, rng), Activation(),
                new Linear(options.Hidden, 2 * options.Latent, rng)]),
            new Sequential([new Linear(options.Latent, options.Hidden, rng), Activation(),
                new Linear(options.Hidden, c * h * w, rng), new Unflatten(1, c, h, w), .. up]),
            options.Pixels, options.Latent);
    }

    private static bool CanHalve(int side) => side % 2 == 0 && side / 2 >= SmallestSide;
}
