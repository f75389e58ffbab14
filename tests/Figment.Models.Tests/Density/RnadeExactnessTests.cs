using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>The real-valued model: its density integrates to one, and it draws and completes from that density.</summary>
public class RnadeExactnessTests : EngineTest
{
    [Theory]
    [InlineData(PixelOrder.Raster)]
    [InlineData(PixelOrder.Random)]
    public void The_density_of_two_numbers_integrates_to_one(PixelOrder order) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(1);
        using var model = Make(new(1, 1, 2), order, rng);
        const int n = 801;
        const double reach = 12;
        var axis = Ops.LinSpace(-reach, reach, n, DType.Float64);
        var grid = Ops.Stack([axis.RepeatInterleave(n), axis.Repeat(n)], 1).View(-1, 1, 1, 2);
        var p = model.PixelLogProbabilities(grid).Sum([1, 2, 3]).Exp();
        var cell = (2 * reach / (n - 1)) * (2 * reach / (n - 1));
        Assert.Equal(1, p.Sum().ToDouble() * cell, 1e-5);
    }));

    [Fact]
    public void Conditionals_see_all_earlier_numbers_and_no_later_one() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        foreach (var order in (PixelOrder[])[PixelOrder.Raster, PixelOrder.Snake, PixelOrder.Random])
        {
            using var model = Make(new(1, 3, 4), order, rng, hidden: 40);
            var places = TinyDensities.OrderOf(model);
            var x = rng.Normal([1, 1, 3, 4], dtype: DType.Float64);
            x.RequiresGrad = true;
            var numbers = model.Conditionals(x).Sum([0, 2]); // (D)
            for (var i = 0; i < 12; i++)
            {
                var row = Autograd.Grad([numbers[i]], [x], retainGraph: true, allowUnused: true)[0]?.Flatten().ToArray<double>() ?? new double[12];
                for (var j = 0; j < 12; j++)
                    Assert.True(row[places[j]] != 0 == j < i, $"{order}: conditional {i} by number {j}: {row[places[j]]}");
            }
        }
    });

    /// <summary>The running sum against the whole network again for each number.</summary>
    [Fact]
    public void Samples_and_completions_are_those_of_recomputing_everything() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(3);
        using var model = Make(new(1, 2, 3), PixelOrder.Random, rng);
        var places = TinyDensities.OrderOf(model);
        var given = new bool[2, 3];
        foreach (var place in places[..2]) given[place / 3, place % 3] = true;
        var start = rng.Normal([40, 1, 2, 3], dtype: DType.Float64);
        foreach (var first in (int[])[0, 2])
        {
            using Rng fast = new(7), slow = new(7);
            var drawn = first == 0 ? model.Sample(40, fast, mean: false) : model.Complete(start, given, fast);
            var x = first == 0 ? Tensor.Zeros([40, 1, 2, 3], DType.Float64) : start.Clone();
            foreach (var (place, d) in places.Select((place, d) => (place, d)).Skip(first))
            {
                var parts = model.Conditionals(x).Select(1, d).Chunk(3, -1); // 3 of (B, K)
                var k = LevelDraws.Draw(parts[0].Softmax(-1), slow).Unsqueeze(1);
                var value = parts[1].Gather(1, k) + (parts[2].Exp().Gather(1, k) * slow.Normal([40, 1], dtype: DType.Float64));
                x.Flatten(1).Select(1, place).CopyInPlace(value.Squeeze(1) * Scale);
            }

            Assert.True(drawn.AllClose(x, rtol: 1e-9, atol: 1e-9), $"from {first}");
        }

        Assert.NotNull(model.WhyNotCompletable(new bool[,] { { false, false, false }, { true, true, true } })
            ?? model.WhyNotCompletable(new bool[,] { { true, true, true }, { false, false, false } }));
    }));

    /// <summary>Means and variances of samples against the density's own, by quadrature.</summary>
    [Fact]
    public void Samples_have_the_moments_of_the_density() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(4);
        using var model = Make(new(1, 1, 1), PixelOrder.Raster, rng);
        var axis = Ops.LinSpace(-12.0, 12.0, 20_001, DType.Float64);
        var p = model.PixelLogProbabilities(axis.View(-1, 1, 1, 1)).Exp().Flatten() * (24.0 / 20_000);
        var mean = (p * axis).Sum().ToDouble();
        var variance = (p * (axis - mean).Square()).Sum().ToDouble();
        var drawn = model.Sample(40_000, rng, mean: false).Flatten();
        Assert.Equal(mean, drawn.Mean().ToDouble(), 5 * Math.Sqrt(variance / 40_000));
        Assert.Equal(variance, drawn.Var([0]).ToDouble(), 0.05 * variance);
        Assert.Equal(mean, model.Sample(1, rng, mean: true).ToDouble(), 1e-6);
    }));

    private const double Scale = 0.7;

    private static Rnade Make(ImageShape shape, PixelOrder order, Rng rng, int hidden = 9)
    {
        var model = new Rnade(new RnadeOptions { Hidden = hidden, Components = 3, Scale = Scale, PixelOrder = order }, shape, rng);
        model.To(DType.Float64);
        return model;
    }
}
