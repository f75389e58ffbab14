using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Adversarial;

/// <summary>What stands between a convolution and its nonlinearity.</summary>
public enum CriticNorm
{
    /// <summary>Nothing: each score depends on its own example alone, as a gradient penalty needs.</summary>
    None,

    /// <summary>Batch normalisation.</summary>
    Batch,
}

/// <summary>The convolutional generator and discriminator of Radford et al. 2016
/// (https://arxiv.org/abs/1511.06434, figure 1), each the other's mirror image, for sides that can be halved: 28 from
/// 7, 32, 64 and 128 from 4.</summary>
/// <param name="Generator">(B, J) to (B, C, H, W) in [-1, 1].</param>
/// <param name="Trunk">(B, C, H, W) to the last features.</param>
/// <param name="Features">Their shape, the smallest that the image is halved to.</param>
internal sealed record DcganNetworks(Sequential Generator, Sequential Trunk, ImageShape Features)
{
    private const int SmallestSide = 4;
    private const double InitialSigma = 0.02; // section 4

    /// <summary>Makes both networks.</summary>
    /// <param name="model">The model's id, for the message of an error.</param>
    /// <param name="shape">Of one image: even sides of at least 8.</param>
    /// <param name="latent">J, the generator's inputs.</param>
    /// <param name="channels">Where the image is largest; each halving doubles them.</param>
    /// <param name="norm">Of the trunk; the generator has batch normalisation.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">The image's sides cannot be halved.</exception>
    public static DcganNetworks Make(string model, ImageShape shape, int latent, int channels, CriticNorm norm, Rng rng)
    {
        var (c, h, w) = (shape.Channels, shape.Height, shape.Width);
        List<Layer> up = [], down = [];
        for (var next = channels; CanHalve(h) && CanHalve(w); next *= 2)
        {
            var outermost = down.Count == 0;
            var normal = norm == CriticNorm.Batch && !outermost;
            down.AddRange([new Conv2d(c, next, 4, rng, stride: 2, padding: 1, bias: !normal), // (B, next, h/2, w/2)
                .. normal ? [new BatchNorm2d(next)] : (Layer[])[], new LeakyRelu(0.2)]);
            up.InsertRange(0, outermost
                ? [new ConvTranspose2d(next, c, 4, rng, stride: 2, padding: 1), new Tanh()]
                : [new ConvTranspose2d(next, c, 4, rng, stride: 2, padding: 1, bias: false), new BatchNorm2d(c),
                    new Relu()]); // (B, c, h, w)
            (c, h, w) = (next, h / 2, w / 2);
        }

        if (down.Count == 0)
            throw new ArgumentException($"{model} halves its images, and {shape} cannot be halved: "
                + $"use even sides of at least {2 * SmallestSide} pixels (data.size).");
        var networks = new DcganNetworks(
            new Sequential([new Unflatten(1, latent, 1, 1), // (B, J, 1, 1)
                new ConvTranspose2d(latent, c, new Size2(h, w), rng, bias: false), new BatchNorm2d(c), new Relu(),
                .. up]),
            new Sequential([.. down]), new ImageShape(c, h, w));
        foreach (var network in new[] { networks.Generator, networks.Trunk }) Initialize(network, rng);
        return networks;
    }

    /// <summary>The trunk with one convolution more, as large as its features: (B, C, H, W) to one score,
    /// (B, 1).</summary>
    public Sequential Scoring(Rng rng)
    {
        var score = new Conv2d(Features.Channels, 1, new Size2(Features.Height, Features.Width), rng);
        Initialize(score, rng);
        return new Sequential([.. Trunk.Layers, score, new Flatten()]);
    }

    /// <summary>Weights N(0, 0.02^2), batch normalisation's N(1, 0.02^2), biases 0.</summary>
    public static void Initialize(Module network, Rng rng)
    {
        foreach (var (_, module) in network.NamedModules())
        {
            var (weight, bias, mean) = module switch
            {
                Convolution layer => (layer.Weight, layer.Bias, 0),
                Linear layer => (layer.Weight, layer.Bias, 0),
                BatchNorm layer => (layer.Weight, layer.Bias, 1),
                _ => ((Parameter?)null, (Parameter?)null, 0),
            };
            if (weight is not null) Init.Normal(weight, rng, mean, InitialSigma);
            if (bias is not null) Init.Zeros(bias);
        }
    }

    private static bool CanHalve(int side) => side % 2 == 0 && side / 2 >= SmallestSide;
}
