using System.Diagnostics;
using Figment.Data;
using Figment.Data.Catalog;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models.Density;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>
/// A short seeded training that must beat NADE on 14x14 black and white MNIST (2x2 means, white from 0.5 on), and must not
/// when the pixels are shuffled, which takes the neighbourhood away that convolutions live on.
/// </summary>
[Trait("speed", "slow")]
public class PixelCnnLearningTests(ITestOutputHelper output) : EngineTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void PixelCNN_beats_NADE(ulong seed)
    {
        var (nade, pixelCnn) = (TrainNade(seed), TrainPixelCnn(seed, isShuffled: false));
        Assert.True(pixelCnn >= nade + 1, $"{pixelCnn:F2} nats, NADE {nade:F2}");
    }

    [Fact]
    public void Shuffled_pixels_do_not()
    {
        var (nade, pixelCnn) = (TrainNade(1), TrainPixelCnn(1, isShuffled: true));
        Assert.True(pixelCnn < nade, $"{pixelCnn:F2} nats with shuffled pixels, NADE {nade:F2}");
    }

    private double TrainNade(ulong seed)
    {
        using var rng = new Rng(seed);
        using var model = new Nade(new NadeOptions { Hidden = 150 }, new ImageShape(1, 14, 14), rng);
        return Train(model, model, seed, x => model.LogProbability(x, Tensor.Zeros([x.Size(0)], DType.Int64)), false, epochs: 2, rate: 5e-3);
    }

    private double TrainPixelCnn(ulong seed, bool isShuffled)
    {
        using var rng = new Rng(seed);
        using var model = new PixelCnn(new PixelCnnOptions { Layers = 4, Channels = 16, Head = 32 }, new ImageShape(1, 14, 14), rng);
        return Train(model, model, seed, model.PixelLogProbabilities, isShuffled, epochs: 3, rate: 4e-3);
    }

    private double Train(Module module, IGivesDensity density, ulong seed, Func<Tensor, Tensor> log, bool isShuffled, int epochs, double rate)
    {
        var watch = Stopwatch.StartNew();
        var data = Mnist();
        using Rng rng = new(seed), order = new(17);
        using var adam = new Adam(module, rate);
        using var loader = new DataLoader(data.Train, new LoaderOptions { Seed = seed, BatchSize = 100 });
        using var permutation = order.Permutation(196).Own();
        Tensor Small(Tensor x)
        {
            var small = (x.AvgPool2d([2, 2]) >= 0.5).To(DType.Float32); // (B, 1, 14, 14)
            return isShuffled ? small.Flatten(1).IndexSelect(1, permutation).View(-1, 1, 14, 14) : small;
        }

        var steps = epochs * loader.BatchesPerEpoch;
        var schedule = Schedule.Cosine(steps, 0.02);
        for (var i = 0L; i < steps; i++)
        {
            adam.LearningRate = rate * schedule(i);
            TensorScope.Run(() =>
            {
                adam.ZeroGrad();
                var x = Small(loader.NextBatch().Images);
                TensorScope.Run(() => log(x).Sum() / -x.Size(0)).Backward();
                adam.Step();
            });
        }

        var nats = TensorScope.Run(() => NoGrad.Run(() => density.PixelLogProbabilities(
            Small(data.Test.Pick([.. Enumerable.Range(0, 2000)], new ImageTransform(), seed: 9).Images)).Sum([-3, -2, -1]).Mean().ToDouble()));
        output.WriteLine($"{module.GetType().Name}, seed {seed}{(isShuffled ? ", shuffled" : "")}: {nats:F2} nats in {watch.Elapsed.TotalSeconds:F0} s");
        return nats;
    }

    private static DataSplits Mnist()
    {
        try
        {
            return DataSets.Open(new DataOptions { Source = "mnist" });
        }
        catch (DataUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }
}
