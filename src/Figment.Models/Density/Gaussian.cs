// One Gaussian of full covariance: all that means and correlations say, and the baseline for densities of real numbers.
// C. M. Bishop: Pattern Recognition and Machine Learning, 2006, section 2.3.
// https://www.microsoft.com/en-us/research/people/cmbishop/
//
//   log p(x) = -1/2 (x - mu)' Sigma^-1 (x - mu) - 1/2 log det(2 pi Sigma)                           (equation 2.43)
//   mu = 1/N sum_n x_n,   Sigma = 1/N sum_n x_n x_n' - mu mu' + r I     maximum likelihood at r = 0 (2.121, 2.122)
//
// With Sigma = L L' and z = L^-1 (x - mu) the chain rule is explicit: log p(x_d | x_<d) = log N(z_d; 0, 1) - log L_dd.
using System.ComponentModel.DataAnnotations;
using System.Numerics;
using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of the Gaussian.</summary>
public sealed record GaussianOptions : ModelOptions
{
    /// <summary>r, a variance added to every number; 0 is maximum likelihood, which needs more examples than numbers
    /// and none that is always the same.</summary>
    [Range(0.0, 1e6)]
    public double Ridge { get; init; } = 1e-4;
}

/// <summary>A Gaussian of full covariance over real-valued vectors and patches.</summary>
public sealed partial class Gaussian : Module, IFitsByCounting, IDrawsSamples, ICompletesImages, ICountsFreeParameters
{
    private const int LongestVector = 8192; // whose matrices take 512 MiB each

    private static readonly double HalfLogTwoPi = 0.5 * Math.Log(2 * Math.PI);

    private readonly double ridge;
    private readonly ImageShape shape;
    private readonly Buffer seen; // (), Float64: N
    private readonly Buffer sum; // (D), Float64
    private readonly Buffer products; // (D, D), Float64: the sum of x x'

    /// <param name="options">The ridge.</param>
    /// <param name="shape">Of one image or vector.</param>
    /// <exception cref="ArgumentException">An image has more than 8,192 numbers.</exception>
    public Gaussian(GaussianOptions options, ImageShape shape)
    {
        (ridge, this.shape) = (options.Ridge, shape);
        if (shape.Length > LongestVector)
            throw new ArgumentException(
                $"the covariance of {shape.Length:N0} numbers is too large: take images of at most {LongestVector:N0}",
                nameof(shape));
        seen = new Buffer(Tensor.Zeros([], DType.Float64));
        sum = new Buffer(Tensor.Zeros([shape.Length], DType.Float64));
        products = new Buffer(Tensor.Zeros([shape.Length, shape.Length], DType.Float64));
    }

    int IFitsByCounting.ClassCount => 0;

    public BigInteger FreeParameters => shape.Length + (shape.Length * (BigInteger)(shape.Length + 1) / 2);

    public string FreeParameterRule =>
        $"{shape.Length} means + {shape.Length} x {shape.Length + 1} / 2 variances and covariances";

    /// <summary>mu, (D), Float64; 0 before anything was seen.</summary>
    public Tensor Mean() => sum / seen.ClampMin(1);

    /// <summary>Sigma, (D, D), Float64; the identity before anything was seen.</summary>
    public Tensor Covariance()
    {
        var (identity, mean) = (Ops.Eye(shape.Length, DType.Float64, seen.Device), Mean());
        return seen.ToDouble() == 0 ? identity : (products / seen) - mean.Outer(mean) + (ridge * identity);
    }

    public void Count(Tensor images, Tensor classes)
    {
        var x = Vectors(images); // (B, D)
        seen.AddInPlace(x.Size(0));
        sum.AddInPlace(x.Sum([0]));
        products.AddInPlace(x.T().MatMul(x));
    }

    public Tensor PixelLogProbabilities(Tensor images)
    {
        var l = Factor(Covariance());
        var z = l.LinalgSolveTriangular((Vectors(images) - Mean()).T(), upper: false).T(); // (B, D)
        return ((-0.5 * z.Square()) - l.Diagonal().Log() - HalfLogTwoPi).View(images.Shape).To(images.DType);
    }

    public Tensor Sample(int count, Rng rng, bool mean)
    {
        var noise = mean ? Tensor.Zeros([count, shape.Length], DType.Float64)
            : rng.Normal([count, shape.Length], dtype: DType.Float64);
        return Images(Mean() + noise.MatMul(Factor(Covariance()).T())).To(DType.Float32);
    }

    public string? WhyNotCompletable(bool[,] given) => null; // every conditional of a Gaussian is one

    // With what is given first in the chain rule, its z are known and the others are drawn.
    public Tensor Complete(Tensor images, bool[,] given, Rng rng)
    {
        var known = Masks.Of(given, images); // (H, W)
        var isKnown = known.Expand(shape.Channels, -1, -1).Reshape(-1).ToArray<bool>();
        var (here, missing) = (Places(isKnown, true), Places(isKnown, false));
        var order = Tensor.From([.. here, .. missing], shape.Length);
        var l = Factor(Covariance().IndexSelect(0, order).IndexSelect(1, order));
        var x = (Vectors(images) - Mean()).IndexSelect(1, order); // (B, D)
        var z = rng.Normal(x.Shape, dtype: DType.Float64);
        z[TensorIndex.All, ..here.Length] = l[..here.Length, ..here.Length]
            .LinalgSolveTriangular(x[TensorIndex.All, ..here.Length].T(), upper: false).T();
        var drawn = z.MatMul(l.T()).IndexSelect(1, order.ArgSort()) + Mean(); // back in the images' order
        return Ops.Where(known, images, Images(drawn).To(images.DType));
    }

    private static long[] Places(bool[] isKnown, bool value) =>
        [.. Enumerable.Range(0, isKnown.Length).Where(i => isKnown[i] == value).Select(i => (long)i)];

    private static Tensor Factor(Tensor covariance)
    {
        try
        {
            return covariance.LinalgCholesky();
        }
        catch (TorchException error)
        {
            throw new InvalidOperationException(
                "the covariance has no inverse, as of fewer examples than numbers or of numbers that never "
                + "vary: set model.ridge above 0, or a larger plan.batch", error);
        }
    }

    private Tensor Vectors(Tensor images) => images.Reshape(images.Size(0), shape.Length).To(DType.Float64);

    private Tensor Images(Tensor vectors) =>
        vectors.Reshape(vectors.Size(0), shape.Channels, shape.Height, shape.Width);
}
