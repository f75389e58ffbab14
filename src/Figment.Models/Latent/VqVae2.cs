// Generating Diverse High-Fidelity Images with VQ-VAE-2. A. Razavi, A. van den Oord, O. Vinyals, 2019.
// https://arxiv.org/abs/1906.00446
//
//   Quantize(h) = e_k, k = argmin_j || h - e_j ||                                  (equation 1)
//   L = -log p(x|e) + beta (|| h_top - sg[e_top] ||^2 + || h_bottom - sg[e_bottom] ||^2)
//                                                         (equation 2 on both levels, without its second term)
//   log p(x) >= log p(x|e_top, e_bottom) + log p(k_top) + log p(k_bottom|k_top)    (section 3.2)
//
//   bottom   E_bottom(x, e_top) = h_bottom, (B, D, H/2^n, W/2^n): n halvings of x, joined with what is decoded of e_top
//   top      E_top(x) = h_top: one halving more of the bottom's features; 7 become 4, by a kernel of 3 instead of 4
//   D        (e_top upsampled, e_bottom) -> maps of p(x|e)
//   priors   p(k_top) and p(k_bottom|k_top), gated PixelCNNs; both by class where the option classes says so (figure 2)
//
// Deviations from the paper: the top prior has no self-attention and neither has dropout (the paper's are PixelSNAILs).
// The priors learn in the same steps as the autoencoder, from codes that their gradients do not reach. Codes that die
// are moved to where codes are. The terms of L are means: nats a pixel and channel, squared distance a code.
using System.ComponentModel.DataAnnotations;
using Figment.Data;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>Options of the two-level vector-quantised autoencoder.</summary>
public sealed record VqVae2Options : ModelOptions
{
    /// <summary>n, how often the bottom level halves the image (paper: 2); the top level halves it once more.</summary>
    [Range(1, 6)]
    public int Halvings { get; init; } = 2;

    /// <summary>K, vectors in each of the two codebooks.</summary>
    [Range(2, 65536)]
    public int Codes { get; init; } = 512;

    /// <summary>D, numbers in each vector.</summary>
    [Range(1, 1024)]
    public int CodeSize { get; init; } = 32;

    /// <summary>Channels of encoders and decoders.</summary>
    [Range(2, 1024)]
    public int Channels { get; init; } = 64;

    /// <summary>Residual blocks in each of them, and in what the bottom prior makes of the top level.</summary>
    [Range(0, 20)]
    public int Blocks { get; init; } = 2;

    /// <summary>Channels inside a residual block.</summary>
    [Range(1, 1024)]
    public int BlockChannels { get; init; } = 32;

    /// <summary>p(x|e), pixel by pixel.</summary>
    public PixelDistribution Pixels { get; init; } = new GaussianPixels();

    /// <summary>beta, how strongly codes are held to their vectors.</summary>
    [Range(0.0, 100.0)]
    public double Beta { get; init; } = 0.25;

    /// <summary>How much of the codebooks' moving averages a step keeps.</summary>
    [Range(0.0, 0.99999)]
    public double Decay { get; init; } = 0.99;

    /// <summary>Gated layers of the top prior.</summary>
    [Range(1, 50)]
    public int TopPriorLayers { get; init; } = 6;

    /// <summary>Channels of the top prior's stacks.</summary>
    [Range(1, 1024)]
    public int TopPriorChannels { get; init; } = 64;

    /// <summary>Gated layers of the bottom prior.</summary>
    [Range(1, 50)]
    public int BottomPriorLayers { get; init; } = 6;

    /// <summary>Channels of the bottom prior's stacks.</summary>
    [Range(1, 1024)]
    public int BottomPriorChannels { get; init; } = 64;

    /// <summary>Number of classes that both priors are conditioned on, from the data's labels; 0 for none.</summary>
    [Range(0, 10_000)]
    public int Classes { get; init; }
}

/// <summary>Encoders, codebooks and decoders of both levels: images to two grids of codes, and back.</summary>
public sealed partial class VqAutoencoder2 : Module
{
    private readonly Sequential features; // x (B, C, H, W) -> (B, h, H/2^n, W/2^n)
    private readonly Sequential topEncoder; // features -> h_top
    private readonly Sequential topDecoder; // e_top -> (B, h, H/2^n, W/2^n)
    private readonly Conv2d join; // both -> h_bottom
    private readonly ConvTranspose2d upsample; // e_top -> (B, D, H/2^n, W/2^n)
    private readonly Sequential decoder; // that and e_bottom -> maps (B, M C, H, W)

    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public VqAutoencoder2(VqVae2Options options, ImageShape shape, Rng rng)
    {
        var (c, h, d, n) = (shape.Channels, options.Channels, options.CodeSize, options.Halvings);
        var kernel = TopKernel((shape.Height >> n, shape.Width >> n));
        Layer[] Blocks(long from) =>
            [new Conv2d(from, h, 3, rng, padding: 1), .. VqBlock.Stack(options.Blocks, h, options.BlockChannels, rng)];
        ConvTranspose2d Up(long from, long to, Size2 k) => new(from, to, k, rng, stride: 2, padding: 1);
        Layer[] Down(long from, long to, Size2 k) => [new Conv2d(from, to, k, rng, stride: 2, padding: 1), new Relu()];
        // Where there are several halvings, the first has half the channels.
        long Width(int l) => l == 0 ? c : l == 1 && n > 1 ? h / 2 : h;
        features = new Sequential([
            .. Enumerable.Range(1, n).SelectMany(l => Down(Width(l - 1), Width(l), 4)), .. Blocks(h)]);
        topEncoder = new Sequential([.. Down(h, h, kernel), .. Blocks(h), new Conv2d(h, d, 1, rng)]);
        Top = new Codebook(options.Codes, d, rng);
        topDecoder = new Sequential([.. Blocks(d), Up(h, h, kernel)]);
        join = new Conv2d(2 * h, d, 1, rng);
        Bottom = new Codebook(options.Codes, d, rng);
        upsample = Up(d, d, kernel);
        decoder = new Sequential([.. Blocks(2 * d),
            .. Enumerable.Range(2, n - 1).Reverse().SelectMany(l => (Layer[])[
                Up(Width(l), Width(l - 1), 4), new Relu()]), Up(Width(1), c * options.Pixels.MapsPerChannel, 4)]);
        To(MemoryFormat.ChannelsLast);
    }

    /// <summary>The top level's vectors.</summary>
    public Codebook Top { get; }

    /// <summary>The bottom level's vectors.</summary>
    public Codebook Bottom { get; }

    /// <summary>Lines 1 to 4 of algorithm 1: the top level is rounded first, and the bottom level sees it.</summary>
    /// <param name="x">(B, C, H, W)</param>
    public (RoundedCodes Top, RoundedCodes Bottom) Encode(Tensor x)
    {
        var f = features.Call(x.Contiguous(MemoryFormat.ChannelsLast));
        var top = Top.Round(topEncoder.Call(f));
        var seen = topDecoder.Call(top.StraightThrough());
        return (top, Bottom.Round(join.Call(Ops.Cat([seen, f], 1))));
    }

    /// <summary>The maps of p(x|e).</summary>
    /// <param name="eTop">(B, D, top grid)</param>
    /// <param name="eBottom">(B, D, bottom grid)</param>
    public Tensor Decode(Tensor eTop, Tensor eBottom) => decoder.Call(Ops.Cat([upsample.Call(eTop), eBottom], 1));

    // Steps of 2 in a kernel of 4 halve an even side and double it again; in one of 3 an odd side, 7 to 4 to 7.
    internal static Size2 TopKernel((int Height, int Width) bottom) =>
        (4 - (bottom.Height % 2), 4 - (bottom.Width % 2));
}

/// <summary>p(k_bottom|k_top): residual blocks over e_top, upsampled, are the condition of a gated PixelCNN.</summary>
public sealed partial class BottomPrior : Module
{
    private readonly Sequential condition; // e_top -> (B, p, height, width)
    private readonly CodePrior codes;

    /// <param name="options">Sizes.</param>
    /// <param name="grid">The bottom grid.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public BottomPrior(VqVae2Options options, (int Height, int Width) grid, Rng rng)
    {
        var p = options.BottomPriorChannels;
        condition = new Sequential([
            new Conv2d(options.CodeSize, p, 3, rng, padding: 1),
            .. VqBlock.Stack(options.Blocks, p, options.BlockChannels, rng),
            new ConvTranspose2d(p, p, VqAutoencoder2.TopKernel(grid), rng, stride: 2, padding: 1)]);
        codes = new CodePrior(options.Codes, grid, options.BottomPriorLayers, p, options.Classes, p, rng);
        To(MemoryFormat.ChannelsLast);
    }

    /// <summary>Logits of every code, given those before it and the top level.</summary>
    /// <param name="k">(B, height, width), Int64</param>
    /// <param name="eTop">(B, D, top grid)</param>
    /// <param name="y">(B), or null without classes.</param>
    /// <returns>(B, K, height, width)</returns>
    public Tensor Logits(Tensor k, Tensor eTop, Tensor? y = null) => codes.Logits(k, y, condition.Call(eTop));

    /// <inheritdoc cref="CodePrior.LogProbability"/>
    public Tensor LogProbability(Tensor k, Tensor eTop, Tensor? y = null) =>
        codes.LogProbability(k, y, condition.Call(eTop));

    /// <inheritdoc cref="CodePrior.NatsOfACode"/>
    public Tensor NatsOfACode(Tensor k, Tensor eTop, Tensor? y = null) => codes.NatsOfACode(k, y, condition.Call(eTop));

    /// <summary>Draws a grid for each top grid.</summary>
    /// <returns>(B, height, width), Int64</returns>
    public Tensor Sample(Tensor eTop, Rng rng, Tensor? y = null) =>
        codes.Sample(eTop.Size(0), rng, y, condition.Call(eTop));
}

/// <summary>The two-level vector-quantised autoencoder with its priors.</summary>
public sealed partial class VqVae2 : Module, IDrawsSamples, IDrawsClasses, IScoresExamples, IEncodesImages
{
    private readonly PixelDistribution pixels;
    private readonly (int Height, int Width) top, bottom;
    private readonly int d;

    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image: sides that can be halved as often as the option halvings says.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">The image's sides cannot be halved that often.</exception>
    public VqVae2(VqVae2Options options, ImageShape shape, Rng rng)
    {
        var factor = 1 << options.Halvings;
        if (shape.Height % factor != 0 || shape.Width % factor != 0)
            throw new ArgumentException($"vqvae2 halves its images {options.Halvings} times for its bottom level, and "
                + $"{shape} cannot be: use sides that are multiples of {factor} (data.size) or fewer halvings "
                + "(model.halvings).");
        (pixels, d, Classes) = (options.Pixels, options.CodeSize, options.Classes);
        bottom = (shape.Height / factor, shape.Width / factor);
        top = ((bottom.Height + 1) / 2, (bottom.Width + 1) / 2);
        Autoencoder = new VqAutoencoder2(options, shape, rng);
        TopPrior = new CodePrior(options.Codes, top, options.TopPriorLayers, options.TopPriorChannels, Classes, 0, rng);
        BottomPrior = new BottomPrior(options, bottom, rng);
    }

    public VqAutoencoder2 Autoencoder { get; }

    public CodePrior TopPrior { get; }

    public BottomPrior BottomPrior { get; }

    public int Classes { get; }

    /// <summary>D times both grids: the top level's codes before they are rounded, then the bottom level's.</summary>
    public int LatentSize => TopSize + (d * bottom.Height * bottom.Width);

    private int TopSize => d * top.Height * top.Width;

    /// <summary>log p(x|e) of each image and its levels, the gradient passed straight through both roundings.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <returns>Nats (B); the two levels.</returns>
    public (Tensor LogPxe, RoundedCodes Top, RoundedCodes Bottom) Terms(Tensor x)
    {
        var (t, b) = Autoencoder.Encode(x);
        var maps = Autoencoder.Decode(t.StraightThrough(), b.StraightThrough());
        return (pixels.LogProbability(x, maps), t, b);
    }

    /// <summary>log p(k_top, k_bottom) of each image's codes; with classes log of the mean over them, which has no
    /// gradient: the class is the same on both levels.</summary>
    /// <returns>Nats, (B).</returns>
    public Tensor LogPrior(RoundedCodes t, RoundedCodes b)
    {
        Tensor Given(Tensor? y) => TopPrior.LogProbability(t.K, y) + BottomPrior.LogProbability(b.K, t.E, y);
        return Classes == 0 ? Given(null) : Ops.Stack([.. Nn.Decode.Steps(Classes, y =>
            Given(Tensor.Full([t.K.Size(0)], y, DType.Int64, t.K.Device)))]).LogSumExp(0) - Math.Log(Classes);
    }

    public bool TightensWithDraws => false;

    // Given x one pair of grids has all the probability, so that the bound has no entropy term and no draw.
    public Tensor LowerBound(Tensor images, Rng rng)
    {
        var (logPxe, t, b) = Terms(images);
        return logPxe + LogPrior(t, b);
    }

    public Tensor LogLikelihood(Tensor images, Rng rng, int draws) => LowerBound(images, rng);

    public Tensor Sample(int count, Rng rng, bool mean) =>
        Draw(count, Classes == 0 ? null : rng.Integers(0, Classes, [count]), rng, mean);

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) => Draw(labels.Size(0), labels, rng, mean);

    public Tensor Encode(Tensor images)
    {
        var (t, b) = Autoencoder.Encode(images);
        return Ops.Cat([t.Z.Contiguous().Flatten(1), b.Z.Contiguous().Flatten(1)], 1);
    }

    // Rounds first: what is decoded is always made of codebook vectors.
    public Tensor Decode(Tensor z)
    {
        var hTop = z.Narrow(1, 0, TopSize).Reshape(-1, d, top.Height, top.Width);
        var hBottom = z.Narrow(1, TopSize, LatentSize - TopSize).Reshape(-1, d, bottom.Height, bottom.Width);
        return Show(Autoencoder.Top.Round(hTop).E, Autoencoder.Bottom.Round(hBottom).E);
    }

    public Tensor Reconstruct(Tensor images, Rng? rng)
    {
        var (t, b) = Autoencoder.Encode(images);
        return Show(t.E, b.E);
    }

    // e_top ~ p(top), e_bottom ~ p(bottom|top), then D (section 3.2)
    private Tensor Draw(long count, Tensor? y, Rng rng, bool mean)
    {
        var eTop = Autoencoder.Top.Lookup(TopPrior.Sample(count, rng, y));
        var eBottom = Autoencoder.Bottom.Lookup(BottomPrior.Sample(eTop, rng, y));
        return Show(eTop, eBottom, mean ? null : rng);
    }

    private Tensor Show(Tensor eTop, Tensor eBottom, Rng? rng = null) => rng is null
        ? pixels.Mean(Autoencoder.Decode(eTop, eBottom)) : pixels.Draw(Autoencoder.Decode(eTop, eBottom), rng);
}

/// <summary>Trains autoencoder, codebooks and both priors side by side.</summary>
/// <param name="model">The model.</param>
/// <param name="optimizers">Of the autoencoder, of the top prior and of the bottom prior.</param>
/// <param name="options">beta and the codebooks' decay.</param>
public sealed class VqVae2Task(VqVae2 model, (Optimizer Autoencoder, Optimizer Top, Optimizer Bottom) optimizers,
    VqVae2Options options) : ITrainingTask
{
    private readonly Player autoencoder = new("vqvae2", optimizers.Autoencoder, model.Autoencoder);
    private readonly Player topPrior = new("top-prior", optimizers.Top, model.TopPrior);
    private readonly Player bottomPrior = new("bottom-prior", optimizers.Bottom, model.BottomPrior);

    public Module Module => model;

    public IReadOnlyList<Player> Players => [autoencoder, topPrior, bottomPrior];

    public void Step(Batch batch, StepContext step)
    {
        var x = batch.Images;
        var y = batch.LabelsFor(model.Classes);
        var (logPxe, top, bottom) = model.Terms(x);
        step.Minimize(autoencoder, () =>
        {
            var reconstruction = -logPxe.Mean() / (x.Count / x.Size(0));
            var (ofTop, ofBottom) = (top.Commitment, bottom.Commitment);
            step.Log("reconstruction", reconstruction);
            step.Log("top/commitment", ofTop);
            step.Log("bottom/commitment", ofBottom);
            return reconstruction + (options.Beta * (ofTop + ofBottom)); // equation 2
        });
        if (step.IsActive(autoencoder))
        {
            Follow("top", model.Autoencoder.Top, top, step);
            Follow("bottom", model.Autoencoder.Bottom, bottom, step);
        }

        step.Minimize(topPrior, () => Logged("top", model.TopPrior.NatsOfACode(top.K, y), step));
        step.Minimize(bottomPrior, () => Logged("bottom", model.BottomPrior.NatsOfACode(bottom.K, top.E, y), step));
    }

    // Equation 3: the vectors follow the codes by moving averages.
    private void Follow(string name, Codebook codebook, RoundedCodes level, StepContext step)
    {
        var (dead, perplexity) = codebook.Update(level.Z, level.K, options.Decay, step.Rng);
        step.Log($"{name}/perplexity", perplexity);
        step.Log($"{name}/dead", dead);
    }

    private static Tensor Logged(string name, Tensor nats, StepContext step)
    {
        step.Log($"{name}/bits", nats / Math.Log(2));
        return nats;
    }
}
