using Figment.Torch;

namespace Figment.Evaluation;

/// <summary>What neighbourhoods tell of two sets, each a share or a mean with its standard error over the examples that
/// it is the mean of; the neighbourhoods count as given.</summary>
/// <param name="Precision">Share of the samples that lie within the reach of a data point.</param>
/// <param name="Recall">Share of the data that lie within the reach of a sample.</param>
/// <param name="Density">Within how many data points' reach a sample lies, over k: 1 on average for more data.</param>
/// <param name="Coverage">Share of the data points that have a sample within their reach.</param>
public sealed record NeighborhoodFigures(Estimate Precision, Estimate Recall, Estimate Density, Estimate Coverage);

/// <summary>
/// Precision and recall (Kynkäänniemi et al. 2019, https://arxiv.org/abs/1904.06991), density and coverage (Naeem et
/// al. 2020, https://arxiv.org/abs/2002.09797): how much of the samples lies among the data, and how much of the data
/// among the samples. An example's reach is the distance to its k-th nearest neighbour in its own set.
/// </summary>
public static class Neighborhoods
{
    /// <summary>k of precision and recall in their paper.</summary>
    public const int PrecisionNeighbors = 3;

    /// <summary>k of density and coverage in their paper.</summary>
    public const int DensityNeighbors = 5;

    /// <summary>Compares samples with data.</summary>
    /// <param name="data">(N, J), N above k.</param>
    /// <param name="samples">(M, J), M above k.</param>
    /// <param name="k">Which neighbour tells an example's reach.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    /// <exception cref="ArgumentException">The features differ in size, or are not more than k.</exception>
    public static NeighborhoodFigures Compare(Tensor data, Tensor samples, int k,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (data.Rank != 2 || samples.Rank != 2 || data.Size(1) != samples.Size(1)
            || Math.Min(data.Size(0), samples.Size(0)) <= k)
            throw new ArgumentException(
                $"Neighbourhoods take two sets of features of equal sizes, more than {k} each.");
        return TensorScope.Run(() => NoGrad.Run(() =>
        {
            var (dataReach, sampleReach) = (Reach(data, k, cancellation), Reach(samples, k, cancellation));
            var (n, m) = ((int)data.Size(0), (int)samples.Size(0));
            var (around, reached) = (new double[m], new double[n]); // data that reach a sample, samples near a point
            var (precision, recall) = (new double[m], new double[n]);
            for (var from = 0; from < n; from += PairwiseDistance.Rows)
            {
                cancellation.ThrowIfCancellationRequested();
                var (first, rows) = (from, Math.Min(PairwiseDistance.Rows, n - from));
                var (hits, covers, within) = TensorScope.Run(() =>
                {
                    var d = PairwiseDistance.Squared(data.Narrow(0, first, rows), samples); // (rows, M)
                    var inData = d <= dataReach.Narrow(0, first, rows).Unsqueeze(1);
                    return (inData.To(DType.Float64).Sum([0]).ToArray<double>(),
                        inData.Any(1).To(DType.Float64).ToArray<double>(),
                        (d <= sampleReach).Any(1).To(DType.Float64).ToArray<double>());
                });
                for (var j = 0; j < m; j++) around[j] += hits[j];
                covers.CopyTo(reached, first);
                within.CopyTo(recall, first);
            }

            for (var j = 0; j < m; j++) (precision[j], around[j]) = (around[j] > 0 ? 1 : 0, around[j] / k);
            return new NeighborhoodFigures(Estimate.Of(precision), Estimate.Of(recall), Estimate.Of(around),
                Estimate.Of(reached));
        }));
    }

    /// <summary>The distance of each point to its nearest reference.</summary>
    /// <param name="points">(N, J)</param>
    /// <param name="references">(M, J), at least one.</param>
    /// <param name="done">Told how many points are done.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    public static double[] NearestDistances(Tensor points, Tensor references, Action<int>? done = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(references);
        var nearest = new double[points.Size(0)];
        for (var from = 0; from < nearest.Length; from += PairwiseDistance.Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            var (first, rows) = (from, Math.Min(PairwiseDistance.Rows, nearest.Length - from));
            var best = Enumerable.Repeat(double.PositiveInfinity, rows).ToArray();
            for (long at = 0; at < references.Size(0); at += References)
            {
                var (start, count) = (at, Math.Min(References, references.Size(0) - at));
                var here = TensorScope.Run(() => NoGrad.Run(() => PairwiseDistance.Squared(
                    points.Narrow(0, first, rows), references.Narrow(0, start, count)).Amin(1).ToArray<double>()));
                for (var i = 0; i < rows; i++) best[i] = Math.Min(best[i], here[i]);
            }

            for (var i = 0; i < rows; i++) nearest[first + i] = Math.Sqrt(best[i]);
            done?.Invoke(first + rows);
        }

        return nearest;
    }

    private const long References = 20_000;

    // Squared. Among an example's distances is that to itself, the smallest.
    private static Tensor Reach(Tensor all, int k, CancellationToken cancellation)
    {
        var parts = new List<Tensor>();
        for (long from = 0; from < all.Size(0); from += PairwiseDistance.Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            var (first, rows) = (from, Math.Min(PairwiseDistance.Rows, all.Size(0) - from));
            parts.Add(TensorScope.Run(() => PairwiseDistance.Squared(all.Narrow(0, first, rows), all)
                .Kthvalue(k + 1, 1).Values));
        }

        return Ops.Cat([.. parts]); // (N)
    }
}
