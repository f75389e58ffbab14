using Figment.Data.Sets;

namespace Figment.Evaluation;

/// <summary>How points spread over the modes of a mixture of Gaussians (Srivastava et al. 2017,
/// https://arxiv.org/abs/1705.07761, section 5).</summary>
/// <param name="Modes">Modes that have a point within three standard deviations.</param>
/// <param name="Near">Share of the points within three standard deviations of a mode, 0 to 1; of the mixture's own
/// points 0.989 in a plane, 0.997 on a line.</param>
/// <param name="Shares">The share of these points that is nearest to each mode.</param>
public sealed record ModeCount(int Modes, double Near, IReadOnlyList<double> Shares)
{
    /// <summary>Counts.</summary>
    /// <param name="points">Numbers of one point after another.</param>
    /// <param name="modes">The mixture.</param>
    public static ModeCount Of(ReadOnlySpan<float> points, PointModes modes)
    {
        ArgumentNullException.ThrowIfNull(modes);
        var size = modes.Centers[0].Count;
        var counts = new int[modes.Centers.Count];
        for (var at = 0; at + size <= points.Length; at += size)
        {
            var (nearest, best) = (-1, 9 * modes.Sigma * modes.Sigma);
            for (var mode = 0; mode < counts.Length; mode++)
            {
                var squared = 0.0;
                for (var d = 0; d < size; d++) squared += Math.Pow(points[at + d] - modes.Centers[mode][d], 2);
                if (squared <= best) (nearest, best) = (mode, squared);
            }

            if (nearest >= 0) counts[nearest]++;
        }

        var near = counts.Sum();
        return new ModeCount(counts.Count(count => count > 0), near / ((double)points.Length / size),
            [.. counts.Select(count => near == 0 ? 0 : (double)count / near)]);
    }
}
