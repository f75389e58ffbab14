// Neural Discrete Representation Learning. A. van den Oord, O. Vinyals, K. Kavukcuoglu, 2017.
// https://arxiv.org/abs/1711.00937
//
//   k = argmin_j || z_e(x) - e_j ||,  z_q = e_k                                    (equations 1 and 2)
//   L = -log p(x|z_q) + beta || z_e(x) - sg[e] ||^2                                (equation 3 without its second term)
//   log p(x) >= log p(x|z_q(x)) + log p(k(x))                                      (section 3.2)
//
//   encoder   x -> z_e, (B, D, H/4, W/4): two halvings, residual blocks
//   codebook  the K vectors e, which follow z_e by moving averages (appendix A.1) instead of the paper's second term
//   decoder   z_q -> maps of p(x|z_q)
//   prior     p(k), a gated PixelCNN over the codes; by class where the option classes says so
//
// Deviations from the paper: the prior learns in the same steps as the autoencoder, from codes that its gradient does
// not reach, instead of afterwards. Codes that die are moved to where codes are. The two terms of L are means: nats a
// pixel and channel, squared distance a code.
using System.ComponentModel.DataAnnotations;
using Figment.Data;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>Options of the vector-quantised autoencoder.</summary>
public sealed record VqVaeOptions : ModelOptions
{
    /// <summary>K, vectors in the codebook.</summary>
    [Range(2, 65536)]
    public int Codes { get; init; } = 512;

    /// <summary>D, numbers in each.</summary>
    [Range(1, 1024)]
    public int CodeSize { get; init; } = 32;

    /// <summary>Channels of encoder and decoder.</summary>
    [Range(2, 1024)]
    public int Channels { get; init; } = 64;

    /// <summary>Residual blocks in each of them.</summary>
    [Range(0, 20)]
    public int Blocks { get; init; } = 2;

    /// <summary>Channels inside a residual block.</summary>
    [Range(1, 1024)]
    public int BlockChannels { get; init; } = 32;

    /// <summary>p(x|z), pixel by pixel.</summary>
    public PixelDistribution Pixels { get; init; } = new GaussianPixels();

    /// <summary>beta, how strongly codes are held to their vectors.</summary>
    [Range(0.0, 100.0)]
    public double Beta { get; init; } = 0.25;

    /// <summary>How much of the codebook's moving averages a step keeps.</summary>
    [Range(0.0, 0.99999)]
    public double Decay { get; init; } = 0.99;

    /// <summary>Gated layers of the prior.</summary>
    [Range(1, 50)]
    public int PriorLayers { get; init; } = 6;

    /// <summary>Channels of the prior's stacks.</summary>
    [Range(1, 1024)]
    public int PriorChannels { get; init; } = 64;

    /// <summary>Number of classes that the prior is conditioned on, from the data's labels; 0 for none.</summary>
    [Range(0, 10_000)]
    public int Classes { get; init; }
}

/// <summary>Encoder, codebook and decoder: images to grids of codes, and back.</summary>
public sealed partial class VqAutoencoder : Module
{
    private readonly Sequential encoder; // x (B, C, H, W) -> z_e (B, D, H/4, W/4)
    private readonly Sequential decoder; // z_q -> maps (B, M C, H, W)

    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public VqAutoencoder(VqVaeOptions options, ImageShape shape, Rng rng)
    {
        var (c, h, d) = (shape.Channels, options.Channels, options.CodeSize);
        Layer[] Blocks() => VqBlock.Stack(options.Blocks, h, options.BlockChannels, rng);
        encoder = new Sequential([
            new Conv2d(c, h / 2, 4, rng, stride: 2, padding: 1), new Relu(),
            new Conv2d(h / 2, h, 4, rng, stride: 2, padding: 1), new Relu(),
            new Conv2d(h, h, 3, rng, padding: 1), .. Blocks(),
            new Conv2d(h, d, 1, rng)]);
        Codebook = new Codebook(options.Codes, d, rng);
        decoder = new Sequential([
            new Conv2d(d, h, 3, rng, padding: 1), .. Blocks(),
            new ConvTranspose2d(h, h / 2, 4, rng, stride: 2, padding: 1), new Relu(),
            new ConvTranspose2d(h / 2, c * options.Pixels.MapsPerChannel, 4, rng, stride: 2, padding: 1)]);
        To(MemoryFormat.ChannelsLast);
    }

    /// <summary>The vectors e.</summary>
    public Codebook Codebook { get; }

    /// <summary>z_e(x).</summary>
    /// <param name="x">(B, C, H, W)</param>
    /// <returns>(B, D, H/4, W/4)</returns>
    public Tensor Encode(Tensor x) => encoder.Call(x.Contiguous(MemoryFormat.ChannelsLast));

    /// <summary>The maps of p(x|z).</summary>
    /// <param name="z">(B, D, H/4, W/4)</param>
    public Tensor Decode(Tensor z) => decoder.Call(z);
}

/// <summary>x + conv1x1(relu(conv3x3(relu(x)))), section 4.1.</summary>
internal sealed partial class VqBlock(int h, int inner, Rng rng) : Layer
{
    private readonly Conv2d reduce = new(h, inner, 3, rng, padding: 1, bias: false);
    private readonly Conv2d expand = new(inner, h, 1, rng, bias: false);

    /// <summary>Several blocks, then relu.</summary>
    public static Layer[] Stack(int count, int h, int inner, Rng rng) =>
        [.. Enumerable.Range(0, count).Select(_ => new VqBlock(h, inner, rng)), new Relu()];

    protected override Tensor Forward(Tensor x) => x + expand.Call(reduce.Call(x.Relu()).ReluInPlace());
}

/// <summary>The vector-quantised autoencoder with its prior.</summary>
public sealed partial class VqVae : Module, IDrawsSamples, IDrawsClasses, IScoresExamples, IEncodesImages
{
    private readonly ImageShape shape;
    private readonly PixelDistribution pixels;
    private readonly (int Height, int Width) grid;
    private readonly int d;

    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image: sides that can be halved twice.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">The image's sides cannot be halved twice.</exception>
    public VqVae(VqVaeOptions options, ImageShape shape, Rng rng)
    {
        if (shape.Height % 4 != 0 || shape.Width % 4 != 0)
            throw new ArgumentException($"vqvae halves its images twice, and {shape} cannot be: "
                + "use sides that are multiples of 4 (data.size).");
        (this.shape, pixels, d) = (shape, options.Pixels, options.CodeSize);
        grid = (shape.Height / 4, shape.Width / 4);
        Autoencoder = new VqAutoencoder(options, shape, rng);
        Prior = new CodePrior(options.Codes, grid, options.PriorLayers, options.PriorChannels, options.Classes, 0, rng);
    }

    public VqAutoencoder Autoencoder { get; }

    public CodePrior Prior { get; }

    public int Classes => Prior.Classes;

    /// <summary>D times the grid: a code before it is rounded, channel by channel.</summary>
    public int LatentSize => d * grid.Height * grid.Width;

    /// <summary>log p(x|z_q) of each image, the gradient passed straight through, and its codes.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <returns>Nats (B); z_e, k and e.</returns>
    public (Tensor LogPxz, RoundedCodes Codes) Terms(Tensor x)
    {
        var codes = Autoencoder.Codebook.Round(Autoencoder.Encode(x));
        return (pixels.LogProbability(x, Autoencoder.Decode(codes.StraightThrough())), codes);
    }

    public bool TightensWithDraws => false;

    // Given x one k has all the probability, so that the bound has no entropy term and no draw.
    public Tensor LowerBound(Tensor images, Rng rng)
    {
        var (logPxz, codes) = Terms(images);
        return logPxz + Prior.LogProbability(codes.K);
    }

    public Tensor LogLikelihood(Tensor images, Rng rng, int draws) => LowerBound(images, rng);

    public Tensor Sample(int count, Rng rng, bool mean) =>
        Show(Prior.Sample(count, rng, Classes == 0 ? null : rng.Integers(0, Classes, [count])), rng, mean);

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) =>
        Show(Prior.Sample(labels.Size(0), rng, labels), rng, mean);

    public Tensor Encode(Tensor images) => Autoencoder.Encode(images).Contiguous().Flatten(1);

    // Rounds first: what is decoded is always made of codebook vectors.
    public Tensor Decode(Tensor z) => Show(Autoencoder.Codebook.Nearest(z.View(-1, d, grid.Height, grid.Width)));

    public Tensor Reconstruct(Tensor images, Rng? rng) =>
        Show(Autoencoder.Codebook.Nearest(Autoencoder.Encode(images)));

    private Tensor Show(Tensor k, Rng? rng = null, bool mean = true)
    {
        var maps = Autoencoder.Decode(Autoencoder.Codebook.Lookup(k));
        return mean ? pixels.Mean(maps) : pixels.Draw(maps, rng!);
    }
}

/// <summary>Trains autoencoder, codebook and prior side by side.</summary>
/// <param name="model">The model.</param>
/// <param name="optimizers">Of the autoencoder and of the prior.</param>
/// <param name="options">beta and the codebook's decay.</param>
public sealed class VqVaeTask(VqVae model, (Optimizer Autoencoder, Optimizer Prior) optimizers, VqVaeOptions options)
    : ITrainingTask
{
    private readonly Player autoencoder = new("vqvae", optimizers.Autoencoder, model.Autoencoder);
    private readonly Player prior = new("prior", optimizers.Prior, model.Prior);

    public Module Module => model;

    public IReadOnlyList<Player> Players => [autoencoder, prior];

    public void Step(Batch batch, StepContext step)
    {
        var x = batch.Images;
        var codebook = model.Autoencoder.Codebook;
        var (logPxz, codes) = model.Terms(x);
        step.Minimize(autoencoder, () =>
        {
            var reconstruction = -logPxz.Mean() / (x.Count / x.Size(0));
            var commitment = codes.Commitment;
            step.Log("reconstruction", reconstruction);
            step.Log("commitment", commitment);
            return reconstruction + (options.Beta * commitment); // equation 3
        });
        if (step.IsActive(autoencoder))
        {
            var (dead, perplexity) = codebook.Update(codes.Z, codes.K, options.Decay, step.Rng);
            step.Log("codes/perplexity", perplexity);
            step.Log("codes/dead", dead);
        }

        step.Minimize(prior, () =>
        {
            var y = batch.LabelsFor(model.Classes);
            var nats = model.Prior.NatsOfACode(codes.K, y);
            step.Log("codes/bits", nats / Math.Log(2));
            return nats;
        });
    }
}
