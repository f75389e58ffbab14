using Figment.Torch;

namespace Figment.Evaluation;

/// <summary>How far two sets of points are from samples of one distribution (Székely and Rizzo 2013).</summary>
public static class EnergyDistance
{
    /// <summary>
    /// 2 mean |x - y| - mean |x - x'| - mean |y - y'|, each mean over all pairs, a point with itself included. It is
    /// never negative, and 0 for equal sets alone. Of two independent samples of n points of one distribution it is
    /// 2 / n times the mean distance of two points on average, which is what a figure is to be set against.
    /// </summary>
    /// <param name="x">(N, D)</param>
    /// <param name="y">(M, D)</param>
    /// <exception cref="ArgumentException">The points have different dimensions.</exception>
    public static double Between(Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Rank != 2 || y.Rank != 2 || x.Size(1) != y.Size(1))
            throw new ArgumentException("The energy distance takes two sets of points of equal dimensions.");
        return NoGrad.Run(() => (2 * MeanDistance(x, y)) - MeanDistance(x, x) - MeanDistance(y, y));
    }

    private static double MeanDistance(Tensor x, Tensor y)
    {
        var sum = 0.0;
        for (long from = 0; from < x.Size(0); from += PairwiseDistance.Rows)
            sum += TensorScope.Run(() =>
                PairwiseDistance.Squared(x.Narrow(0, from, Math.Min(PairwiseDistance.Rows, x.Size(0) - from)), y)
                    .Sqrt().Sum().ToDouble());
        return sum / x.Size(0) / y.Size(0);
    }
}

/// <summary>Distances of points in double precision; of more than some thousand points to be asked for by the
/// block.</summary>
internal static class PairwiseDistance
{
    /// <summary>Points whose distances to ten thousand others take some ten megabytes.</summary>
    public const int Rows = 200;

    /// <summary>|x|^2 - 2 x y + |y|^2, never below 0.</summary>
    /// <param name="x">(N, D)</param>
    /// <param name="y">(M, D)</param>
    /// <returns>(N, M), Float64.</returns>
    public static Tensor Squared(Tensor x, Tensor y)
    {
        var (a, b) = (x.To(DType.Float64), y.To(DType.Float64));
        return (a.Square().Sum(1, keepdim: true) - (2 * a.MatMul(b.T())) + b.Square().Sum(1)).ClampMin(0);
    }
}
