// RNADE: The real-valued neural autoregressive density-estimator. B. Uria, I. Murray, H. Larochelle, 2013.
// https://arxiv.org/abs/1306.0186
//
//   p(x) = prod_d p(x_d | x_<d),   p(x_d | x_<d) = sum_k alpha_dk N(x_d; mu_dk, sigma_dk^2)        (equation 6)
//   h_d = relu(rho_d a_d),   a_1 = c,   a_(d+1) = a_d + x_d W_d                                    (equations 4, 5)
//   alpha_d = softmax(V^alpha_d h_d + b),   mu_d = V^mu_d h_d + b,   sigma_d = exp(V^sigma_d h_d + b)  (7 to 9)
//
// Deviations: inputs are divided by a constant first, so that weights of usual size fit them (densities are told in the
// data's own units); gradients of the means are not multiplied by sigma; any optimiser; the deviation has a floor of
// 1/1000 of the scale.
//
//   input    W (D, H)         hidden   c (H)         rescale   rho (D)
//   output   V (D, H, 3 K)    visible  b (D, 3 K): K for alpha, K for mu, K for log sigma
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of RNADE.</summary>
public sealed record RnadeOptions : ModelOptions
{
    /// <summary>H, hidden units.</summary>
    [Range(1, 65536)]
    public int Hidden { get; init; } = 512;

    /// <summary>K, Gaussians in each conditional.</summary>
    [Range(1, 256)]
    public int Components { get; init; } = 10;

    /// <summary>What the data are divided by; about their standard deviation.</summary>
    [Range(1e-6, 1e6)]
    public double Scale { get; init; } = 1;

    /// <summary>The order in which numbers are predicted from those before them.</summary>
    public PixelOrder PixelOrder { get; init; } = PixelOrder.Raster;
}

/// <summary>The model of real-valued vectors and patches, which need not lie in [0, 1].</summary>
public sealed partial class Rnade : Module, IGivesDensity, IDrawsSamples, ICompletesImages
{
    private const double LogSigmaFloor = -6.9;
    private static readonly double HalfLogTwoPi = 0.5 * Math.Log(2 * Math.PI);

    private readonly PixelSequence sequence;
    private readonly double scale;
    private readonly Parameter input, hidden, rescale, output, visible;

    /// <param name="options">Sizes and scale.</param>
    /// <param name="shape">Of one image or vector.</param>
    /// <param name="rng">Draws the weights and a random order.</param>
    public Rnade(RnadeOptions options, ImageShape shape, Rng rng)
    {
        var (d, h, k) = (shape.Length, options.Hidden, options.Components);
        (sequence, scale) = (new PixelSequence(options.PixelOrder, shape, rng), options.Scale);
        var (outer, inner) = (1 / Math.Sqrt(d), 1 / Math.Sqrt(h));
        input = new Parameter(rng.Uniform([d, h], -outer, outer));
        hidden = new Parameter(rng.Uniform([h], -outer, outer));
        rescale = new Parameter(Tensor.Ones([d]));
        output = new Parameter(rng.Uniform([d, h, 3 * k], -inner, inner));
        // apart from each other, or components would stay equal
        visible = new Parameter(rng.Uniform([d, 3 * k], -1, 1));
    }

    /// <summary>The numbers of every conditional: for pixel d of the image the K logits of alpha, the K means and the K
    /// logarithms of deviations, in units of the scale.</summary>
    /// <param name="images">(B, C, H, W)</param>
    /// <returns>(B, D, 3 K), in the model's order.</returns>
    public Tensor Conditionals(Tensor images) => Mixtures(sequence.Of(images) / scale);

    public Tensor PixelLogProbabilities(Tensor images) => sequence.Images(Logs(sequence.Of(images) / scale));

    /// <summary>log p(x), (B), as training maximises it.</summary>
    /// <param name="images">(B, C, H, W)</param>
    public Tensor LogProbability(Tensor images) => Logs(sequence.Of(images) / scale).Sum([1]);

    public Tensor Sample(int count, Rng rng, bool mean) =>
        sequence.Images(Draw(Tensor.Zeros([count, sequence.Length], input.DType), 0, rng, mean));

    public string? WhyNotCompletable(bool[,] given) => sequence.Prefix(given).Why;

    public Tensor Complete(Tensor images, bool[,] given, Rng rng)
    {
        var drawn = sequence.Images(Draw(sequence.Of(images) / scale, sequence.PrefixLength(given), rng, mean: false));
        return Ops.Where(Masks.Of(given, images), images, drawn); // untouched by the division
    }

    // log sum_k alpha_k N(x; mu_k, sigma_k^2), in the data's units
    private Tensor Logs(Tensor x)
    {
        var parts = Mixtures(x).Chunk(3, -1); // 3 of (B, D, K)
        var logSigma = parts[2].ClampMin(LogSigmaFloor);
        var z = (x.Unsqueeze(2) - parts[1]) * (-logSigma).Exp();
        return (parts[0].LogSoftmax(-1) - (0.5 * z.Square()) - logSigma).LogSumExp(-1)
            - (HalfLogTwoPi + Math.Log(scale));
    }

    // rho_d a_d = rho_d [x_<d, 1] [W; c] of all d in one product: more sums than a running one, but half the passes
    // over (D, B, H).
    private Tensor Mixtures(Tensor x)
    {
        var (b, d) = (x.Size(0), sequence.Length);
        Tensor One(long n, long m) => Tensor.Ones([n, m], x.DType, x.Device);
        var before = Ops.Cat([One(d, d).Tril(-1), One(d, 1)], 1); // (D, D + 1): what d may see, and the 1
        var seen = (rescale.Unsqueeze(1) * before).Unsqueeze(1) * Ops.Cat([x, One(b, 1)], 1); // (D, B, D + 1)
        var h = seen.View(d * b, -1).MatMul(Ops.Cat([input, hidden.Unsqueeze(0)])).Relu().View(d, b, -1); // (D, B, H)
        return h.Bmm(output).Transpose(0, 1) + visible;
    }

    // One number after another; a is the running sum.
    private Tensor Draw(Tensor start, int first, Rng rng, bool mean)
    {
        var (x, means) = (start.Clone(), start.Clone());
        var a = hidden.Expand(x.Size(0), -1) + x[TensorIndex.All, ..first].MatMul(input[..first]); // (B, H)
        Decode.Steps(sequence.Length - first, i =>
        {
            var d = first + i;
            var parts = ((a * rescale[d]).Relu().MatMul(output[d]) + visible[d]).Chunk(3, -1); // 3 of (B, K)
            var alpha = parts[0].Softmax(-1);
            var k = LevelDraws.Draw(alpha, rng).Unsqueeze(1);
            var (mu, sigma) = (parts[1].Gather(1, k), parts[2].ClampMin(LogSigmaFloor).Exp().Gather(1, k)); // (B, 1)
            var drawn = (mu + (sigma * rng.Normal(mu.Shape, dtype: mu.DType))).Squeeze(1);
            x.Select(1, d).CopyInPlace(drawn);
            means.Select(1, d).CopyInPlace((alpha * parts[1]).Sum([1]));
            a.AddInPlace(drawn.Outer(input[d]));
        });
        return (mean ? means : x) * scale;
    }
}
