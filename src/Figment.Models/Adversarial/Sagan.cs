// Self-Attention Generative Adversarial Networks. H. Zhang, I. Goodfellow, D. Metaxas, A. Odena, 2018.
// https://arxiv.org/abs/1805.08318
//
//   y_i = gamma o_i + x_i,  o_i = W_v sum_j beta_ji W_h x_j,  beta_ji = softmax_j( (W_f x_j)^T (W_g x_i) )
//                                                                                            (equations 1 to 3)
//   the hinge game with projection                                                           (equation 4)
//
// Deviations from the paper: attention keeps half of the channels in W_h (as the authors' code), where the text says an
// eighth; images of 32 and less have maps of even width.
//
//   generator      z, y -> x in [-1, 1]   residual blocks, spectrally normalised, batch normalisation conditional on y
//   discriminator  x, y -> score          residual blocks, spectrally normalised
//   both with one layer of self-attention; the discriminator learns four times as fast       (sections 4.1 and 4.2)
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>Options of the self-attention GAN.</summary>
public sealed record SaganOptions : ModelOptions
{
    /// <summary>Number of classes, from the data's labels; 0 for none.</summary>
    [Range(0, 10_000)]
    public int Classes { get; init; }

    /// <summary>Numbers in z, Gaussian.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 128;

    /// <summary>What the widths of the maps are multiples of: 4 times this at 32x32 and below, 16 times to once in
    /// larger images.</summary>
    [Range(8, 1024)]
    public int Channels { get; init; } = 64;

    /// <summary>Halvings of the image after which both players attend.</summary>
    [Range(1, 5)]
    public int AttentionHalvings { get; init; } = 1;

    /// <summary>How the two play.</summary>
    public GameOptions Game { get; init; } = new() { Loss = new HingeLoss(), DiscriminatorRate = 4 };
}

/// <summary>G.</summary>
internal sealed partial class SaganGenerator : Module<(Tensor Z, Tensor Condition), Tensor>
{
    private readonly SpectralLinear dense;
    private readonly GeneratorBlock[] blocks;
    private readonly SelfAttention attention;
    private readonly BatchNorm2d norm;
    private readonly SpectralConv2d toPixels;
    private readonly ImageShape start;
    private readonly int attends;

    public SaganGenerator(SaganOptions options, ImageShape shape, ResidualSizes sizes, Rng rng)
    {
        Layer Conv(long inputs, long outputs, int kernel, bool bias = true) =>
            new SpectralConv2d(inputs, outputs, kernel, rng, padding: kernel / 2, bias: bias);
        int[] widths = [.. sizes.GeneratorWidths.Select(w => w * options.Channels)];
        start = new ImageShape(widths[0], sizes.Height, sizes.Width);
        dense = new SpectralLinear(options.Latent, start.Length, rng);
        blocks = [.. widths.Zip(widths[1..]).Select(w => new GeneratorBlock(w.First, w.Second, Conv,
            channels => ClassCondition.Norm(channels, options.Classes, rng)))];
        attends = sizes.Halvings - options.AttentionHalvings; // blocks before it
        attention = new SelfAttention(widths[attends], Conv);
        norm = new BatchNorm2d(widths[^1]);
        toPixels = new SpectralConv2d(widths[^1], shape.Channels, 3, rng, padding: 1);
    }

    protected override Tensor Forward((Tensor Z, Tensor Condition) input)
    {
        var h = dense.Call(input.Z).View(-1, start.Channels, start.Height, start.Width)
            .Contiguous(MemoryFormat.ChannelsLast);
        for (var i = 0; i < blocks.Length; i++)
            h = blocks[i].Call((i == attends ? attention.Call(h) : h, input.Condition));
        return toPixels.Call(norm.Call(h).Relu()).Tanh(); // (B, C, H, W)
    }
}

/// <summary>D, of sagan and biggan.</summary>
internal sealed partial class AttentiveDiscriminator : Module
{
    private readonly Sequential layers;
    private readonly ProjectionHead head;

    public AttentiveDiscriminator(int channels, int classes, int attentionHalvings, ImageShape shape,
        ResidualSizes sizes, Rng rng)
    {
        Layer Conv(long inputs, long outputs, int kernel, bool bias = true) =>
            new SpectralConv2d(inputs, outputs, kernel, rng, padding: kernel / 2, bias: bias);
        List<Layer> blocks = [];
        var (c, halvings) = (shape.Channels, 0);
        foreach (var (width, halves) in sizes.DiscriminatorWidths)
        {
            blocks.Add(new DiscriminatorBlock(c, width * channels, Conv, first: blocks.Count == 0, halves));
            (c, halvings) = (width * channels, halvings + (halves ? 1 : 0));
            if (halves && halvings == attentionHalvings) blocks.Add(new SelfAttention(c, Conv));
        }

        layers = new Sequential([.. blocks]);
        head = new ProjectionHead(c, classes, rng);
    }

    /// <summary>(B, C, H, W) in [-1, 1] and (B) to (B).</summary>
    public Tensor Call(Tensor x, Tensor? y) => head.Call(layers.Call(x), y);
}

/// <summary>The self-attention GAN, by class where the option classes says so.</summary>
public sealed partial class Sagan : Module, IDrawsSamples, IDecodesClasses, ITruncatesNoise, IAdversaries
{
    private readonly SaganGenerator generator;
    private readonly AttentiveDiscriminator discriminator;
    private readonly int latent;

    /// <param name="options">Sizes.</param>
    /// <param name="shape">Of one image: sides that can be halved twice, to 4 or more.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">The image's sides cannot be halved often enough.</exception>
    public Sagan(SaganOptions options, ImageShape shape, Rng rng)
    {
        (Classes, latent) = (options.Classes, options.Latent);
        var sizes = ResidualSizes.Of("sagan", shape, Math.Max(2, options.AttentionHalvings));
        generator = new SaganGenerator(options, shape, sizes, rng);
        discriminator = new AttentiveDiscriminator(options.Channels, Classes, options.AttentionHalvings, shape, sizes,
            rng);
        foreach (var weight in this.Parameters().Where(p => p.Rank == 4)) Init.XavierUniform(weight, rng);
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
