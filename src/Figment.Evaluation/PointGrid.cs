using Figment.Data.Sets;

namespace Figment.Evaluation;

/// <summary>A line or a plane cut into equal cells, on which distributions of points are set side by side: their shares
/// of the cells, and their densities.</summary>
public sealed class PointGrid
{
    private readonly double low, width;

    /// <param name="dimensions">1 or 2; each goes over the same numbers.</param>
    /// <param name="low">Where the cells begin.</param>
    /// <param name="high">Where they end.</param>
    /// <param name="side">Cells along each dimension.</param>
    public PointGrid(int dimensions, double low, double high, int side)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(dimensions is 1 or 2, true);
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(high, low);
        (Dimensions, this.low, width, Side) = (dimensions, low, (high - low) / side, side);
    }

    /// <summary>A grid around points, with a margin on every side.</summary>
    /// <param name="points">Numbers of one point after another.</param>
    /// <param name="dimensions">1 or 2.</param>
    /// <param name="side">Cells along each dimension.</param>
    /// <param name="margin">As a share of the points' extent.</param>
    public static PointGrid Around(ReadOnlySpan<float> points, int dimensions, int side, double margin)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (var number in points) (low, high) = (Math.Min(low, number), Math.Max(high, number));
        var edge = Math.Max(margin * (high - low), 1e-6);
        return new PointGrid(dimensions, low - edge, high + edge, side);
    }

    /// <summary>1 or 2.</summary>
    public int Dimensions { get; }

    /// <summary>Cells along each dimension.</summary>
    public int Side { get; }

    /// <summary>Cells in all.</summary>
    public int Count => Dimensions == 1 ? Side : Side * Side;

    /// <summary>Width of a cell.</summary>
    public double Width => width;

    /// <summary>Where a number of the line lies, in cells from the beginning.</summary>
    public double Place(double number) => (number - low) / width;

    /// <summary>The middle of each cell, the first dimension varying fastest.</summary>
    /// <returns>Numbers of one point after another.</returns>
    public float[] Centers()
    {
        var centers = new float[Count * Dimensions];
        for (var cell = 0; cell < Count; cell++)
            for (var d = 0; d < Dimensions; d++)
                centers[(cell * Dimensions) + d] = (float)Center(d == 0 ? cell % Side : cell / Side);
        return centers;
    }

    /// <summary>The share of the points in each cell and, last, of those outside.</summary>
    /// <param name="points">Numbers of one point after another.</param>
    public double[] Shares(ReadOnlySpan<float> points)
    {
        var shares = new double[Count + 1];
        var total = points.Length / Dimensions;
        for (var i = 0; i < total; i++)
        {
            var cell = 0;
            for (var d = Dimensions - 1; d >= 0 && cell >= 0; d--)
            {
                var place = Math.Floor(Place(points[(i * Dimensions) + d]));
                cell = place >= 0 && place < Side ? (cell * Side) + (int)place : -1;
            }

            shares[cell < 0 ? Count : cell] += 1.0 / total;
        }

        return shares;
    }

    /// <summary>A kernel density of points at the cells' middles: their shares, spread by a Gaussian.</summary>
    /// <param name="points">Numbers of one point after another.</param>
    /// <param name="bandwidth">The Gaussian's standard deviation.</param>
    public double[] Density(ReadOnlySpan<float> points, double bandwidth)
    {
        var kernel = Kernel(bandwidth / width);
        var density = Shares(points)[..Count];
        for (var d = 0; d < Dimensions; d++) density = Spread(density, kernel, d == 0 ? 1 : Side);
        for (var cell = 0; cell < Count; cell++) density[cell] /= Math.Pow(width, Dimensions);
        return density;
    }

    /// <summary>The density of an even mixture of Gaussians at the cells' middles, exactly.</summary>
    /// <param name="modes">The Gaussians.</param>
    /// <param name="bandwidth">The standard deviation of a further Gaussian that all points are spread by, so that it
    /// compares with a kernel density; 0 for none.</param>
    public double[] Density(PointModes modes, double bandwidth = 0)
    {
        ArgumentNullException.ThrowIfNull(modes);
        var variance = (modes.Sigma * modes.Sigma) + (bandwidth * bandwidth);
        var scale = Math.Pow(2 * Math.PI * variance, -0.5 * Dimensions) / modes.Centers.Count;
        return [.. Enumerable.Range(0, Count).Select(cell => scale * modes.Centers.Sum(center =>
        {
            var squared = Enumerable.Range(0, Dimensions)
                .Sum(d => Math.Pow(Center(d == 0 ? cell % Side : cell / Side) - center[d], 2));
            return Math.Exp(-squared / (2 * variance));
        }))];
    }

    /// <summary>The Jensen-Shannon divergence of two distributions over the same cells, nats, 0 to log 2.</summary>
    /// <param name="p">Shares that sum to 1.</param>
    /// <param name="q">Shares that sum to 1.</param>
    public static double JensenShannon(IReadOnlyList<double> p, IReadOnlyList<double> q)
    {
        ArgumentNullException.ThrowIfNull(p);
        ArgumentNullException.ThrowIfNull(q);
        ArgumentOutOfRangeException.ThrowIfNotEqual(q.Count, p.Count);
        var sum = 0.0;
        for (var i = 0; i < p.Count; i++)
        {
            var middle = (p[i] + q[i]) / 2;
            if (p[i] > 0) sum += 0.5 * p[i] * Math.Log(p[i] / middle);
            if (q[i] > 0) sum += 0.5 * q[i] * Math.Log(q[i] / middle);
        }

        return sum;
    }

    private double Center(int cell) => low + ((cell + 0.5) * width);

    private static double[] Kernel(double cells)
    {
        var reach = Math.Max(1, (int)Math.Ceiling(4 * cells));
        var weights = Enumerable.Range(-reach, (2 * reach) + 1)
            .Select(at => cells > 0 ? Math.Exp(-0.5 * at * at / (cells * cells)) : at == 0 ? 1 : 0).ToArray();
        return [.. weights.Select(weight => weight / weights.Sum())];
    }

    private double[] Spread(double[] density, double[] kernel, int stride)
    {
        var (spread, reach) = (new double[density.Length], kernel.Length / 2);
        for (var cell = 0; cell < density.Length; cell++)
        {
            if (density[cell] == 0) continue;
            var place = cell / stride % Side;
            for (var at = Math.Max(-reach, -place); at <= Math.Min(reach, Side - 1 - place); at++)
                spread[cell + (at * stride)] += density[cell] * kernel[at + reach];
        }

        return spread;
    }
}
