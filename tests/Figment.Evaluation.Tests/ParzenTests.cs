using Figment.Testing;
using Figment.Torch;
using Xunit;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Figment.Evaluation.Tests;

public class ParzenTests : EngineTest
{
    [Fact]
    public void A_window_is_the_sum_of_its_Gaussians_computed_directly() => TensorScope.Run(() =>
    {
        double[][] samples = [[0.1, 0.9, 0.3], [0.5, 0.2, 0.4], [0.8, 0.8, 0.1], [0.0, 1.0, 1.0]];
        double[][] points = [[0.2, 0.7, 0.3], [1, 0, 0.5]];
        const double sigma = 0.3;
        var expected = points.Select(x => Math.Log(samples.Average(s =>
            Math.Exp(-x.Zip(s, (a, b) => (a - b) * (a - b)).Sum() / (2 * sigma * sigma)) / Math.Pow(2 * Math.PI * sigma * sigma, 1.5))));
        var actual = Parzen.LogDensities(Matrix(samples), Matrix(points), sigma);
        foreach (var (e, a) in expected.Zip(actual)) Assert.Equal(e, a, 12);
    });

    [Fact]
    public void Blocks_of_points_do_not_change_a_figure_and_far_points_stay_finite() => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var (samples, points) = (rng.Uniform([50, 5]), rng.Uniform([PairwiseDistance.Rows + 7, 5]));
        var told = new List<int>();
        var all = Parzen.LogDensities(samples, points, 0.1, told.Add);
        Assert.Equal([PairwiseDistance.Rows, PairwiseDistance.Rows + 7], told);
        foreach (var i in (int[])[0, 199, 200, 206])
            Assert.Equal(Parzen.LogDensities(samples, points.Narrow(0, i, 1), 0.1)[0], all[i], 9);
        // exp(-10^6 / 2 / 0.05^2) is no double, its logarithm is.
        var far = Parzen.LogDensities(Tensor.Zeros([10, 1]), Tensor.Full([1, 1], 1000), 0.05)[0];
        Assert.Equal((-1e6 / 2 / 0.0025) - (0.5 * Math.Log(2 * Math.PI * 0.0025)), far, 1e-3);
    });

    /// <summary>Samples of N(0, s^2 I) under a window of bandwidth h are a draw of N(0, (s^2 + h^2) I): with many samples
    /// the mean of log p over points of N(0, s^2 I) is known.</summary>
    [Fact]
    public void Of_a_known_Gaussian_the_figure_is_known() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        const double s = 1, h = 0.4;
        var nats = Parzen.LogDensities(rng.Normal([20_000, 2]), rng.Normal([4_000, 2]), h);
        var expected = -Math.Log(2 * Math.PI * ((s * s) + (h * h))) - (s * s / ((s * s) + (h * h)));
        var estimate = Estimate.Of(nats);
        Assert.InRange(estimate.Mean, expected - (4 * estimate.StandardError) - 0.005, expected + (4 * estimate.StandardError));
    });

    /// <summary>One sample at the origin: the likeliest bandwidth is the root mean square of the points' numbers.</summary>
    [Fact]
    public void The_bandwidth_is_the_likeliest_within_its_steps() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        var points = rng.Normal([500, 20], 0, 0.23);
        var likeliest = points.Square().Mean().Sqrt().ToDouble();
        var (sigma, mean) = Parzen.ChooseSigma(Tensor.Zeros([1, 20]), points);
        Assert.InRange(sigma / likeliest, 1 / 1.0251, 1.0251);
        Assert.Equal(Parzen.LogDensities(Tensor.Zeros([1, 20]), points, sigma).Average(), mean, 9);
    });

    [Fact]
    public void Unequal_dimensions_and_nothing_are_refused() => TensorScope.Run(() =>
    {
        Assert.Throws<ArgumentException>(() => Parzen.LogDensities(Tensor.Zeros([3, 2]), Tensor.Zeros([3, 1]), 0.1));
        Assert.Throws<ArgumentException>(() => Parzen.LogDensities(Tensor.Zeros([0, 2]), Tensor.Zeros([3, 2]), 0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Parzen.LogDensities(Tensor.Zeros([3, 2]), Tensor.Zeros([3, 2]), 0));
    });

    [Fact]
    public void A_Parzen_window_stands_beside_no_other_figure_and_says_what_it_is()
    {
        var likelihood = new Protocol
        {
            Data = "mnist",
            DataHash = "0123456789abcdef",
            Split = "test",
            Examples = 10_000,
            Binarization = "none",
            Estimator = "elbo",
            Draws = 1,
            Seed = 1,
        };
        var parzen = likelihood with { Estimator = Protocol.ParzenEstimator, Draws = 0, Samples = 10_000, Sigma = 0.17 };
        Assert.Single(likelihood.DataDifferences(parzen));
        Assert.Empty(parzen.Differences(parzen with { Sigma = 0.2, Seed = 2 }));
        Assert.Single(parzen.Differences(parzen with { Samples = 1_000 }));
        Assert.Equal("mnist test, 10,000 examples, pixels in [0, 1], not binarised, Parzen window, sigma chosen on "
            + "validation (0.17), 10,000 samples, seed 1, data 0123456789ab", parzen.ToString());
    }

    private static Tensor Matrix(double[][] rows) =>
        Tensor.From<double>([.. rows.SelectMany(row => row)], rows.Length, rows[0].Length);
}

public class EnergyDistanceTests : EngineTest
{
    [Fact]
    public void It_is_what_its_definition_says() => TensorScope.Run(() =>
    {
        // 2 (|0-1| + |0-5| + |2-1| + |2-5|) / 4 - (2 * |0-2|) / 4 - (2 * |1-5|) / 4
        Assert.Equal(5 - 1 - 2, EnergyDistance.Between(Tensor.From([0f, 2f], 2, 1), Tensor.From([1f, 5f], 2, 1)), 12);
        using var rng = new Rng(1);
        var x = rng.Normal([300, 3]);
        Assert.Equal(0, EnergyDistance.Between(x, x), 6);
    });

    [Fact]
    public void Of_two_samples_of_one_distribution_it_is_twice_the_mean_distance_over_their_size() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        var mean = Enumerable.Range(0, 40).Average(_ =>
            TensorScope.Run(() => EnergyDistance.Between(rng.Normal([250, 2]), rng.Normal([250, 2]))));
        var expected = 2.0 / 250 * Math.Sqrt(Math.PI); // E |x - y| = sqrt(pi) for N(0, I) in the plane
        Assert.InRange(mean / expected, 0.7, 1.4);
        Assert.True(TensorScope.Run(() => EnergyDistance.Between(rng.Normal([250, 2]), rng.Normal([250, 2], 1))) > 20 * expected);
    });
}
