using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>Identities that hold to rounding, for PixelCNN and gated PixelCNN.</summary>
public class PixelCnnExactnessTests : EngineTest
{
    [Theory]
    [InlineData(2, 1, 2, 2)]
    [InlineData(2, 1, 3, 3)]
    [InlineData(2, 1, 3, 4)]
    [InlineData(4, 1, 2, 2)]
    [InlineData(3, 3, 1, 1)]
    [InlineData(2, 3, 1, 3)]
    public void Probabilities_sum_to_one(int levels, int channels, int height, int width)
    {
        using var rng = new Rng(1);
        using var plain = Plain(levels, channels, height, width, rng);
        RasterChecks.SumsToOne(plain, levels, channels, height, width);
        using var gated = Gated(levels, channels, height, width, rng);
        RasterChecks.SumsToOne(gated, levels, channels, height, width);
        using var classes = Gated(levels, channels, height, width, rng, classes: 3);
        RasterChecks.SumsToOne(classes, levels, channels, height, width);
    }

    [Theory]
    [InlineData(1, 7, 12, 3)]
    [InlineData(3, 4, 5, 3)]
    [InlineData(1, 9, 14, 5)]
    public void PixelCNN_depends_on_what_its_masks_reach_and_nothing_else(int channels, int height, int width, int kernel)
    {
        using var rng = new Rng(2);
        var layers = kernel == 3 ? 3 : 1;
        using var model = Plain(2, channels, height, width, rng, layers, width: 12, kernel);
        var found = RasterChecks.Dependence(model.Call, channels, height, width, channels, rng);
        var reach = Reach(layers, kernel / 2, height, width);
        AssertPattern(found, channels, (to, from, toChannel, fromChannel) =>
            from == to ? fromChannel < toChannel : reach.Contains((to, from)));
    }

    [Fact]
    public void PixelCNN_has_a_blind_spot_and_the_gated_one_has_none()
    {
        using var rng = new Rng(3);
        using var plain = Plain(2, 1, 6, 12, rng, layers: 3, width: 12);
        using var gated = Gated(2, 1, 6, 12, rng, layers: 6, width: 12);
        var blind = RasterChecks.Dependence(plain.Call, 1, 6, 12, 1, rng);
        var sees = RasterChecks.Dependence(x => gated.Maps(x), 1, 6, 12, 1, rng);
        var (to, from) = ((5 * 12) + 2, (4 * 12) + 6); // one row up and four columns to the right
        Assert.False(blind[to, from]);
        Assert.True(sees[to, from]);
        Assert.True(blind[to, (4 * 12) + 5]);
    }

    [Theory]
    [InlineData(1, 6, 7)]
    [InlineData(3, 3, 4)]
    public void Gated_PixelCNN_depends_on_everything_before_and_nothing_else(int channels, int height, int width)
    {
        using var rng = new Rng(4);
        using var model = Gated(2, channels, height, width, rng, layers: 5, width: 12);
        var found = RasterChecks.Dependence(x => model.Maps(x), channels, height, width, channels, rng);
        AssertPattern(found, channels, (to, from, toChannel, fromChannel) => from == to ? fromChannel < toChannel : from < to);
    }

    [Theory]
    [InlineData(2, 1, 5, 6, 3)]
    [InlineData(4, 3, 3, 4, 3)]
    [InlineData(2, 1, 5, 6, 5)]
    public void Keeping_columns_draws_the_same_as_the_whole_network(int levels, int channels, int height, int width,
        int kernel) => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        using var plain = Plain(levels, channels, height, width, rng, layers: 3, width: 12, kernel);
        using var gated = Gated(levels, channels, height, width, rng, layers: 3, width: 12, classes: 3);
        AssertSameDraws(plain.Call, plain, levels, channels, height, width);
        var y = Tensor.From<long>([0, 1, 2, 0, 1, 2, 0, 1], 8);
        using (Rng fast = new(7), slow = new(7))
        {
            var kept = gated.SampleOf(y, fast, mean: false);
            var maps = new LevelMaps(new PixelLevels(levels));
            Assert.True(kept.Equal(RasterChecks.DrawSlowly(x => gated.Maps(x, y), maps, 8, channels, height, width, slow)));
        }
    });

    [Fact]
    public void Completions_come_from_the_true_conditional()
    {
        using var rng = new Rng(6);
        using var plain = Plain(2, 1, 2, 3, rng);
        RasterChecks.CompletesFromTheConditional(plain, 2, 3, givenPixels: 2, rng);
        using var gated = Gated(2, 1, 2, 3, rng);
        RasterChecks.CompletesFromTheConditional(gated, 2, 3, givenPixels: 2, rng);
        using var classes = Gated(2, 1, 2, 3, rng, classes: 3);
        RasterChecks.CompletesFromTheConditional(classes, 2, 3, givenPixels: 2, rng);
    }

    /// <summary>With classes that what is given tells apart: drawn from p(y) instead of p(y | given), they would show.</summary>
    [Fact]
    public void The_class_of_a_completion_is_drawn_given_the_pixels()
    {
        using var rng = new Rng(9);
        using var model = Gated(2, 1, 2, 3, rng, classes: 3);
        TensorScope.Run(() => NoGrad.Run(() =>
        {
            foreach (var (path, parameter) in model.NamedParameters())
            {
                if (path.Contains("classes", StringComparison.Ordinal)) parameter.CopyInPlace(rng.Normal(parameter.Shape, 0, 2));
                if (path == "output.weight") parameter.MulInPlace(4);
            }

            var images = RasterChecks.EveryImage(2, 1, 2, 3);
            var agrees = Enumerable.Range(0, 64).Where(i => (i & 7) == 0b101).ToArray(); // the first row is white, black, white
            var joint = Enumerable.Range(0, 3).Select(y =>
            {
                var p = model.LogLikelihoodOf(images, Tensor.Full([64], y, DType.Int64)).Exp().ToArray<float>();
                return agrees.Select(i => (double)p[i]).ToArray(); // p(missing, given | y)
            }).ToArray();
            var evidence = joint.Select(p => p.Sum()).ToArray();
            var fromPrior = Enumerable.Range(0, 8).Select(i => joint.Zip(evidence, (p, sum) => p[i] / sum / 3).Sum());
            var right = Enumerable.Range(0, 8).Select(i => joint.Sum(p => p[i]) / evidence.Sum());
            Assert.True(fromPrior.Zip(right, (a, b) => Math.Abs(a - b)).Max() > 0.04, // ten standard errors of a frequency
                "the classes' completions are alike: the test would see nothing");
        }));
        RasterChecks.CompletesFromTheConditional(model, 2, 3, givenPixels: 3, rng);
    }

    [Fact]
    public void Masks_with_holes_are_refused_with_words()
    {
        using var rng = new Rng(6);
        using var model = Plain(2, 1, 2, 3, rng);
        Assert.Null(model.WhyNotCompletable(new bool[2, 3]));
        Assert.Null(model.WhyNotCompletable(new[,] { { true, true, true }, { true, false, false } }));
        var why = model.WhyNotCompletable(new[,] { { true, false, true }, { false, false, false } });
        Assert.Contains("row 0, column 2 is given and row 0, column 1 before it is missing", why, StringComparison.Ordinal);
        Assert.Contains("upper part", why, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TensorScope.Run(() =>
            model.Complete(Tensor.Zeros([1, 1, 2, 3]), new[,] { { false, true, true }, { true, true, true } }, rng)));
        Assert.NotNull(model.WhyNotCompletable(new bool[3, 3]));
    }

    [Fact]
    public void Classes_change_the_density_and_average_to_it() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(8);
        using var model = Gated(2, 1, 3, 3, rng, classes: 3);
        var x = RasterChecks.EveryImage(2, 1, 3, 3);
        var each = Enumerable.Range(0, 3).Select(y => model.LogLikelihoodOf(x, Tensor.Full([512], y, DType.Int64))).ToArray();
        Assert.True((each[0] - each[1]).Abs().Max().ToDouble() > 1e-2);
        var mean = Ops.Stack(each).LogSumExp(0) - Math.Log(3);
        Assert.True((mean - model.PixelLogProbabilities(x).Sum([-3, -2, -1])).Abs().Max().ToDouble() < 1e-4);
        Assert.Throws<ArgumentException>(() => model.Maps(x));
    }));

    internal static PixelCnn Plain(int levels, int channels, int height, int columns, Rng rng, int layers = 2, int width = 8,
        int kernel = 3) => Strong(new PixelCnn(
            new PixelCnnOptions { Levels = levels, Layers = layers, Channels = width, Kernel = kernel, Head = 2 * width },
            new ImageShape(channels, height, columns), rng));

    internal static GatedPixelCnn Gated(int levels, int channels, int height, int columns, Rng rng, int layers = 2, int width = 8,
        int classes = 0) => Strong(new GatedPixelCnn(
            new GatedPixelCnnOptions { Levels = levels, Layers = layers, Channels = width, Head = 2 * width, Classes = classes },
            new ImageShape(channels, height, columns), rng));

    /// <summary>Weights so large that pixels and classes tell much of each other: fresh ones would hide faults.</summary>
    internal static T Strong<T>(T model) where T : Module
    {
        NoGrad.Run(() =>
        {
            foreach (var parameter in model.Parameters().Where(p => p.Rank > 1))
                parameter.MulInPlace(2.5);
            foreach (var map in model.NamedModules().Select(m => m.Module).OfType<PositionMap>())
                map.Weight.CopyInPlace(Tensor.Arange(map.Weight.Count).Sin().View(map.Weight.Shape));
        });
        return model;
    }

    internal static void AssertSameDraws(Func<Tensor, Tensor> maps, IDrawsSamples model, int levels, int channels, int height, int width)
    {
        using Rng fast = new(7), slow = new(7);
        var kept = model.Sample(8, fast, mean: false);
        var whole = RasterChecks.DrawSlowly(maps, new LevelMaps(new PixelLevels(levels)), 8, channels, height, width, slow);
        Assert.True(kept.Equal(whole), "another image");
        Assert.Equal(slow.State, fast.State);
    }

    // Pixels that a 7x7 kernel of mask A and then smaller ones of mask B connect, by walking from output to input.
    private static HashSet<(int To, int From)> Reach(int layers, int radius, int height, int width)
    {
        HashSet<(int, int)> reach = [];
        for (var to = 0; to < height * width; to++)
        {
            HashSet<(int R, int C)> at = [(to / width, to % width)];
            for (var l = 0; l < layers; l++)
                at = [.. at.SelectMany(a => Steps(a, radius).Append(a)).Where(IsInside)];
            reach.UnionWith(at.SelectMany(a => Steps(a, 3)).Where(IsInside).Select(a => (to, (a.R * width) + a.C)));
        }

        return reach;

        bool IsInside((int R, int C) a) => a.R >= 0 && a.C >= 0 && a.R < height && a.C < width;

        static IEnumerable<(int R, int C)> Steps((int R, int C) a, int side) =>
            from r in Enumerable.Range(-side, side + 1)
            from c in Enumerable.Range(-side, (2 * side) + 1)
            where r < 0 || c < 0
            select (a.R + r, a.C + c);
    }

    private static void AssertPattern(bool[,] found, int channels, Func<int, int, int, int, bool> allowed)
    {
        for (var o = 0; o < found.GetLength(0); o++)
            for (var i = 0; i < found.GetLength(1); i++)
            {
                var expected = allowed(o / channels, i / channels, o % channels, i % channels);
                Assert.True(found[o, i] == expected, $"output {o} {(found[o, i] ? "depends" : "does not depend")} on input {i}");
            }
    }
}
