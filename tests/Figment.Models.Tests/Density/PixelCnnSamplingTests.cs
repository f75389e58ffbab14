using System.Diagnostics;
using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Models.Distributions;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>At full size, sampling that keeps columns is at least 50 times as fast as the network for every pixel.</summary>
[Trait("speed", "slow")]
public class PixelCnnSamplingTests(ITestOutputHelper output) : EngineTest
{
    private const int Side = 28, Batch = 16;

    [Fact]
    public void PixelCNN()
    {
        using var rng = new Rng(1);
        using var model = PixelCnnExactnessTests.Strong(new PixelCnn(new PixelCnnOptions(), new ImageShape(1, Side, Side), rng));
        var levels = new LevelMaps(new PixelLevels(2));
        Check("pixelcnn", model, model.Call,
            (count, random) => RasterChecks.DrawSlowly(model.Call, levels, count, 1, Side, Side, random));
    }

    [Fact]
    public void Gated_PixelCNN()
    {
        using var rng = new Rng(2);
        using var model = PixelCnnExactnessTests.Strong(new GatedPixelCnn(new GatedPixelCnnOptions(), new ImageShape(1, Side, Side), rng));
        var levels = new LevelMaps(new PixelLevels(2));
        Check("gated-pixelcnn", model, x => model.Maps(x),
            (count, random) => RasterChecks.DrawSlowly(x => model.Maps(x), levels, count, 1, Side, Side, random));
    }

    [Fact]
    public void PixelCNN_pp()
    {
        using var rng = new Rng(3);
        var options = new PixelCnnPpOptions();
        using var model = new PixelCnnPp(options, new ImageShape(1, Side, Side), rng);
        var mixture = new LogisticMixture(1, options.Components, new PixelLevels(256));
        // Fewer levels would be compared exactly; with 256, rounding differs where a draw falls between two of them.
        Check("pixelcnn-pp", model, x => model.Maps(x),
            (count, random) => PixelCnnPpExactnessTests.DrawSlowly(model, mixture, count, 1, Side, Side, random));
    }

    // Draws are compared for two images; the slow way is timed on twelve pixels of sixteen images.
    private void Check(string name, IDrawsSamples model, Func<Tensor, Tensor> maps, Func<long, Rng, Tensor> slowly) => TensorScope.Run(() =>
    {
        using (Rng fast = new(5), slow = new(5))
            Assert.True(model.Sample(2, fast, mean: false).Equal(slowly(2, slow)), "another image");

        using var rng = new Rng(6);
        double Time(int times, Action action)
        {
            TensorScope.Run(action);
            var best = double.PositiveInfinity;
            for (var i = 0; i < times; i++)
            {
                var watch = Stopwatch.StartNew();
                TensorScope.Run(action);
                best = Math.Min(best, watch.Elapsed.TotalSeconds);
            }

            return best;
        }

        var x = Tensor.Zeros([Batch, 1, Side, Side]);
        var kept = Time(3, () => model.Sample(Batch, rng, mean: false));
        var whole = Time(12, () => NoGrad.Run(() => { maps(x); })) * Side * Side;
        output.WriteLine($"{name}: {kept:F3} s for {Batch} images, {whole:F1} s with the whole network for each pixel: {whole / kept:F0} times");
        Assert.True(whole >= 50 * kept, $"{name}: {whole / kept:F1} times as fast, not 50");
    });
}
