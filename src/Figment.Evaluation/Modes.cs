using Figment.Data.Sets;
using Figment.Torch;

namespace Figment.Evaluation;

/// <summary>Which modes of a known distribution samples found.</summary>
/// <param name="Found">Modes with at least one sample. Its standard error is that of another draw of as many from the
/// frequencies that were seen, which says nothing of modes that were not.</param>
/// <param name="Kl">KL(q || uniform) in nats, q the samples' frequencies of the modes: 0 where all come equally often,
/// log K where one comes alone. With few samples a mode it is too large by about (K - 1) / 2N.</param>
/// <param name="HighQuality">Share of the samples that lie within three standard deviations of a mode; null where modes
/// are told by a classifier.</param>
public sealed record ModeFigures(Estimate Found, Estimate Kl, Estimate? HighQuality = null);

/// <summary>Counts modes.</summary>
public static class Modes
{
    /// <summary>A mode reaches so many standard deviations far.</summary>
    public const double Reach = 3;

    /// <summary>Modes that are told by a classifier, as on Stacked MNIST (Metz et al. 2017).</summary>
    /// <param name="modes">The mode of each sample, from 0.</param>
    /// <param name="count">K, how many there are.</param>
    public static ModeFigures Of(ReadOnlySpan<int> modes, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var hits = new long[count];
        foreach (var mode in modes) hits[mode]++;
        var (n, found, variance, kl, squares) = ((double)modes.Length, 0, 0.0, 0.0, 0.0);
        foreach (var hit in hits.Where(hit => hit > 0))
        {
            var p = hit / n;
            var missed = Math.Pow(1 - p, n);
            (found, variance) = (found + 1, variance + (missed * (1 - missed)));
            kl += p * Math.Log(p * count);
            squares += p * Math.Pow(Math.Log(p * count), 2);
        }

        return new ModeFigures(new Estimate(found, Math.Sqrt(variance), modes.Length),
            new Estimate(kl, Math.Sqrt(Math.Max(0, squares - (kl * kl)) / n), modes.Length));
    }

    /// <summary>Modes of a mixture of Gaussians: a sample belongs to the nearest if that is within three standard
    /// deviations (Srivastava et al. 2017, section 5); the frequencies are those of the samples that belong to
    /// one.</summary>
    /// <param name="samples">(N, D)</param>
    /// <param name="modes">The Gaussians.</param>
    public static ModeFigures Of(Tensor samples, PointModes modes)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(modes);
        var (k, d) = (modes.Centers.Count, modes.Centers[0].Count);
        var (nearest, distances) = TensorScope.Run(() => NoGrad.Run(() =>
        {
            var centers = Tensor.From<double>([.. modes.Centers.SelectMany(center => center)], k, d);
            var (values, indices) = (samples.To(DType.Float64).Unsqueeze(1) - centers).Square().Sum([2])
                .TopK(1, largest: false);
            return (indices.ToArray<long>(), values.ToArray<double>());
        }));
        var limit = Math.Pow(Reach * modes.Sigma, 2);
        int[] good = [.. nearest.Where((_, i) => distances[i] <= limit).Select(mode => (int)mode)];
        return Of(good, k) with
        {
            HighQuality = Estimate.Of([.. distances.Select(distance => distance <= limit ? 1.0 : 0.0)]),
        };
    }
}
