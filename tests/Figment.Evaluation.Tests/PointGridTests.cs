using Figment.Data.Sets;
using Xunit;

namespace Figment.Evaluation.Tests;

public class PointGridTests
{
    private static readonly PointModes Pair = new([[-1.0, 0.5], [1.0, 0.0]], 0.2);

    [Fact]
    public void Shares_count_points_by_cell_the_first_number_fastest_and_what_is_outside_last()
    {
        var grid = new PointGrid(2, 0, 2, 2);
        float[] points = [0.5f, 0.5f, 1.5f, 0.1f, 1.2f, 0.9f, 0.3f, 1.7f, -0.1f, 1, 1, 2.5f, 1.9f, 1.9f, 5, 5];
        Assert.Equal([0.125, 0.25, 0.125, 0.125, 0.375], grid.Shares(points));
        Assert.Equal([0.5f, 0.5f, 1.5f, 0.5f, 0.5f, 1.5f, 1.5f, 1.5f], grid.Centers());
        var line = new PointGrid(1, -1, 1, 4);
        Assert.Equal([-0.75f, -0.25f, 0.25f, 0.75f], line.Centers());
        Assert.Equal([0.25, 0.0, 0.25, 0.25, 0.25], line.Shares([-1, 0.1f, 0.5f, 1]));
    }

    [Fact]
    public void A_mixtures_density_is_the_mean_of_its_Gaussians()
    {
        var grid = new PointGrid(2, -3, 3, 60);
        var (density, centers) = (grid.Density(Pair), grid.Centers());
        for (var cell = 0; cell < grid.Count; cell += 17)
        {
            double Gaussian(double x, double y) => Math.Exp(-((x * x) + (y * y)) / 0.08) / (2 * Math.PI * 0.04);
            var (x, y) = ((double)centers[2 * cell], (double)centers[(2 * cell) + 1]);
            Assert.Equal((Gaussian(x + 1, y - 0.5) + Gaussian(x - 1, y)) / 2, density[cell], 1e-5);
        }

        Assert.Equal(1, density.Sum() * grid.Width * grid.Width, 1e-9);
        Assert.Equal(1, grid.Density(Pair, 0.3).Sum() * grid.Width * grid.Width, 1e-6);
        Assert.Equal(1, new PointGrid(1, -4, 4, 400).Density(new PointModes([[-1.5], [1.5]], 0.4)).Sum() * 0.02, 1e-9);
    }

    /// <summary>The kernel density of a mixture's points is the mixture's, spread by the same kernel.</summary>
    [Fact]
    public void A_kernel_density_compares_with_a_mixture_spread_alike()
    {
        var random = new Random(1);
        double Normal() =>
            Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var points = new float[2 * 200_000];
        for (var i = 0; i < points.Length; i += 2)
        {
            var center = Pair.Centers[random.Next(2)];
            (points[i], points[i + 1]) = ((float)(center[0] + (0.2 * Normal())), (float)(center[1] + (0.2 * Normal())));
        }

        var grid = new PointGrid(2, -3, 3, 90);
        var (p, q) = (grid.Density(Pair, 0.15), grid.Density(points, 0.15));
        Assert.Equal(1, q.Sum() * grid.Width * grid.Width, 1e-6);
        Assert.True(p.Zip(q, (a, b) => Math.Abs(a - b)).Max() < 0.04 * p.Max());
        // A point alone becomes the kernel around its cell.
        var alone = new PointGrid(1, 0, 1, 100).Density([0.505f], 0.05);
        Assert.Equal(1 / (0.05 * Math.Sqrt(2 * Math.PI)), alone[50], 1e-2);
        Assert.Equal(alone[45], alone[55], 1e-12);
        Assert.Equal(Math.Exp(-0.5), alone[45] / alone[50], 1e-9);
    }

    [Fact]
    public void The_Jensen_Shannon_divergence_is_that_of_worked_examples()
    {
        Assert.Equal(0, PointGrid.JensenShannon([0.2, 0.8], [0.2, 0.8]));
        Assert.Equal(Math.Log(2), PointGrid.JensenShannon([1, 0, 0], [0, 0.5, 0.5]), 1e-12);
        // p = (1/2, 1/2), q = (1, 0), m = (3/4, 1/4)
        var expected = 0.5 * ((0.5 * Math.Log(2.0 / 3)) + (0.5 * Math.Log(2)) + Math.Log(4.0 / 3));
        Assert.Equal(expected, PointGrid.JensenShannon([0.5, 0.5], [1, 0]), 1e-12);
        Assert.Equal(expected, PointGrid.JensenShannon([1, 0], [0.5, 0.5]), 1e-12);
    }
}
