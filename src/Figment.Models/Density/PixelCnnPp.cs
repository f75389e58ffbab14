// PixelCNN++: Improving the PixelCNN with Discretized Logistic Mixture Likelihood and Other Modifications.
// T. Salimans, A. Karpathy, X. Chen, D. P. Kingma, 2017. https://arxiv.org/abs/1701.05517
//
//   log p(x) = sum_i log p(x_i | x_1, ..., x_i-1), x_i a pixel with all its channels
//   p(x_i | x_<i) = sum_k pi_k prod_c [ F((x_c + d - m_kc) / s_kc) - F((x_c - d - m_kc) / s_kc) ]   (equations 1 to 3)
//
// Figure 2: two streams, each a U of gated residual layers with short cuts from the way down to the way up.
//
//   u        "down": sees the rows above the present pixel       kernels 2x3
//   ul       "down right": the present row to the left too       kernels 2x2; takes u through 1x1 convolutions
//   layer    x + a sigmoid(b), (a, b) = conv(dropout(celu(conv(celu(x)) + nin(celu(short cut)))))
//   celu     concat-ELU, elu([x, -x])
//
// Deviations from the paper: no weight normalisation and so no data-dependent initialisation of it; instead PyTorch's
// default initialisation, with the last convolution of a layer scaled by the paper's 0.1, so that layers start near the
// identity. No class conditioning. Where the first layer sees nothing it answers its bias, not 0. Any number of
// halvings.
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of PixelCNN++; the defaults are a small net.</summary>
public sealed record PixelCnnPpOptions : ModelOptions
{
    /// <summary>Values a channel of a pixel can have: 2 for black and white, 256 for bytes.</summary>
    [Range(2, 256)]
    public int Levels { get; init; } = 256;

    /// <summary>Channels of both streams.</summary>
    [Range(1, 1024)]
    public int Channels { get; init; } = 24;

    /// <summary>Residual layers at each resolution on the way down; on the way up there is one more below the
    /// last.</summary>
    [Range(1, 20)]
    public int Layers { get; init; } = 2;

    /// <summary>How often both sides of the image are halved.</summary>
    [Range(0, 6)]
    public int Halvings { get; init; } = 2;

    /// <summary>Components of the mixture.</summary>
    [Range(1, 100)]
    public int Components { get; init; } = 5;

    /// <summary>Probability that a feature within a layer is dropped while training.</summary>
    [Range(0.0, 0.95)]
    public double Dropout { get; init; } = 0.1;
}

/// <summary>PixelCNN++.</summary>
public sealed partial class PixelCnnPp : Module, IDrawsSamples, IGivesDensity, ICompletesImages
{
    private readonly ImageShape shape;
    private readonly LogisticMixture mixture;
    private readonly ShiftedConv2d firstDown;
    private readonly ShiftedConv2d firstAbove;
    private readonly ShiftedConv2d firstLeft;
    private readonly IReadOnlyList<PixelCnnPpLevel> levels;
    private readonly Conv2d output;

    /// <param name="options">Sizes and levels.</param>
    /// <param name="shape">Of one image; both sides must be whole after all halvings.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">The sides cannot be halved so often.</exception>
    public PixelCnnPp(PixelCnnPpOptions options, ImageShape shape, Rng rng)
    {
        var (c, n, s) = (shape.Channels, options.Channels, options.Halvings);
        if (shape.Height % (1 << s) != 0 || shape.Width % (1 << s) != 0)
            throw new ArgumentException(
                $"{shape} cannot be halved {s} times: choose fewer halvings or another image size.");
        this.shape = shape;
        mixture = new LogisticMixture(c, options.Components, new PixelLevels(options.Levels));
        firstDown = ShiftedConv2d.Above(c + 1, n, 2, 3, rng);
        firstAbove = ShiftedConv2d.Above(c + 1, n, 1, 3, rng);
        firstLeft = ShiftedConv2d.ToTheLeft(c + 1, n, 2, 1, rng);
        levels = [.. Enumerable.Range(0, s + 1).Select(l => new PixelCnnPpLevel(options, l == 0, l == s, rng))];
        output = new Conv2d(n, mixture.Maps, 1, rng);
        To(MemoryFormat.ChannelsLast);
    }

    /// <summary>What each pixel is distributed as, given the pixels before.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <param name="rng">Draws what is dropped in training; null drops nothing.</param>
    /// <returns>(B, maps, H, W), see <see cref="LogisticMixture"/>.</returns>
    public Tensor Maps(Tensor x, Rng? rng = null)
    {
        var image = WithOnes(x); // (B, C + 1, H, W)
        var (u, ul) = (firstDown.Call(image), firstAbove.Call(image) + firstLeft.Call(image)); // (B, n, H, W)
        Stack<(Tensor U, Tensor Ul)> cuts = new([(u, ul)]);
        foreach (var level in levels)
        {
            for (var r = 0; r < level.DownU.Count; r++)
            {
                u = level.DownU[r].Call((u, null, null, rng));
                ul = level.DownUl[r].Call((ul, u, null, rng));
                cuts.Push((u, ul));
            }

            if (level.HalveU is null)
                continue;
            (u, ul) = (level.HalveU.Call(u), level.HalveUl!.Call(ul));
            cuts.Push((u, ul));
        }

        (u, ul) = cuts.Pop();
        foreach (var level in levels.Reverse())
        {
            for (var r = 0; r < level.UpU.Count; r++)
            {
                var cut = cuts.Pop();
                u = level.UpU[r].Call((u, null, cut.U, rng));
                ul = level.UpUl[r].Call((ul, u, cut.Ul, rng));
            }

            if (level.DoubleU is not null)
                (u, ul) = (level.DoubleU.Call(u), level.DoubleUl!.Call(ul));
        }

        return output.Call(ul.Elu());
    }

    public Tensor PixelLogProbabilities(Tensor images)
    {
        var log = mixture.LogProbabilities(images, Maps(images)).Unsqueeze(1); // (B, 1, H, W)
        return log.ConstantPadNd([0, 0, 0, 0, 0, images.Size(1) - 1]); // the joint's share is the first channel's
    }

    /// <summary>Maximises the log-likelihood, with dropout.</summary>
    internal static ITrainingTask Task(PixelCnnPp model, Optimizer optimizer) =>
        new LikelihoodTask("pixelcnn-pp", model, optimizer,
        (batch, step) => model.LogProbability(batch.Images, step.Rng));

    /// <summary>log p(x), in training with features dropped.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <param name="rng">Draws what is dropped.</param>
    /// <returns>Nats, (B).</returns>
    public Tensor LogProbability(Tensor images, Rng rng) =>
        mixture.LogProbabilities(images, Maps(images, rng)).Sum([-2, -1]);

    public Tensor Sample(int count, Rng rng, bool mean)
    {
        var x = Tensor.Zeros([count, shape.Channels, shape.Height, shape.Width], device: output.Weight.Device);
        RasterFilling.Fill(x, null, new Steps(this, x), rng);
        return mean ? NoGrad.Run(() => mixture.Mean(Maps(x))) : x;
    }

    public string? WhyNotCompletable(bool[,] given) =>
        RasterFilling.WhyNotCompletable(given, shape.Height, shape.Width);

    public Tensor Complete(Tensor images, bool[,] given, Rng rng)
    {
        var x = RasterFilling.Begin(images, given, shape, mixture.Levels);
        return RasterFilling.Fill(x, given, new Steps(this, x), rng);
    }

    // On [-1, 1], with a channel of ones that tells the image from the zeros around it.
    private static Tensor WithOnes(Tensor x) => ((2 * x) - 1).ConstantPadNd([0, 0, 0, 0, 0, 1], 1)
        .Contiguous(MemoryFormat.ChannelsLast);
}

/// <summary>One resolution: its layers on the way down and up, and the ways to the next.</summary>
internal sealed partial class PixelCnnPpLevel : Module
{
    public PixelCnnPpLevel(PixelCnnPpOptions options, bool isFirst, bool isLast, Rng rng)
    {
        var (n, down, up) = (options.Channels, options.Layers, options.Layers + (isLast ? 0 : 1));
        PixelCnnPpLayer Layer(bool isUl, bool hasCut) => new(n, options.Dropout, isUl, hasCut, rng);
        DownU = [.. Enumerable.Range(0, down).Select(_ => Layer(isUl: false, hasCut: false))];
        DownUl = [.. Enumerable.Range(0, down).Select(_ => Layer(isUl: true, hasCut: false))];
        UpU = [.. Enumerable.Range(0, up).Select(_ => Layer(isUl: false, hasCut: true))];
        UpUl = [.. Enumerable.Range(0, up).Select(_ => Layer(isUl: true, hasCut: true))];
        if (!isLast)
        {
            HalveU = ShiftedConv2d.Downward(n, n, 2, 3, rng, stride: 2);
            HalveUl = ShiftedConv2d.DownRight(n, n, 2, 2, rng, stride: 2);
        }

        if (!isFirst)
        {
            DoubleU = new ConvTranspose2d(n, n, (2, 3), rng, stride: 2, padding: (0, 1), outputPadding: (0, 1));
            DoubleUl = new ConvTranspose2d(n, n, 2, rng, stride: 2);
        }
    }

    public IReadOnlyList<PixelCnnPpLayer> DownU { get; }

    public IReadOnlyList<PixelCnnPpLayer> DownUl { get; }

    public ShiftedConv2d? HalveU { get; }

    public ShiftedConv2d? HalveUl { get; }

    public IReadOnlyList<PixelCnnPpLayer> UpU { get; }

    public IReadOnlyList<PixelCnnPpLayer> UpUl { get; }

    public ConvTranspose2d? DoubleU { get; }

    public ConvTranspose2d? DoubleUl { get; }
}

/// <summary>The gated residual layer: (x, u, short cut, what is dropped) to x's shape.</summary>
internal sealed partial class PixelCnnPpLayer : Module<(Tensor X, Tensor? U, Tensor? Cut, Rng? Rng), Tensor>
{
    private readonly Dropout dropout;

    /// <param name="n">Channels.</param>
    /// <param name="p">Probability of dropping.</param>
    /// <param name="isUl">Of the stream "down right", which takes u.</param>
    /// <param name="hasCut">Whether a short cut comes in.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public PixelCnnPpLayer(int n, double p, bool isUl, bool hasCut, Rng rng)
    {
        ShiftedConv2d Conv(long outputs) => isUl
            ? ShiftedConv2d.DownRight(2 * n, outputs, 2, 2, rng) : ShiftedConv2d.Downward(2 * n, outputs, 2, 3, rng);
        In = Conv(n);
        FromU = isUl ? new Conv2d(2 * n, n, 1, rng) : null;
        FromCut = hasCut ? new Conv2d(2 * n, n, 1, rng) : null;
        dropout = new Dropout(p);
        Out = Conv(2 * n);
        NoGrad.Run(() => { Out.Weight.MulInPlace(0.1); });
    }

    public ShiftedConv2d In { get; }

    public Conv2d? FromU { get; }

    public Conv2d? FromCut { get; }

    public ShiftedConv2d Out { get; }

    /// <summary>concat-ELU: twice the channels.</summary>
    public static Tensor Celu(Tensor x) => Ops.Cat([x, -x], 1).Elu();

    /// <summary>x + a sigmoid(b), a and b the halves of the channels.</summary>
    public static Tensor Gate(Tensor x, Tensor ab)
    {
        var halves = ab.Chunk(2, 1);
        return x.Addcmul(halves[0], halves[1].Sigmoid());
    }

    protected override Tensor Forward((Tensor X, Tensor? U, Tensor? Cut, Rng? Rng) input)
    {
        var c = In.Call(Celu(input.X));
        if (FromU is not null)
            c = c + FromU.Call(Celu(input.U!));
        if (FromCut is not null)
            c = c + FromCut.Call(Celu(input.Cut!));
        c = Celu(c);
        return Gate(input.X, Out.Call(input.Rng is null ? c : dropout.Call(c, input.Rng)));
    }
}
