using Figment.Models.Distributions;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>What must hold of every density over images in raster order, on cases small enough to enumerate.</summary>
internal static class RasterChecks
{
    /// <summary>Every image there is: (K^(C H W), C, H, W).</summary>
    public static Tensor EveryImage(int levels, int channels, int height, int width)
    {
        var d = channels * height * width;
        var count = (int)Math.Pow(levels, d);
        var values = new float[count * d];
        for (var i = 0; i < count; i++)
        {
            for (var (k, rest) = (0, i); k < d; k++, rest /= levels)
                values[(i * d) + k] = rest % levels / (levels - 1f);
        }

        return Tensor.From(values, count, channels, height, width);
    }

    public static void SumsToOne(IGivesDensity model, int levels, int channels, int height, int width) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        var log = model.PixelLogProbabilities(EveryImage(levels, channels, height, width)).Sum([-3, -2, -1]);
        Assert.Equal(1, log.To(DType.Float64).Exp().Sum().ToDouble(), 1e-5);
    }));

    /// <summary>Which inputs each output depends on: entry [o, i] over channels and pixels in raster order (pixel first).</summary>
    public static bool[,] Dependence(Func<Tensor, Tensor> maps, int channels, int height, int width, int groups, Rng rng)
    {
        var d = height * width;
        var result = new bool[groups * d, channels * d];
        TensorScope.Run(() =>
        {
            var x = rng.Uniform([16, channels, height, width]);
            x.RequiresGrad = true;
            var y = maps(x);
            var perGroup = y.Size(1) / groups;
            for (var o = 0; o < groups * d; o++)
            {
                TensorScope.Run(() =>
                {
                    var part = y.Narrow(1, o % groups * perGroup, perGroup).Select(2, o / groups / width).Select(2, o / groups % width);
                    var weights = Tensor.Arange(part.Count, DType.Float32).AddInPlace(1).Reshape(part.Shape);
                    var gradient = Autograd.Grad([(part * weights).Sum()], [x], retainGraph: true)[0]!;
                    var sizes = gradient.Abs().Sum(0).Permute(1, 2, 0).Flatten().ToArray<float>(); // raster, channels inmost
                    for (var i = 0; i < sizes.Length; i++)
                        result[o, i] = sizes[i] != 0;
                });
            }
        });
        return result;
    }

    /// <summary>The frequencies of completions against p(missing | given), by enumeration.</summary>
    public static void CompletesFromTheConditional<T>(T model, int height, int width, int givenPixels, Rng rng)
        where T : IGivesDensity, ICompletesImages => TensorScope.Run(() => NoGrad.Run(() =>
    {
        const int draws = 20_000;
        var every = EveryImage(2, 1, height, width);
        var p = model.PixelLogProbabilities(every).Sum([-3, -2, -1]).Exp().ToArray<float>();
        var bits = every.Flatten(1).ToArray<float>();
        var d = height * width;
        var start = Tensor.From<float>([.. Enumerable.Range(0, d).Select(i => i % 2 == 0 ? 1f : 0f)], 1, 1, height, width);
        var given = new bool[height, width];
        for (var i = 0; i < givenPixels; i++)
            given[i / width, i % width] = true;
        var done = model.Complete(start.Expand(draws, 1, height, width), given, rng).Flatten(1).ToArray<float>();

        int Code(float[] values, int row) => Enumerable.Range(0, d).Sum(k => (int)values[(row * d) + k] << k);
        var counts = Enumerable.Range(0, draws).CountBy(row => Code(done, row)).ToDictionary();
        var first = Code([.. start.Flatten().ToArray<float>()], 0) & ((1 << givenPixels) - 1);
        var allowed = Enumerable.Range(0, p.Length).Where(i => (Code(bits, i) & ((1 << givenPixels) - 1)) == first).ToList();
        var total = allowed.Sum(i => (double)p[i]);
        Assert.Equal(draws, allowed.Sum(i => counts.GetValueOrDefault(Code(bits, i))));
        Assert.All(allowed, i =>
        {
            var q = p[i] / total;
            var error = Math.Sqrt(q * (1 - q) / draws);
            Assert.InRange(counts.GetValueOrDefault(Code(bits, i)) / (double)draws, q - (4.5 * error), q + (4.5 * error));
        });
    }));

    /// <summary>Draws as <c>Sample</c> does, but with the whole network for every channel of every pixel.</summary>
    public static Tensor DrawSlowly(Func<Tensor, Tensor> maps, LevelMaps levels, long count, int channels, int height, int width,
        Rng rng) => NoGrad.Run(() =>
    {
        var x = Tensor.Zeros([count, channels, height, width]);
        for (var p = 0; p < height * width * channels; p++)
        {
            TensorScope.Run(() =>
            {
                var (i, j, c) = (p / channels / width, p / channels % width, p % channels);
                var own = maps(x).Narrow(1, c * levels.PerChannel, levels.PerChannel).Select(2, i).Select(2, j);
                x.Select(1, c).Select(1, i).Select(1, j).CopyInPlace(levels.Draw(own, rng));
            });
        }

        return x;
    });
}
