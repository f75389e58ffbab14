using Figment.Models.Distributions;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>Discretised logistic pixels of a decoder: a probability over levels, whatever the maps.</summary>
public class LogisticPixelsTests : EngineTest
{
    [Theory]
    [InlineData(256, 0.3, -4.0)]
    [InlineData(256, 3.0, 0.0)]
    [InlineData(256, 0.3, -12.0)]
    [InlineData(256, 30.0, 30.0)]
    [InlineData(7, 1.0, -2.0)]
    [InlineData(2, 1.0, 0.0)]
    public void Levels_sum_to_one(int levels, double spread, double logScale) => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var pixels = new LogisticPixels { Levels = levels };
        // One image for each level; 40 sets of maps before it, as an importance bound has them.
        var x = (Tensor.Arange(levels, DType.Float32) / (levels - 1)).View(levels, 1, 1, 1);
        var maps = Ops.Cat([rng.Normal([40, 1, 1, 1, 1], 0.5, spread), rng.Normal([40, 1, 1, 1, 1], logScale, 1)], 2)
            .Expand(40, levels, 2, 1, 1);
        var logP = pixels.LogProbability(x, maps);
        Assert.Equal([40, levels], logP.Shape.ToArray());
        Assert.True(logP.IsFinite().All().Item<bool>());
        Assert.All(logP.Exp().Sum([1]).ToArray<float>(), sum => Assert.Equal(1, sum, 1e-4));
    });

    [Fact]
    public void A_level_has_what_the_logistic_has_within_half_a_level() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        var pixels = new LogisticPixels { Levels = 16 };
        var level = rng.Integers(1, 15, [5, 2, 3, 3]); // without tails
        var x = level.To(DType.Float64) / 15;
        var (mu, logS) = (rng.Uniform([5, 2, 3, 3], dtype: DType.Float64), rng.Uniform([5, 2, 3, 3], -2, 0, DType.Float64));
        var s = ((logS + 8).SoftPlus() - 8).Exp(); // the smooth floor
        var p = ((x - mu + (0.5 / 15)) / s).Sigmoid() - ((x - mu - (0.5 / 15)) / s).Sigmoid();
        var expected = p.Log().Sum([1, 2, 3]);
        Assert.True(pixels.LogProbability(x, Ops.Cat([mu, logS], 1)).AllClose(expected, rtol: 1e-8, atol: 1e-8));
        // Half a level off is still the level.
        Assert.True(pixels.LogProbability(x + (0.4 / 15), Ops.Cat([mu, logS], 1)).AllClose(expected, rtol: 1e-8, atol: 1e-8));
    });

    [Fact]
    public void Draws_are_levels_as_often_as_they_are_probable() => TensorScope.Run(() =>
    {
        const int n = 100_000, levels = 5;
        using var rng = new Rng(3);
        var pixels = new LogisticPixels { Levels = levels };
        var maps = Tensor.From([0.2f, -1.5f], 1, 2, 1, 1);
        var drawn = pixels.Draw(maps.Expand(n, 2, 1, 1), rng);
        Assert.Equal([n, 1, 1, 1], drawn.Shape.ToArray());
        var x = (Tensor.Arange(levels, DType.Float32) / (levels - 1)).View(levels, 1, 1, 1);
        var p = pixels.LogProbability(x, maps.Expand(levels, 2, 1, 1)).Exp().ToArray<float>();
        var seen = 0L;
        for (var i = 0; i < levels; i++)
        {
            var count = drawn.Eq(i / (levels - 1f)).Sum().Item<long>();
            seen += count;
            Assert.Equal(p[i], count / (double)n, 5 * Math.Sqrt(p[i] * (1 - p[i]) / n));
        }

        Assert.Equal(n, seen);
        Assert.Equal(0.2, pixels.Mean(maps).ToDouble(), 1e-6);
        Assert.Equal(0, pixels.Mean(Tensor.From([-0.7f, -1.5f], 1, 2, 1, 1)).ToDouble());
    });
}
