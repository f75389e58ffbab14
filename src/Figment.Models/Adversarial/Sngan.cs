// Spectral Normalization for Generative Adversarial Networks. T. Miyato, T. Kataoka, M. Koyama, Y. Yoshida, 2018.
// https://arxiv.org/abs/1802.05957. cGANs with Projection Discriminator. T. Miyato, M. Koyama, 2018.
// https://arxiv.org/abs/1802.05637
//
//   W_SN = W / sigma(W), sigma the largest singular value                                 (equation 8 of the first)
//   V_D = E [ min(0, -1 + D(x, y)) ] + E [ min(0, -1 - D(G(z, y), y)) ], V_G = -E [ D(G(z, y), y) ]   (equation 17)
//   f(x, y) = y^T V phi(x) + psi(phi(x))                                                  (equation 4 of the second)
//
// Deviations from the papers: sizes that 4 is not reached from by halving begin at 7 or what is left.
//
//   generator      z, y -> x in [-1, 1]   residual blocks, batch normalisation conditional on the class  (table 4a)
//   discriminator  x, y -> score          residual blocks, every weight spectrally normalised            (table 4b)
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>Options of the spectrally normalised GAN.</summary>
public sealed record SnganOptions : ModelOptions
{
    /// <summary>Number of classes, from the data's labels; 0 for none.</summary>
    [Range(0, 10_000)]
    public int Classes { get; init; }

    /// <summary>Numbers in z, Gaussian.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 128;

    /// <summary>Channels of the generator's blocks.</summary>
    [Range(8, 4096)]
    public int GeneratorChannels { get; init; } = 256;

    /// <summary>Channels of the discriminator's blocks.</summary>
    [Range(8, 4096)]
    public int DiscriminatorChannels { get; init; } = 128;

    /// <summary>How the two play.</summary>
    public GameOptions Game { get; init; } = new() { Loss = new HingeLoss(), DiscriminatorSteps = 5 };
}

/// <summary>G: doubling residual blocks.</summary>
internal sealed partial class SnganGenerator : Module<(Tensor Z, Tensor Condition), Tensor>
{
    private readonly Linear dense;
    private readonly GeneratorBlock[] blocks;
    private readonly BatchNorm2d norm;
    private readonly Conv2d toPixels;
    private readonly ImageShape start;

    public SnganGenerator(SnganOptions options, ImageShape shape, ResidualSizes sizes, Rng rng)
    {
        var c = options.GeneratorChannels;
        start = new ImageShape(c, sizes.Height, sizes.Width);
        dense = new Linear(options.Latent, start.Length, rng);
        blocks = [.. Enumerable.Range(0, sizes.Halvings).Select(_ => new GeneratorBlock(c, c,
            (inputs, outputs, kernel, bias) =>
                new Conv2d(inputs, outputs, kernel, rng, padding: kernel / 2, bias: bias),
            channels => ClassCondition.Norm(channels, options.Classes, rng)))];
        norm = new BatchNorm2d(c);
        toPixels = new Conv2d(c, shape.Channels, 3, rng, padding: 1);
    }

    protected override Tensor Forward((Tensor Z, Tensor Condition) input)
    {
        var h = dense.Call(input.Z).View(-1, start.Channels, start.Height, start.Width)
            .Contiguous(MemoryFormat.ChannelsLast);
        foreach (var block in blocks) h = block.Call((h, input.Condition));
        return toPixels.Call(norm.Call(h).Relu()).Tanh(); // (B, C, H, W)
    }
}

/// <summary>D: two halving residual blocks, two that keep the size, the projection.</summary>
internal sealed partial class SnganDiscriminator : Module
{
    private readonly Sequential blocks;
    private readonly ProjectionHead head;

    public SnganDiscriminator(SnganOptions options, ImageShape shape, Rng rng)
    {
        var c = options.DiscriminatorChannels;
        Layer Conv(long inputs, long outputs, int kernel, bool bias) =>
            new SpectralConv2d(inputs, outputs, kernel, rng, padding: kernel / 2, bias: bias);
        blocks = new Sequential(
            new DiscriminatorBlock(shape.Channels, c, Conv, first: true), new DiscriminatorBlock(c, c, Conv),
            new DiscriminatorBlock(c, c, Conv, halves: false), new DiscriminatorBlock(c, c, Conv, halves: false));
        head = new ProjectionHead(c, options.Classes, rng);
    }

    public Tensor Call(Tensor x, Tensor? y) => head.Call(blocks.Call(x), y);
}

/// <summary>The spectrally normalised GAN, by class where the option classes says so.</summary>
public sealed partial class Sngan : Module, IDrawsSamples, IDecodesClasses, ITruncatesNoise, IAdversaries
{
    private readonly SnganGenerator generator;
    private readonly SnganDiscriminator discriminator;
    private readonly int latent;

    /// <param name="options">Sizes.</param>
    /// <param name="shape">Of one image: sides that can be halved twice, to 4 or more.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">The image's sides cannot be halved twice.</exception>
    public Sngan(SnganOptions options, ImageShape shape, Rng rng)
    {
        (Classes, latent) = (options.Classes, options.Latent);
        generator = new SnganGenerator(options, shape, ResidualSizes.Of("sngan", shape, 2), rng);
        discriminator = new SnganDiscriminator(options, shape, rng);
        foreach (var weight in this.Parameters().Where(p => p.Rank == 4)) Init.XavierUniform(weight, rng, Math.Sqrt(2));
        SpectralNorm.SettleAll(this);
    }

    public int Classes { get; }

    Module IAdversaries.Generator => generator;

    Module IAdversaries.Discriminator => discriminator;

    public Tensor Real(Tensor images) => (2 * images) - 1;

    public Tensor Noise(long count, Rng rng) => rng.Normal([count, latent]);

    public Tensor Generate(Tensor z, Tensor? y) =>
        generator.Call((z, ClassCondition.Of(y, Classes, z)));

    public Tensor Discriminate(Tensor x, Tensor? y, Rng rng) => discriminator.Call(x, y);

    public Tensor Sample(int count, Rng rng, bool mean) => Draw(AnyClass(count, rng), Noise(count, rng));

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) => Draw(labels, Noise(labels.Size(0), rng));

    public Tensor SampleTruncated(int count, Tensor? labels, double threshold, Rng rng) =>
        Draw(labels ?? AnyClass(count, rng), TruncatedNoise.Draw(count, latent, threshold, rng));

    public int LatentSize => latent + Classes;

    public double? PriorSigma => Classes == 0 ? 1 : null;

    public Range ClassPart => latent..LatentSize;

    public Tensor ClassCodes(Tensor labels) => labels.OneHot(Classes).To(DType.Float32);

    public Tensor DrawCodes(long count, Rng rng) => ClassCondition.Draw(Noise(count, rng), Classes, rng);

    /// <summary>Of (z, y): on the way from one y to another so do the gains of every normalisation go.</summary>
    public Tensor Decode(Tensor z) => (generator.Call(ClassCondition.Parts(z, latent, Classes)) + 1) / 2;

    private Tensor? AnyClass(int count, Rng rng) => Classes == 0 ? null : rng.Integers(0, Classes, [count]);

    private Tensor Draw(Tensor? y, Tensor z) => (Generate(z, y) + 1) / 2;
}
