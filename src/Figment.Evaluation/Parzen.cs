using Figment.Torch;

namespace Figment.Evaluation;

/// <summary>
/// The Parzen window: a density of equal Gaussians around samples of a model,
/// log p(x) = log 1/N sum_n N(x; s_n, sigma^2 I), as Goodfellow et al. 2014 (section 5) measured models that give no
/// likelihood of their own.
/// </summary>
/// <remarks>A check that nothing broke, and no measure of quality: with thousands of samples in hundreds of dimensions
/// it is far from log p(x), and cluster centres score above true examples (Theis, van den Oord and Bethge 2016,
/// section 3.2).</remarks>
public static class Parzen
{
    /// <summary>Bandwidths that are tried first, on the scale of images in [0, 1]; each is 1.25 times the one before,
    /// from 0.05 to 1.1.</summary>
    public static IReadOnlyList<double> Grid { get; } =
        [.. Enumerable.Range(0, 15).Select(i => 0.05 * Math.Pow(1.25, i))];

    /// <summary>log p(x) of each point.</summary>
    /// <param name="samples">(N, D), the model's.</param>
    /// <param name="points">(M, D)</param>
    /// <param name="sigma">The bandwidth, above 0.</param>
    /// <param name="done">Told how many points are done.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    /// <returns>Nats, one a point.</returns>
    /// <exception cref="ArgumentException">The two have different dimensions, or one is empty.</exception>
    public static double[] LogDensities(Tensor samples, Tensor points, double sigma, Action<int>? done = null,
        CancellationToken cancellation = default) => LogDensities(samples, points, [sigma], done, cancellation)[0];

    /// <summary>The bandwidth under which held-out points are likeliest: the best of <see cref="Grid"/>, then the best
    /// of nine steps of 5 % around it.</summary>
    /// <param name="samples">(N, D), the model's.</param>
    /// <param name="points">(M, D), not those that are measured afterwards.</param>
    /// <param name="done">Told how many points are done; they are gone through twice.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    /// <returns>The bandwidth, and the mean of the points under it.</returns>
    public static (double Sigma, double Mean) ChooseSigma(Tensor samples, Tensor points, Action<int>? done = null,
        CancellationToken cancellation = default)
    {
        var (coarse, _) = Best(Grid);
        return Best([.. Enumerable.Range(-4, 9).Select(i => coarse * Math.Pow(1.05, i))]);

        (double Sigma, double Mean) Best(IReadOnlyList<double> sigmas) =>
            sigmas.Zip(LogDensities(samples, points, sigmas, done, cancellation), (s, nats) => (s, nats.Average()))
                .MaxBy(pair => pair.Item2);
    }

    // The distances are computed once for all bandwidths, a block of points at a time.
    private static double[][] LogDensities(Tensor samples, Tensor points, IReadOnlyList<double> sigmas,
        Action<int>? done, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(points);
        foreach (var sigma in sigmas) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sigma);
        if (samples.Rank != 2 || points.Rank != 2 || samples.Size(1) != points.Size(1)
            || samples.Size(0) == 0 || points.Size(0) == 0)
            throw new ArgumentException("A Parzen window takes samples and points of equal dimensions, some of each.");
        var (n, m, d) = (samples.Size(0), points.Size(0), samples.Size(1));
        var nats = sigmas.Select(_ => new double[m]).ToArray();
        TensorScope.Run(() => NoGrad.Run(() =>
        {
            var s = samples.To(DType.Float64);
            for (long from = 0; from < m; from += PairwiseDistance.Rows)
            {
                cancellation.ThrowIfCancellationRequested();
                var rows = Math.Min(PairwiseDistance.Rows, m - from);
                TensorScope.Run(() =>
                {
                    var squared = PairwiseDistance.Squared(points.Narrow(0, from, rows), s); // (rows, N)
                    for (var i = 0; i < sigmas.Count; i++)
                    {
                        var constant = Math.Log(n) + (0.5 * d * Math.Log(2 * Math.PI * sigmas[i] * sigmas[i]));
                        ((squared * (-0.5 / (sigmas[i] * sigmas[i]))).LogSumExp(1) - constant)
                            .CopyTo(nats[i].AsSpan((int)from, (int)rows));
                    }
                });
                done?.Invoke((int)(from + rows));
            }
        }));
        return nats;
    }
}
