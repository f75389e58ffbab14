using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Adversarial;

// The residual blocks that sngan, sagan and biggan are built of; what each makes its convolutions and its normalisation
// from is given.

/// <summary>How often an image's sides can be halved, and to what.</summary>
/// <param name="Halvings">How often.</param>
/// <param name="Height">The smallest height.</param>
/// <param name="Width">The smallest width.</param>
internal readonly record struct ResidualSizes(int Halvings, int Height, int Width)
{
    private const int SmallestSide = 4;

    /// <summary>Halves both sides while both stay whole and no shorter than 4: 28 to 7; 32, 64 and 128 to 4.</summary>
    /// <param name="model">The model's id, for the message of an error.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="least">Halvings that the discriminator needs.</param>
    /// <exception cref="ArgumentException">Fewer are possible.</exception>
    public static ResidualSizes Of(string model, ImageShape shape, int least)
    {
        var (n, h, w) = (0, shape.Height, shape.Width);
        for (; h % 2 == 0 && w % 2 == 0 && Math.Min(h, w) >= 2 * SmallestSide; n++) (h, w) = (h / 2, w / 2);
        return n >= least ? new ResidualSizes(n, h, w)
            : throw new ArgumentException($"{model} halves its images {least} times to sides of at least "
                + $"{SmallestSide}, and {shape} cannot be: use sides that are multiples of {1 << least} (data.size).");
    }

    // Brock et al. 2018, tables 4 to 6 and the authors' code for smaller images.
    private const int Even = 4, Widest = 16;

    /// <summary>Widths of the generator's maps, smallest map first, as multiples of its channels.</summary>
    public int[] GeneratorWidths => Halvings <= 3 ? [.. Enumerable.Repeat(Even, Halvings + 1)]
        : [.. Enumerable.Range(0, Halvings + 1).Select(i => i > 5 ? 1 : Math.Min(Widest, 1 << (5 - i)))];

    /// <summary>Widths after each of the discriminator's blocks, and whether the block halves.</summary>
    public (int Width, bool Halves)[] DiscriminatorWidths => Halvings <= 3
        ? [(Even, true), (Even, true), (Even, false), (Even, false)]
        : [.. Enumerable.Range(0, Halvings).Select(i => (Math.Min(Widest, 1 << i), true)), (Widest, false)];
}

/// <summary>A convolution that keeps its input's size: input channels, output channels, kernel.</summary>
internal delegate Layer ConvolutionOf(long inputs, long outputs, int kernel, bool bias = true);

/// <summary>Batch normalisation of so many channels under a condition.</summary>
internal delegate ConditionalBatchNorm2d NormOf(long channels);

/// <summary>relu(norm(x)), doubled, 3x3, relu(norm), 3x3; beside it the input, doubled, 1x1: (B, C, H, W) and a
/// condition to (B, C', 2 H, 2 W).</summary>
internal sealed partial class GeneratorBlock(long inputs, long outputs, ConvolutionOf conv, NormOf norm)
    : Module<(Tensor X, Tensor Condition), Tensor>
{
    private readonly ConditionalBatchNorm2d norm1 = norm(inputs), norm2 = norm(outputs);
    private readonly Layer conv1 = conv(inputs, outputs, 3), conv2 = conv(outputs, outputs, 3);
    private readonly Layer shortcut = conv(inputs, outputs, 1);

    protected override Tensor Forward((Tensor X, Tensor Condition) input)
    {
        var (x, c) = input;
        var h = conv1.Call(Doubled(norm1.Call((x, c)).Relu()));
        h = conv2.Call(norm2.Call((h, c)).Relu());
        return h + Doubled(shortcut.Call(x)); // one weight a pixel: as if doubled first
    }

    private static Tensor Doubled(Tensor x) => x.UpsampleNearest2d([2 * x.Size(2), 2 * x.Size(3)]);
}

/// <summary>relu, 3x3, relu, 3x3, halved; beside it the input, halved, 1x1: (B, C, H, W) to (B, C', H/2, W/2). The
/// first block of a discriminator has no rectifier before its first convolution.</summary>
internal sealed partial class DiscriminatorBlock(long inputs, long outputs, ConvolutionOf conv, bool first = false,
    bool halves = true) : Layer
{
    private readonly Layer conv1 = conv(inputs, outputs, 3), conv2 = conv(outputs, outputs, 3);
    private readonly Layer? shortcut = halves || inputs != outputs ? conv(inputs, outputs, 1) : null;

    protected override Tensor Forward(Tensor x)
    {
        var h = Halved(conv2.Call(conv1.Call(first ? x : x.Relu()).ReluInPlace()));
        return h + (shortcut?.Call(Halved(x)) ?? x); // one weight a pixel: as if halved last
    }

    private Tensor Halved(Tensor x) => halves ? Ops.AveragePool2d(x, [2, 2], [2, 2]) : x;
}

/// <summary>Self-attention over the places of an image (Zhang et al. 2018, https://arxiv.org/abs/1805.08318,
/// equations 1 to 3): y = gamma W_v sum_j softmax_j(f(x_i)^T g(x_j)) h(x_j) + x, gamma 0 at first.</summary>
internal sealed partial class SelfAttention(long channels, ConvolutionOf conv) : Layer
{
    private readonly Layer query = conv(channels, channels / 8, 1, false), key = conv(channels, channels / 8, 1, false);
    private readonly Layer value = conv(channels, channels / 2, 1, false);
    private readonly Layer output = conv(channels / 2, channels, 1, false);
    private readonly Parameter gamma = new(Tensor.Zeros([]));

    protected override Tensor Forward(Tensor x)
    {
        var (B, H, W) = (x.Size(0), x.Size(2), x.Size(3));
        var f = query.Call(x).Flatten(2).Transpose(1, 2); // (B, N, C/8), N = H W
        var g = key.Call(x).Flatten(2); // (B, C/8, N)
        var beta = f.MatMul(g).Softmax(-1); // (B, N, N), each row over the places attended to
        var o = beta.MatMul(value.Call(x).Flatten(2).Transpose(1, 2)); // (B, N, C/2)
        return x.Addcmul(gamma, output.Call(o.Transpose(1, 2).Reshape(B, -1, H, W)));
    }
}

/// <summary>The class as sngan's and sagan's generators see it: a vector of one 1, from which each normalisation reads
/// a gamma and a beta.</summary>
internal static class ClassCondition
{
    /// <summary>(B, classes); a single 1 for all where there are no classes.</summary>
    /// <param name="y">(B), Int64, or null.</param>
    /// <param name="classes">The model's option.</param>
    /// <param name="z">As many rows, and on the same device.</param>
    public static Tensor Of(Tensor? y, int classes, Tensor z) =>
        y is null ? Tensor.Ones([z.Size(0), 1], device: z.Device) : y.OneHot(classes).To(z.DType);

    /// <summary>Noise with classes drawn behind it, (B, J + classes); the noise itself where there are none.</summary>
    public static Tensor Draw(Tensor noise, int classes, Rng rng) => classes == 0 ? noise
        : Ops.Cat([noise, rng.Integers(0, classes, [noise.Size(0)]).OneHot(classes).To(noise.DType)], 1);

    /// <summary>A code, (B, J + classes), as noise and condition.</summary>
    public static (Tensor Z, Tensor Condition) Parts(Tensor code, int latent, int classes)
    {
        var z = code[.., ..latent];
        return (z, classes == 0 ? Of(null, 0, z) : code[.., latent..]);
    }

    /// <summary>A normalisation with a gamma and a beta a class, all classes alike at first.</summary>
    public static ConditionalBatchNorm2d Norm(long channels, int classes, Rng rng) =>
        new(channels, Zeros(classes, channels, rng), Zeros(classes, channels, rng));

    private static Linear Zeros(int classes, long channels, Rng rng)
    {
        var map = new Linear(Math.Max(1, classes), channels, rng, bias: false);
        Init.Zeros(map.Weight);
        return map;
    }
}

/// <summary>Scores features and their agreement with a class: l(phi) + y^T V phi, phi the sum over places of what is
/// left of relu(h) (Miyato and Koyama 2018, https://arxiv.org/abs/1802.05637, equation 4).</summary>
internal sealed partial class ProjectionHead(long features, int classes, Rng rng) : Module
{
    private readonly SpectralLinear score = new(features, 1, rng);
    private readonly SpectralEmbedding? ofClass = classes > 0 ? new(classes, features, rng) : null;

    /// <param name="h">(B, F, H, W)</param>
    /// <param name="y">(B), Int64; null without classes.</param>
    /// <returns>(B)</returns>
    public Tensor Call(Tensor h, Tensor? y)
    {
        var phi = h.Relu().Sum([2, 3]); // (B, F)
        var logit = score.Call(phi).Squeeze(1);
        return ofClass is null ? logit : logit + (ofClass.Call(y!) * phi).Sum([1]);
    }
}
