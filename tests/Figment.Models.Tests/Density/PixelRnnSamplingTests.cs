using System.Diagnostics;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>Drawing with what was kept gives what recomputing the network for each pixel gives, and is much faster.</summary>
public class PixelRnnSamplingTests(ITestOutputHelper output) : EngineTest
{
    [Theory]
    [InlineData("row", 1, 5, 6, 2, 2)]
    [InlineData("row", 1, 4, 5, 4, 1)]
    [InlineData("row", 3, 3, 4, 3, 2)]
    [InlineData("diagonal", 1, 5, 6, 2, 2)]
    [InlineData("diagonal", 1, 6, 4, 4, 1)]
    [InlineData("diagonal", 3, 3, 4, 3, 2)]
    public void Drawing_from_kept_states_equals_recomputing(string kind, int channels, int height, int width, int levels, int layers) =>
        TensorScope.Run(() =>
        {
            using var rng = new Rng(1);
            // Several features a colour: with one, rectifiers can be off for good and hide what is not kept.
            using var rnn = PixelRnn.Make(kind, new ImageShape(channels, height, width), rng, 4 * channels, layers, levels, 8 * channels)
                .Shaken(rng, 0.5);
            AssertEqualDraws(rnn, 16);
        });

    [Theory]
    [Trait("speed", "slow")]
    [InlineData("row")]
    [InlineData("diagonal")]
    public void So_it_does_at_28_by_28(string kind) => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        using var rnn = PixelRnn.Make(kind, new ImageShape(1, 28, 28), rng, hidden: 4, head: 8).Shaken(rng, 0.4);
        AssertEqualDraws(rnn, 4);
    });

    /// <summary>One batch of 16 at 28x28, one layer, h = 32. Recomputing takes the same time for each of the 784 pixels, so the
    /// median of some of them stands for all.</summary>
    [Theory]
    [Trait("speed", "slow")]
    [InlineData("row")]
    [InlineData("diagonal")]
    public void Drawing_from_kept_states_is_fifty_times_faster_than_recomputing(string kind) => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        using var rnn = PixelRnn.Make(kind, new ImageShape(1, 28, 28), rng, hidden: 32, head: 64);
        double[] Times(int count, Action action)
        {
            action();
            return [.. Enumerable.Range(0, count).Select(_ =>
            {
                var watch = Stopwatch.StartNew();
                TensorScope.Run(() => NoGrad.Run(action));
                return watch.Elapsed.TotalMilliseconds;
            }).Order()];
        }

        var x = rng.Bernoulli(Tensor.Full([16, 1, 28, 28], 0.3));
        var recomputed = Times(15, () => rnn.Maps(x))[7] * 784;
        var kept = Times(3, () => rnn.Draws.Sample(16, rng, mean: false))[1];
        output.WriteLine($"{kind}: 16 images of 28x28 in {kept:F0} ms, recomputing {recomputed:F0} ms: {recomputed / kept:F0} times faster");
        Assert.True(recomputed > 50 * kept, $"only {recomputed / kept:F1} times faster");
    });

    [Theory]
    [InlineData("row")]
    [InlineData("diagonal")]
    public void Mean_samples_are_the_conditional_means_of_the_draws(string kind) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(4);
        using var rnn = PixelRnn.Make(kind, new ImageShape(1, 4, 5), rng).Shaken(rng);
        using Rng first = new(9), second = new(9);
        var (draws, means) = (rnn.Draws.Sample(6, first, mean: false), rnn.Draws.Sample(6, second, mean: true));
        Assert.True(means.AllClose(rnn.Maps(draws).Sigmoid(), rtol: 1e-5, atol: 1e-5));
    }));

    private static void AssertEqualDraws(PixelRnn rnn, int count)
    {
        using Rng first = new(7), second = new(7);
        var fast = rnn.Draws.Sample(count, first, mean: false);
        var slow = Recomputed(rnn, count, second);
        Assert.True(fast.Equal(slow), $"{(fast - slow).Ne(0).Sum().ToDouble()} of {fast.Count} values differ");
        Assert.InRange(fast.Mean().ToDouble(), 0.02, 0.98);
        Assert.False(fast[0].Equal(fast[1]));
    }

    // The simplest way: the whole network for each value.
    private static Tensor Recomputed(PixelRnn rnn, int count, Rng rng)
    {
        var shape = rnn.Shape;
        var maps = new LevelMaps(new PixelLevels(rnn.Levels));
        var image = Tensor.Zeros([count, shape.Channels, shape.Height, shape.Width]);
        Decode.Steps(shape.Height * shape.Width, pixel =>
        {
            var (row, column) = (pixel / shape.Width, pixel % shape.Width);
            for (var c = 0; c < shape.Channels; c++)
            {
                var said = rnn.Maps(image).Select(3, column).Select(2, row).Narrow(1, c * maps.PerChannel, maps.PerChannel);
                image.Select(3, column).Select(2, row).Select(1, c).CopyInPlace(maps.Draw(said, rng));
            }
        });
        return image;
    }
}
