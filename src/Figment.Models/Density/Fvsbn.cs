// Does the wake-sleep algorithm produce good density estimators? B. J. Frey, G. E. Hinton, P. Dayan, 1996.
// https://papers.nips.cc/paper/1153-does-the-wake-sleep-algorithm-produce-good-density-estimators (logistic
// autoregression); the name is of Z. Gan et al.: Learning Deep Sigmoid Belief Networks with Data Augmentation, 2015
// (fully visible sigmoid belief network).
//
//   p(x) = prod_d p(x_d | x_<d),   p(x_d = 1 | x_<d) = sigmoid(b_d + sum_(j<d) W_dj x_j)
//
// Deviations: trained by the given optimiser on batches instead of one case at a time. The loss is convex in W, b.
//
//   weight   W (D, D), of which only what lies below the diagonal is used
//   bias     b (D)
using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of the fully visible sigmoid belief network.</summary>
public sealed record FvsbnOptions : ModelOptions
{
    /// <summary>The order in which pixels are predicted from those before them.</summary>
    public PixelOrder PixelOrder { get; init; } = PixelOrder.Raster;
}

/// <summary>One logistic regression a pixel, on the pixels before it.</summary>
public sealed partial class Fvsbn : Module, IGivesDensity, IDrawsSamples, ICompletesImages
{
    private readonly PixelSequence sequence;
    private readonly Parameter weight; // W (D, D)
    private readonly Parameter bias; // b (D)

    /// <param name="options">The order of pixels.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws a random order of pixels; the weights begin at zero, where every pixel is a fair
    /// coin.</param>
    public Fvsbn(FvsbnOptions options, ImageShape shape, Rng rng)
    {
        sequence = new PixelSequence(options.PixelOrder, shape, rng);
        weight = new Parameter(Tensor.Zeros([shape.Length, shape.Length]));
        bias = new Parameter(Tensor.Zeros([shape.Length]));
    }

    /// <summary>The logit of p(x_d = 1 | x_&lt;d) of each pixel.</summary>
    /// <param name="images">(B, C, H, W); values between 0 and 1 are taken as they are.</param>
    /// <returns>(B, C, H, W)</returns>
    public Tensor Logits(Tensor images) => sequence.Images(Conditionals(sequence.Of(images)));

    public Tensor PixelLogProbabilities(Tensor images)
    {
        var x = sequence.Of(images.Round());
        return sequence.Images(BinaryPixels.LogProbability(x, Conditionals(x)));
    }

    /// <summary>log p(x), (B), as training maximises it.</summary>
    /// <param name="images">(B, C, H, W) of zeros and ones.</param>
    public Tensor LogProbability(Tensor images)
    {
        var x = sequence.Of(images.Round());
        return BinaryPixels.LogProbability(x, Conditionals(x)).Sum([1]);
    }

    public Tensor Sample(int count, Rng rng, bool mean) =>
        sequence.Images(Draw(Tensor.Zeros([count, sequence.Length], weight.DType), 0, rng, mean));

    public string? WhyNotCompletable(bool[,] given) => sequence.Prefix(given).Why;

    public Tensor Complete(Tensor images, bool[,] given, Rng rng) =>
        sequence.Images(Draw(sequence.Of(images.Round()), sequence.PrefixLength(given), rng, mean: false));

    // Logits of a whole sequence at once; rows of W below the diagonal.
    private Tensor Conditionals(Tensor x) => Ops.Linear(x, weight.Tril(-1), bias);

    // Draws the numbers from `first` on, adding each drawn pixel's column to all later logits: O(D) a pixel.
    private Tensor Draw(Tensor start, int first, Rng rng, bool mean)
    {
        var (x, means) = (start.Clone(), start.Clone());
        var logits = bias + x[TensorIndex.All, ..first].MatMul(weight[TensorIndex.All, ..first].T()); // (B, D)
        Decode.Steps(sequence.Length - first, i =>
        {
            var d = first + i;
            var p = logits.Select(1, d).Sigmoid();
            var drawn = rng.Bernoulli(p);
            x.Select(1, d).CopyInPlace(drawn);
            means.Select(1, d).CopyInPlace(p);
            logits.AddInPlace(drawn.Outer(weight.Select(1, d)));
        });
        return mean ? means : x;
    }
}
