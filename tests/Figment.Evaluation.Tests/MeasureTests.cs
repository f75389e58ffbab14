using Figment.Data;
using Figment.Data.Sets;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Evaluation.Tests;

/// <summary>Measures of samples against loops in numpy (tests/golden/measures.py), and what must hold of them.</summary>
public class MeasureTests : EngineTest
{
    private static readonly GoldenFile Golden = GoldenFile.Open("measures");

    private static (Tensor X, Tensor Y) Sets() => (GoldenNumbers.Normal(900, 160, 5),
        (0.8 * GoldenNumbers.Normal(901, 140, 5)) + 0.3 + (0.2 * GoldenNumbers.Normal(902, 140, 1)));

    private static void Same(string key, double actual, double tolerance = 1e-6) =>
        Assert.Equal(Golden.Doubles[key][0], actual, tolerance * Math.Abs(Golden.Doubles[key][0]));

    [Fact]
    public void A_fit_is_that_of_all_examples_however_they_come() => TensorScope.Run(() =>
    {
        var (x, _) = Sets();
        GaussianFit whole = new(5), parts = new(5), left = new(5), right = new(5);
        whole.Add(x);
        for (long at = 0; at < 160; at += 37) parts.Add(x.Narrow(0, at, Math.Min(37, 160 - at)));
        left.Add(x[..50] + 0.0);
        right.Add(x[50..] + 0.0);
        left.Add(right);
        foreach (var fit in (GaussianFit[])[whole, parts, left])
        {
            Assert.Equal(160, fit.Count);
            foreach (var (expected, actual) in Golden.Doubles["mean"].Zip(fit.Mean.ToArray())) Assert.Equal(expected, actual, 1e-7);
            foreach (var (expected, actual) in Golden.Doubles["covariance"].Zip(fit.Covariance().ToArray<double>()))
                Assert.Equal(expected, actual, 1e-6);
        }

        // Far from zero nothing is lost: differences are taken before squares.
        var far = new GaussianFit(5);
        var moved = x.To(DType.Float64) + 1e7;
        for (long at = 0; at < 160; at += 20) far.Add(moved.Narrow(0, at, 20));
        Assert.True((far.Covariance() - whole.Covariance()).Abs().Max().ToDouble() < 1e-6);
    });

    [Fact]
    public void The_Fréchet_distance_is_that_of_numpy_and_of_two_Gaussians_in_closed_form() => TensorScope.Run(() =>
    {
        var (x, y) = Sets();
        var distance = FrechetDistance.Between(x, y);
        Same("frechet", distance.Mean);
        Assert.InRange(distance.StandardError, 0.03, 0.3);
        Assert.Equal(0, FrechetDistance.Between(x, x).Mean, 1e-9);
        // One dimension: (m - n)^2 + (s - t)^2.
        GaussianFit a = new(1), b = new(1);
        a.Add(Tensor.From([1.0, 3.0, 5.0], 3, 1)); // mean 3, deviation 2
        b.Add(Tensor.From([-1.0, 4.0, 9.0], 3, 1)); // mean 4, deviation 5
        Assert.Equal(1 + 9, FrechetDistance.Between(a, b), 1e-9);
        // A rotation of both changes nothing, a shift of one adds its square.
        var (turn, _, _) = Ops.LinalgSvd(GoldenNumbers.Normal(904, 5, 5).To(DType.Float64));
        Same("frechet", FrechetDistance.Between(x.To(DType.Float64).MatMul(turn), y.To(DType.Float64).MatMul(turn)).Mean);
        Assert.Equal(5 * 4, FrechetDistance.Between(x, x + 2).Mean, 1e-4);
    });

    /// <summary>The jackknife's error is about the deviation of the figure over independent draws.</summary>
    [Fact]
    public void The_Fréchet_distances_error_is_that_of_repeated_draws() => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var draws = Enumerable.Range(0, 60).Select(_ => TensorScope.Run(() =>
            FrechetDistance.Between(rng.Normal([400, 3]), (rng.Normal([400, 3]) * 1.5) + 0.4))).ToList();
        var mean = draws.Average(draw => draw.Mean);
        var deviation = Math.Sqrt(draws.Sum(draw => Math.Pow(draw.Mean - mean, 2)) / (draws.Count - 1));
        Assert.InRange(draws.Average(draw => draw.StandardError) / deviation, 0.75, 1.35);
    });

    [Fact]
    public void The_kernel_distance_is_the_unbiased_one_over_all_pairs() => TensorScope.Run(() =>
    {
        var (x, y) = Sets();
        Same("kernel", KernelDistance.Between(x, y));
        var blocks = KernelDistance.OverBlocks(x, y, 35);
        Assert.Equal((Golden.Doubles["kernel-blocks"].Average(), 4), (Math.Round(blocks.Mean, 12), blocks.Count),
            new Near(1e-6));
        Assert.Equal(Estimate.Of(Golden.Doubles["kernel-blocks"]).StandardError, blocks.StandardError, 1e-6);
        // Of two sets of one distribution it is 0 on average, below as often as above.
        using var rng = new Rng(2);
        var alike = KernelDistance.OverBlocks(rng.Normal([6000, 4]), rng.Normal([6000, 4]), 60);
        Assert.InRange(alike.Mean / alike.StandardError, -3, 3);
    });

    [Fact]
    public void The_Inception_score_lies_between_one_and_the_classes() => TensorScope.Run(() =>
    {
        var logits = 3 * GoldenNumbers.Normal(903, 100, 4);
        Same("inception", InceptionScore.Of(logits));
        Assert.Equal(1, InceptionScore.Of(Tensor.Ones([50, 4])), 1e-12);
        var sure = Tensor.Arange(1000).FloorDivide(100).OneHot(10).To(DType.Float64) * 1000;
        Assert.Equal(10, InceptionScore.Of(sure), 1e-9);
        Assert.Equal(1, InceptionScore.OverSplits(sure).Mean, 1e-9); // each part has but one class
        Assert.Equal(10, InceptionScore.OverSplits(sure.View(10, 100, 10).Transpose(0, 1).Reshape(1000, 10)).Mean, 1e-9);
    });

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Neighbourhoods_are_those_of_loops(int k) => TensorScope.Run(() =>
    {
        var (x, y) = Sets();
        var figures = Neighborhoods.Compare(x, y, k);
        Same($"precision-{k}", figures.Precision.Mean);
        Same($"recall-{k}", figures.Recall.Mean);
        Same($"density-{k}", figures.Density.Mean);
        Same($"coverage-{k}", figures.Coverage.Mean);
        Assert.Equal((140, 160, 140, 160), (figures.Precision.Count, figures.Recall.Count, figures.Density.Count, figures.Coverage.Count));
        foreach (var (expected, actual) in Golden.Doubles["nearest"].Zip(Neighborhoods.NearestDistances(y, x)))
            Assert.Equal(expected, actual, 1e-6);
    });

    [Fact]
    public void Lost_modes_cost_recall_and_coverage_and_strange_samples_cost_precision_and_density() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        Tensor Cluster(double at, int count) => rng.Normal([count, 2]) + at;
        var data = Ops.Cat([Cluster(0, 300), Cluster(20, 300)]);
        var half = Neighborhoods.Compare(data, Cluster(0, 600), 3);
        Assert.True(half.Precision.Mean > 0.9 && half.Recall.Mean < 0.6 && half.Coverage.Mean < 0.6, $"{half}");
        var strange = Neighborhoods.Compare(data, Ops.Cat([Cluster(0, 300), Cluster(20, 300), Cluster(60, 600)]), 3);
        Assert.True(strange.Precision.Mean < 0.6 && strange.Density.Mean < 0.6 && strange.Recall.Mean > 0.85, $"{strange}");
        var same = Neighborhoods.Compare(data, data, 5);
        Assert.Equal((1.0, 1.0, 1.0), (same.Precision.Mean, same.Recall.Mean, same.Coverage.Mean));
        Assert.Equal(1.2, same.Density.Mean, 1e-9); // itself and five neighbours, over five
    });

    [Fact]
    public void Modes_are_counted_and_their_divergence_is_from_an_even_spread()
    {
        var even = Modes.Of([.. Enumerable.Range(0, 4000).Select(i => i % 1000)], 1000);
        Assert.Equal((1000, 0.0), (even.Found.Mean, Math.Round(even.Kl.Mean, 12)));
        var one = Modes.Of(new int[500], 1000);
        Assert.Equal((1.0, Math.Log(1000), 0.0), (one.Found.Mean, one.Kl.Mean, one.Found.StandardError), new Near(1e-12));
        // Half of the samples in one mode of two: by hand.
        var uneven = Modes.Of([0, 0, 0, 1], 4);
        Assert.Equal((0.75 * Math.Log(3)) + (0.25 * Math.Log(1)), uneven.Kl.Mean, 1e-12);
        Assert.Equal(2, uneven.Found.Mean);
        // Even draws: the plug-in estimate is too large by (K - 1) / 2N, and its error is that of repeated draws.
        var random = new Random(1);
        var draws = Enumerable.Range(0, 40).Select(_ =>
            Modes.Of([.. Enumerable.Range(0, 2000).Select(_ => (int)(50 * random.NextDouble() * random.NextDouble()))], 50)).ToList();
        var mean = draws.Average(draw => draw.Kl.Mean);
        var deviation = Math.Sqrt(draws.Sum(draw => Math.Pow(draw.Kl.Mean - mean, 2)) / 39);
        Assert.InRange(draws.Average(draw => draw.Kl.StandardError) / deviation, 0.7, 1.4);
    }

    [Fact]
    public void A_sample_belongs_to_a_Gaussian_within_three_deviations() => TensorScope.Run(() =>
    {
        var ring = PointSets.ModesOf("ring-of-8")!;
        var at = Tensor.From<float>([2.05f, 0, 2, 0, 0, 2.059f, 0, 2.061f, 5, 5], 5, 2);
        var figures = Modes.Of(at, ring);
        Assert.Equal((2.0, 0.6), (figures.Found.Mean, figures.HighQuality!.Value.Mean), new Near(1e-12));
        // The data themselves: 1 - exp(-9/2) in a plane, all modes, evenly.
        var data = DataSets.Open(new DataOptions { Source = "grid-of-25" });
        var points = data.Test.Pick([.. Enumerable.Range(0, 20_000)], data.Transform).Images.Flatten(1);
        var real = Modes.Of(points, PointSets.ModesOf("grid-of-25")!);
        Assert.Equal(25, real.Found.Mean);
        Assert.InRange((real.HighQuality!.Value.Mean - 1 + Math.Exp(-4.5)) / real.HighQuality.Value.StandardError, -3, 3);
        Assert.InRange(real.Kl.Mean, 0, 0.003);
    });

    [Fact]
    public void Copies_are_told_from_new_examples() => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        var train = rng.Normal([1500, 6]);
        var tests = Neighborhoods.NearestDistances(rng.Normal([400, 6]), train);
        Memorization Of(Tensor samples) => Memorization.Of(Neighborhoods.NearestDistances(samples, train), tests);
        var (own, copies) = (Of(rng.Normal([400, 6])), Of(train[..400] + 0.0));
        Assert.InRange((own.Ratio.Mean - 1) / own.Ratio.StandardError, -3, 3);
        Assert.InRange((own.Nearer.Mean - 0.5) / own.Nearer.StandardError, -3, 3);
        Assert.True(copies.Ratio.Mean < 1e-5 && copies.Nearer.Mean > 0.999, $"{copies}");
        Assert.True(Of(rng.Normal([400, 6]) * 4).Ratio.Mean > 2);
    });

    // Numbers of tuples, compared within a distance.
    private sealed class Near(double tolerance) : IEqualityComparer<(double, int)>, IEqualityComparer<(double, double)>,
        IEqualityComparer<(double, double, double)>
    {
        private bool Same(double a, double b) => Math.Abs(a - b) <= tolerance;

        public bool Equals((double, int) a, (double, int) b) => Same(a.Item1, b.Item1) && a.Item2 == b.Item2;

        public bool Equals((double, double) a, (double, double) b) => Same(a.Item1, b.Item1) && Same(a.Item2, b.Item2);

        public bool Equals((double, double, double) a, (double, double, double) b) =>
            Same(a.Item1, b.Item1) && Same(a.Item2, b.Item2) && Same(a.Item3, b.Item3);

        public int GetHashCode((double, int) pair) => 0;

        public int GetHashCode((double, double) pair) => 0;

        public int GetHashCode((double, double, double) triple) => 0;
    }
}
