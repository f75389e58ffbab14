// Large Scale GAN Training for High Fidelity Natural Image Synthesis. A. Brock, J. Donahue, K. Simonyan, 2018.
// https://arxiv.org/abs/1809.11096
//
//   sagan's game with a class embedding that all layers share, z in parts that enter every block    (section 3)
//   R_beta(W) = beta || W^T W o (1 - I) ||_F^2, of the generator's weights                           (equation 3)
//   truncation: numbers of z beyond a threshold are drawn again                                      (section 3.1)
//
// Deviations from the paper: one process, so that batch statistics are the batch's; images of 32 and less have maps of
// even width (as the authors' code for CIFAR-10); a running mean of batch statistics stands in for standing statistics.
//
//   generator      z, y -> x in [-1, 1]   blocks conditional on (embedding of y, their part of z)    (figure 15)
//   discriminator  x, y -> score          sagan's
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>Options of BigGAN.</summary>
public sealed record BigGanOptions : ModelOptions
{
    /// <summary>Number of classes, from the data's labels.</summary>
    [Range(1, 10_000)]
    public int Classes { get; init; } = 10;

    /// <summary>Numbers in z for the first map, and in that of each block; Gaussian.</summary>
    [Range(1, 1024)]
    public int LatentPart { get; init; } = 20;

    /// <summary>Numbers in a class's embedding.</summary>
    [Range(1, 4096)]
    public int Embedding { get; init; } = 128;

    /// <summary>What the widths of the maps are multiples of: 4 times this at 32x32 and below, 16 times to once in
    /// larger images; the paper's 128x128 has 96.</summary>
    [Range(8, 1024)]
    public int Channels { get; init; } = 64;

    /// <summary>Halvings of the image after which both players attend.</summary>
    [Range(1, 5)]
    public int AttentionHalvings { get; init; } = 1;

    /// <summary>beta of the orthogonal regularisation; 0 for none.</summary>
    [Range(0.0, 1.0)]
    public double Orthogonality { get; init; } = 1e-4;

    /// <summary>How the two play.</summary>
    public GameOptions Game { get; init; } = new()
    {
        Loss = new HingeLoss(),
        DiscriminatorSteps = 2,
        DiscriminatorRate = 4,
    };
}

/// <summary>G: every block sees the class's embedding and its own part of z.</summary>
internal sealed partial class BigGanGenerator : Module<(Tensor Z, Tensor Embedding), Tensor>
{
    private readonly Embedding shared;
    private readonly SpectralLinear dense;
    private readonly GeneratorBlock[] blocks;
    private readonly SelfAttention attention;
    private readonly BatchNorm2d norm;
    private readonly SpectralConv2d toPixels;
    private readonly ImageShape start;
    private readonly int attends;

    public BigGanGenerator(BigGanOptions options, ImageShape shape, ResidualSizes sizes, Rng rng)
    {
        Layer Conv(long inputs, long outputs, int kernel, bool bias = true) =>
            new SpectralConv2d(inputs, outputs, kernel, rng, padding: kernel / 2, bias: bias);
        SpectralLinear Map(long channels) => new(options.Embedding + options.LatentPart, channels, rng, bias: false);
        int[] widths = [.. sizes.GeneratorWidths.Select(w => w * options.Channels)];
        start = new ImageShape(widths[0], sizes.Height, sizes.Width);
        shared = new Embedding(options.Classes, options.Embedding, rng);
        dense = new SpectralLinear(options.LatentPart, start.Length, rng);
        blocks = [.. widths.Zip(widths[1..]).Select(w => new GeneratorBlock(w.First, w.Second, Conv,
            channels => new ConditionalBatchNorm2d(channels, Map(channels), Map(channels))))];
        attends = sizes.Halvings - options.AttentionHalvings; // blocks before it
        attention = new SelfAttention(widths[attends], Conv);
        norm = new BatchNorm2d(widths[^1]);
        toPixels = new SpectralConv2d(widths[^1], shape.Channels, 3, rng, padding: 1);
    }

    /// <summary>(B), Int64, to (B, embedding).</summary>
    public Tensor Embed(Tensor y) => shared.Call(y);

    protected override Tensor Forward((Tensor Z, Tensor Embedding) input)
    {
        var parts = input.Z.Chunk(blocks.Length + 1, 1); // of (B, latent part)
        var h = dense.Call(parts[0]).View(-1, start.Channels, start.Height, start.Width)
            .Contiguous(MemoryFormat.ChannelsLast);
        for (var i = 0; i < blocks.Length; i++)
            h = blocks[i].Call((i == attends ? attention.Call(h) : h, Ops.Cat([input.Embedding, parts[i + 1]], 1)));
        return toPixels.Call(norm.Call(h).Relu()).Tanh(); // (B, C, H, W)
    }
}

/// <summary>BigGAN.</summary>
public sealed partial class BigGan : Module, IDrawsSamples, IDecodesClasses, ITruncatesNoise, IAdversaries
{
    private readonly BigGanGenerator generator;
    private readonly AttentiveDiscriminator discriminator;
    private readonly double beta;
    private readonly int latent, embedding;

    /// <param name="options">Sizes.</param>
    /// <param name="shape">Of one image: sides that can be halved twice, to 4 or more.</param>
    /// <param name="rng">Draws the initial weights, which are orthogonal.</param>
    /// <exception cref="ArgumentException">The image's sides cannot be halved often enough.</exception>
    public BigGan(BigGanOptions options, ImageShape shape, Rng rng)
    {
        var sizes = ResidualSizes.Of("biggan", shape, Math.Max(2, options.AttentionHalvings));
        (Classes, beta, latent) = (options.Classes, options.Orthogonality, options.LatentPart * (sizes.Halvings + 1));
        embedding = options.Embedding;
        generator = new BigGanGenerator(options, shape, sizes, rng);
        discriminator = new AttentiveDiscriminator(options.Channels, Classes, options.AttentionHalvings, shape, sizes,
            rng);
        foreach (var weight in this.Parameters().Where(p => p.Rank > 1)) Init.Orthogonal(weight, rng);
        SpectralNorm.SettleAll(this);
    }

    public int Classes { get; }

    Module IAdversaries.Generator => generator;

    Module IAdversaries.Discriminator => discriminator;

    public Tensor Real(Tensor images) => (2 * images) - 1;

    public Tensor Noise(long count, Rng rng) => rng.Normal([count, latent]);

    public Tensor Generate(Tensor z, Tensor? y) => generator.Call((z, generator.Embed(y!)));

    public Tensor Discriminate(Tensor x, Tensor? y, Rng rng) => discriminator.Call(x, y);

    // The shared embedding is no map between layers and is left out, as in the authors' code.
    public Tensor? GeneratorPenalty() => beta == 0 ? null : beta * generator.NamedParameters()
        .Where(p => p.Parameter.Rank > 1 && p.Path != "shared.weight")
        .Select(p => NotOrthogonal(p.Parameter)).Aggregate((a, b) => a + b);

    /// <summary>|| W^T W o (1 - I) ||_F^2 with W's columns its outputs (equation 3).</summary>
    /// <param name="weight">(out, ...)</param>
    public static Tensor NotOrthogonal(Tensor weight)
    {
        var w = weight.Flatten(1); // (out, the rest)
        var products = w.MatMul(w.Transpose(0, 1)); // (out, out)
        return products.Square().Sum() - products.Diagonal().Square().Sum();
    }

    public Tensor Sample(int count, Rng rng, bool mean) => SampleOf(rng.Integers(0, Classes, [count]), rng, mean);

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) => Draw(labels, Noise(labels.Size(0), rng));

    public Tensor SampleTruncated(int count, Tensor? labels, double threshold, Rng rng) =>
        Draw(labels ?? rng.Integers(0, Classes, [count]), TruncatedNoise.Draw(count, latent, threshold, rng));

    public int LatentSize => latent + embedding;

    public Range ClassPart => latent..LatentSize;

    public Tensor ClassCodes(Tensor labels) => generator.Embed(labels);

    public Tensor DrawCodes(long count, Rng rng) =>
        Ops.Cat([Noise(count, rng), ClassCodes(rng.Integers(0, Classes, [count]))], 1);

    /// <summary>Of z and an embedding.</summary>
    public Tensor Decode(Tensor z) => (generator.Call((z[.., ..latent], z[.., latent..])) + 1) / 2;

    private Tensor Draw(Tensor y, Tensor z) => (Generate(z, y) + 1) / 2;
}
