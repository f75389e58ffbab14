using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Latent;

/// <summary>The encoders and decoders that the models of this family share: an encoder takes images to the numbers of a
/// code (or of its distribution), a decoder takes codes to maps of the image's size.</summary>
/// <param name="Encoder">(B, C, H, W) to (B, numbers).</param>
/// <param name="Decoder">(B, latent) to (B, maps a channel x C, H, W).</param>
internal sealed record CodingNetworks(Sequential Encoder, Sequential Decoder)
{
    /// <summary>Images are halved while both sides stay whole and at least this large: 28 to 7, 32 to 8, 64 to
    /// 8.</summary>
    private const int SmallestSide = 7;

    /// <summary>Linear layers with a nonlinearity between any two of them.</summary>
    /// <param name="shape">Of one image.</param>
    /// <param name="hidden">Units of the encoder's hidden layers, first to last; the decoder has them reversed. Without
    /// any, both networks are linear maps.</param>
    /// <param name="nonlinearity">What follows each hidden layer.</param>
    /// <param name="numbers">What the encoder gives: J, or 2 J for a mean and a variance.</param>
    /// <param name="latent">J, the numbers in one code.</param>
    /// <param name="mapsPerChannel">What the decoder gives for each channel.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public static CodingNetworks FullyConnected(ImageShape shape, IReadOnlyList<int> hidden, Nonlinearity nonlinearity,
        int numbers, int latent, int mapsPerChannel, Rng rng)
    {
        var maps = mapsPerChannel * shape.Channels;
        return new CodingNetworks(
            new Sequential([new Flatten(), .. Stack([shape.Length, .. hidden, numbers], nonlinearity, rng)]),
            new Sequential([
                .. Stack([latent, .. hidden.Reverse(), maps * shape.Height * shape.Width], nonlinearity, rng),
                new Unflatten(1, maps, shape.Height, shape.Width)]));
    }

    /// <summary>Linear layers from the first width to the last, with a nonlinearity between any two of them.</summary>
    public static Layer[] Stack(int[] widths, Nonlinearity nonlinearity, Rng rng) =>
        [.. widths.Zip(widths[1..]).SelectMany((w, i) => (Layer[])(i == 0 ? [new Linear(w.First, w.Second, rng)]
            : [nonlinearity.Layer(), new Linear(w.First, w.Second, rng)]))];

    /// <summary>Strided convolutions that halve the image, and transposed ones that double it: the layer shapes of
    /// DCGAN (Radford et al. 2016, https://arxiv.org/abs/1511.06434) without batch normalisation, which would let one
    /// example depend on its neighbours.</summary>
    /// <param name="model">The model's id, for the message of an error.</param>
    /// <param name="shape">Of one image: both sides even and at least 14, for example 28x28, 32x32 or 64x64.</param>
    /// <param name="channels">After the first halving; each further one doubles them.</param>
    /// <param name="hidden">Units between the convolutions and the code.</param>
    /// <param name="nonlinearity">What follows each hidden layer.</param>
    /// <param name="numbers">What the encoder gives: J, or 2 J for a mean and a variance.</param>
    /// <param name="latent">J, the numbers in one code.</param>
    /// <param name="mapsPerChannel">What the decoder gives for each channel.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">The image's sides cannot be halved.</exception>
    public static CodingNetworks Convolutional(string model, ImageShape shape, int channels, int hidden,
        Nonlinearity nonlinearity, int numbers, int latent, int mapsPerChannel, Rng rng)
    {
        var (c, h, w) = (shape.Channels, shape.Height, shape.Width);
        var maps = mapsPerChannel * c;
        List<Layer> down = [], up = [];
        for (var next = channels; CanHalve(h) && CanHalve(w); next *= 2)
        {
            var outermost = down.Count == 0;
            down.AddRange([new Conv2d(c, next, 4, rng, stride: 2, padding: 1), // (B, next, h/2, w/2)
                nonlinearity.Layer()]);
            up.InsertRange(0, [nonlinearity.Layer(), // (B, c, h, w)
                new ConvTranspose2d(next, outermost ? maps : c, 4, rng, stride: 2, padding: 1)]);
            (c, h, w) = (next, h / 2, w / 2);
        }

        if (down.Count == 0)
            throw new ArgumentException($"{model} halves its images, and {shape} cannot be halved: "
                + $"use even sides of at least {2 * SmallestSide} pixels.");
        return new CodingNetworks(
            new Sequential([.. down, new Flatten(), new Linear(c * h * w, hidden, rng), nonlinearity.Layer(),
                new Linear(hidden, numbers, rng)]),
            new Sequential([new Linear(latent, hidden, rng), nonlinearity.Layer(),
                new Linear(hidden, c * h * w, rng), new Unflatten(1, c, h, w), .. up]));
    }

    private static bool CanHalve(int side) => side % 2 == 0 && side / 2 >= SmallestSide;
}
