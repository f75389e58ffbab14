using Figment.Models.Distributions;
using Figment.Models.Tests.Density;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>The discretised logistic mixture: a probability over levels, whatever the maps.</summary>
public class LogisticMixtureTests : EngineTest
{
    [Theory]
    [InlineData(256, 1.0)]
    [InlineData(256, 20.0)]
    [InlineData(5, 3.0)]
    [InlineData(2, 3.0)]
    public void Grey_levels_sum_to_one(int levels, double spread) => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var mixture = new LogisticMixture(1, 4, new PixelLevels(levels));
        var maps = rng.Normal([50, mixture.Maps, 1, 1], 0, spread).Expand(50, mixture.Maps, 1, levels);
        var x = (Tensor.Arange(levels, DType.Float32) / (levels - 1)).View(1, 1, 1, levels).Expand(50, 1, 1, levels);
        var sums = mixture.LogProbabilities(x, maps).Exp().Sum([-2, -1]).ToArray<float>();
        Assert.All(sums, sum => Assert.Equal(1, sum, 1e-4));
    });

    [Fact]
    public void Colours_sum_to_one_jointly() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        var mixture = new LogisticMixture(3, 4, new PixelLevels(4));
        Assert.Equal(40, mixture.Maps);
        var x = RasterChecks.EveryImage(4, 3, 1, 1);
        var maps = rng.Normal([1, mixture.Maps, 1, 1], 0, 2).Expand(64, mixture.Maps, 1, 1);
        Assert.Equal(1, mixture.LogProbabilities(x, maps).Exp().Sum().ToDouble(), 1e-5);
    });

    [Fact]
    public void Tails_belong_to_the_first_and_last_level() => TensorScope.Run(() =>
    {
        // One component far outside: nearly all its mass is in the nearest level, and no logarithm is infinite.
        var mixture = new LogisticMixture(1, 1, new PixelLevels(256));
        foreach (var (mean, nearest) in new[] { (-5f, 0f), (5f, 1f) })
        {
            var maps = Tensor.From([0f, mean, -2f], 1, 3, 1, 1);
            Assert.Equal(0, mixture.LogProbabilities(Tensor.Full([1, 1, 1, 1], nearest), maps).ToDouble(), 1e-6);
            var far = mixture.LogProbabilities(Tensor.Full([1, 1, 1, 1], 1 - nearest), maps).ToDouble();
            Assert.InRange(far, -60, -40);
        }

        // The narrowest component a level away: exp(-7) wide, 2/255 off.
        var narrow = mixture.LogProbabilities(Tensor.Full([1, 1, 1, 1], 0f), Tensor.From([0f, 1f, -50f], 1, 3, 1, 1));
        Assert.True(double.IsFinite(narrow.ToDouble()) && narrow.ToDouble() < -1000);
    });

    [Fact]
    public void Probabilities_and_gradients_are_those_of_the_papers_formula() => TensorScope.Run(() =>
    {
        var golden = GoldenFile.Open("pixelcnn_pp");
        foreach (var (name, channels) in new[] { ("grey", 1), ("colour", 3) })
        {
            var mixture = new LogisticMixture(channels, 5, new PixelLevels(256));
            var maps = golden.Get($"mixture.{name}.maps");
            maps.RequiresGrad = true;
            var log = mixture.LogProbabilities(golden.Get($"mixture.{name}.x"), maps);
            golden.AssertClose($"mixture.{name}.log", log, 1e-5);
            log.Sum().Backward();
            golden.AssertClose($"mixture.{name}.grad", maps.Grad!, 1e-4);
        }
    });

    [Fact]
    public void Draws_follow_the_probabilities() => TensorScope.Run(() =>
    {
        const int draws = 40_000;
        using var rng = new Rng(3);
        var mixture = new LogisticMixture(3, 3, new PixelLevels(3));
        var maps = rng.Normal([1, mixture.Maps, 1, 1]);
        var p = mixture.LogProbabilities(RasterChecks.EveryImage(3, 3, 1, 1), maps.Expand(27, mixture.Maps, 1, 1)).Exp().ToArray<float>();
        var drawn = mixture.Draw(maps.View(1, -1).Expand(draws, mixture.Maps).Contiguous(), rng); // (draws, 3)
        var codes = (drawn * 2).Round().MatMul(Tensor.From([1f, 3f, 9f], 3)).ToArray<float>();
        var counts = codes.CountBy(code => (int)code).ToDictionary();
        for (var i = 0; i < 27; i++)
        {
            var error = Math.Sqrt(p[i] * (1 - p[i]) / draws);
            Assert.InRange(counts.GetValueOrDefault(i) / (double)draws, p[i] - (4.5 * error) - 1e-6, p[i] + (4.5 * error) + 1e-6);
        }
    });
}
