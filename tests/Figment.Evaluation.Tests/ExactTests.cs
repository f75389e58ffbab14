using Xunit;

namespace Figment.Evaluation.Tests;

public class SeparationTests
{
    [Fact]
    public void Sets_that_do_not_overlap_are_told_apart_always()
    {
        var auroc = Separation.Auroc([5, 6, 7], [1, 2, 3, 4]);
        Assert.Equal(1, auroc.Mean);
        Assert.Equal(0, auroc.StandardError);
        Assert.Equal(0, Separation.Auroc([1, 2, 3, 4], [5, 6, 7]).Mean);
    }

    [Fact]
    public void Ties_count_half() => Assert.Equal(0.5, Separation.Auroc([1, 1, 1], [1, 1]).Mean);

    [Fact]
    public void The_area_is_the_share_of_pairs_in_order()
    {
        double[] inside = [0.9, 0.4, 0.7, 0.4], outside = [0.1, 0.4, 0.8];
        var pairs = inside.SelectMany(a => outside.Select(b => a > b ? 1.0 : a == b ? 0.5 : 0));
        Assert.Equal(pairs.Average(), Separation.Auroc(inside, outside).Mean, 12);
    }

    [Fact]
    public void The_standard_error_is_DeLongs()
    {
        // Worked by hand: inside wins against outside {2, 4} with shares 0, 1/2, 1, 1; outside against inside {1, 3, 5, 6} with 3/4, 1/2.
        var auroc = Separation.Auroc([1, 3, 5, 6], [2, 4]);
        Assert.Equal(0.625, auroc.Mean, 12);
        var inside = ((0.625 * 0.625) + (0.125 * 0.125) + (2 * 0.375 * 0.375)) / 3 / 4;
        var outside = 2 * 0.125 * 0.125 / 1 / 2;
        Assert.Equal(Math.Sqrt(inside + outside), auroc.StandardError, 12);
    }

    [Fact]
    public void The_standard_error_is_that_of_many_repetitions()
    {
        var random = new Random(1);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var told = new RunningMean();
        var areas = new List<double>();
        for (var n = 0; n < 400; n++)
        {
            var auroc = Separation.Auroc([.. Enumerable.Range(0, 60).Select(_ => Normal() + 1)], [.. Enumerable.Range(0, 80).Select(_ => Normal())]);
            areas.Add(auroc.Mean);
            told.Add(auroc.StandardError);
        }

        var spread = Math.Sqrt(areas.Sum(area => Math.Pow(area - areas.Average(), 2)) / (areas.Count - 1));
        Assert.InRange(told.Mean / spread, 0.9, 1.1);
        Assert.Equal(0.760, areas.Average(), 0.01); // P(N(1, 1) > N(0, 1)) = Phi(1 / sqrt 2)
    }
}

public class BitsTests
{
    [Fact]
    public void Bits_a_dimension_are_nats_over_n_ln_2()
    {
        // The published pair of figures: 543.4 nats of 784 binary pixels are one bit each.
        var bits = new Estimate(-784 * Math.Log(2), 2 * Math.Log(2), 10).ToBitsPerDimension(784);
        Assert.Equal(1, bits.Mean, 12);
        Assert.Equal(2.0 / 784, bits.StandardError, 12);
        Assert.Equal(10, bits.Count);
    }

    [Fact]
    public void A_measurement_tells_both_units_and_its_protocol()
    {
        var protocol = new Protocol
        {
            Data = "binarized-mnist",
            DataHash = "176cd4522752ffff",
            Split = "test",
            Examples = 10_000,
            Binarization = "static",
            Estimator = Protocol.ExactEstimator,
            Draws = 0,
            Seed = 1,
        };
        var text = new Measurement("log-likelihood", "nats", -88.333, 0.101, protocol) { BitsPerDimension = new Estimate(-88.333, 0.101, 10_000).ToBitsPerDimension(784) }.ToString();
        Assert.Equal("log-likelihood -88.33 ± 0.10 nats, 0.1625 ± 0.0002 bits/dim (binarized-mnist test, 10,000 examples, static binarisation, exact, seed 1, data 176cd4522752)", text);
        Assert.Empty(protocol.DataDifferences(protocol with { Estimator = "elbo", Draws = 1 }));
        Assert.Single(protocol.DataDifferences(protocol with { Binarization = "dynamic" }));
        Assert.Single(protocol.DataDifferences(protocol with { Split = "validation" }));
        Assert.Single(protocol.DataDifferences(protocol with { DataHash = "other" }));
    }
}
