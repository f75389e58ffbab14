using Figment.Torch;

namespace Figment.Evaluation;

/// <summary>Mean and covariance of features that come in batches, in double precision; two fits can be joined (Chan,
/// Golub and LeVeque 1979), which is exact but for rounding.</summary>
public sealed class GaussianFit
{
    private readonly double[] mean;
    private readonly double[] squares; // sum of (x - mean) (x - mean)^T, by rows

    /// <param name="size">J, the numbers of one example.</param>
    public GaussianFit(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        (Size, mean, squares) = (size, new double[size], new double[size * size]);
    }

    /// <summary>J</summary>
    public int Size { get; }

    /// <summary>Examples so far.</summary>
    public long Count { get; private set; }

    /// <summary>J numbers.</summary>
    public ReadOnlySpan<double> Mean => mean;

    /// <summary>Adds a batch.</summary>
    /// <param name="features">(B, J)</param>
    public void Add(Tensor features)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.Rank != 2 || features.Size(1) != Size)
            throw new ArgumentException($"A fit of {Size} numbers takes batches (B, {Size}).", nameof(features));
        var (batchMean, batchSquares) = TensorScope.Run(() => NoGrad.Run(() =>
        {
            var x = features.To(DType.Float64);
            var mu = x.Mean([0]); // (J)
            var centred = x - mu;
            return (mu.ToArray<double>(), centred.T().MatMul(centred).ToArray<double>());
        }));
        Join(features.Size(0), batchMean, batchSquares);
    }

    /// <summary>Adds all examples of another fit.</summary>
    public void Add(GaussianFit other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Size != Size) throw new ArgumentException("Fits of different sizes cannot be joined.", nameof(other));
        Join(other.Count, other.mean, other.squares);
    }

    /// <summary>The covariance with divisor n - 1, as a tensor of the caller's scope.</summary>
    /// <returns>(J, J), Float64.</returns>
    /// <exception cref="InvalidOperationException">There are fewer than two examples.</exception>
    public Tensor Covariance() => Count > 1 ? Tensor.From<double>(squares, Size, Size) / (Count - 1)
        : throw new InvalidOperationException("A covariance needs at least two examples.");

    private void Join(long count, ReadOnlySpan<double> theirMean, ReadOnlySpan<double> theirSquares)
    {
        if (count == 0) return;
        var (total, share) = (Count + count, (double)count / (Count + count));
        var distance = new double[Size];
        for (var j = 0; j < Size; j++) distance[j] = theirMean[j] - mean[j];
        for (var j = 0; j < Size; j++)
            for (var k = 0; k < Size; k++)
                squares[(j * Size) + k] += theirSquares[(j * Size) + k] + (Count * share * distance[j] * distance[k]);
        for (var j = 0; j < Size; j++) mean[j] += share * distance[j];
        Count = total;
    }
}
