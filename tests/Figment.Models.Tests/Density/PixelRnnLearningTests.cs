using Figment.Data;
using Figment.Data.Catalog;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>Short seeded trainings on binarised MNIST at 14x14 (docs/design/README.md, kind B).</summary>
public class PixelRnnLearningTests(ITestOutputHelper output) : EngineTest
{
    private const int Steps = 300, TestImages = 2_000;

    /// <summary>The control is the same network in the same training on images whose pixels are shuffled, all in the same way: what
    /// can be known of a pixel is the same, only where it stands is not.</summary>
    [Theory]
    [Trait("speed", "slow")]
    [InlineData("row", 1)]
    [InlineData("row", 2)]
    [InlineData("row", 3)]
    [InlineData("diagonal", 1)]
    [InlineData("diagonal", 2)]
    [InlineData("diagonal", 3)]
    public void Pixels_in_their_places_are_better_known_than_shuffled_ones(string kind, ulong seed)
    {
        var data = Digits();
        var digits = TestNats(kind, data, seed, shuffled: false);
        var shuffled = TestNats(kind, data, seed, shuffled: true);
        var gains = digits.Zip(shuffled, (d, s) => d - s).ToArray();
        var gain = gains.Average();
        var error = Math.Sqrt(gains.Sum(g => (g - gain) * (g - gain)) / (TestImages - 1) / TestImages);
        output.WriteLine($"{kind}, seed {seed}: {digits.Average():F2} nats, shuffled {shuffled.Average():F2}, "
            + $"gain {gain:F2} with standard error {error:F2}");
        Assert.True(gain >= Math.Max(1, 3 * error), $"{digits.Average():F2} nats against {shuffled.Average():F2} of shuffled pixels");
    }

    private static DataSplits Digits()
    {
        try
        {
            return DataSets.Open(new DataOptions { Source = "mnist", Size = 14, Binarize = Binarization.Threshold });
        }
        catch (DataUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    // Adam at 4e-3, batches of 64; log p of each of the first test images.
    private static float[] TestNats(string kind, DataSplits data, ulong seed, bool shuffled)
    {
        using var rng = new Rng(seed);
        using var rnn = PixelRnn.Make(kind, data.Shape, rng, hidden: 16, head: 32);
        using var order = new Rng(99);
        using var adam = new Adam(rnn.Module, 4e-3);
        using var loader = new DataLoader(data.Train, new LoaderOptions { Seed = seed, BatchSize = 64, Transform = data.Transform });
        return TensorScope.Run(() =>
        {
            var places = order.Permutation(data.Shape.Length);
            Tensor Seen(Tensor x) => shuffled ? x.Flatten(1).IndexSelect(1, places).View(x.Shape) : x;
            for (var i = 0; i < Steps; i++)
            {
                TensorScope.Run(() =>
                {
                    adam.ZeroGrad();
                    var x = Seen(loader.NextBatch().Images);
                    TensorScope.Run(() => -rnn.Density.LowerBound(x, rng).Mean()).Backward();
                    GradientClip.ByNorm(rnn.Module.Parameters(), 5);
                    adam.Step();
                });
            }

            var test = Seen(data.Test.Pick([.. Enumerable.Range(0, TestImages)], data.Transform, seed: 9).Images);
            return NoGrad.Run(() => new { Nats = rnn.Density.LowerBound(test, rng).ToArray<float>() }.Nats);
        });
    }
}
