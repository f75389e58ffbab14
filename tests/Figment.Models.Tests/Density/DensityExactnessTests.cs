using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;
using static Figment.Models.Tests.Density.TinyDensities;

namespace Figment.Models.Tests.Density;

/// <summary>Identities of exact densities that hold to rounding (docs/design/README.md, kind A).</summary>
public class DensityExactnessTests : EngineTest
{
    private static readonly PixelOrder[] Orders = [PixelOrder.Raster, PixelOrder.Snake, PixelOrder.Random];

    public static TheoryData<string> BinaryNames => [.. Binary];

    public static TheoryData<string> ConditionalNames => [.. Conditional];

    public static TheoryData<string, int> OrderedNames
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var (name, reach) in Ordered) data.Add(name, reach);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(BinaryNames))]
    public void All_binary_images_together_have_probability_one(string name) => TensorScope.Run(() =>
    {
        using var rng = new Rng(11);
        foreach (var shape in (ImageShape[])[new(1, 2, 2), new(1, 3, 3), new(1, 3, 4), new(3, 1, 2)])
        {
            foreach (var order in Orders)
            {
                using var model = Make(name, shape, order, rng);
                var p = LogP(model, AllImages(shape)).Select(Math.Exp).ToArray();
                Assert.Equal(1, p.Sum(), 1e-6);
                Assert.True(p.Max() > 1.5 / p.Length, "uniform: the test would see nothing");
            }
        }
    });

    [Theory]
    [InlineData("categorical")]
    [InlineData("joint")]
    [InlineData("joint-pixel")]
    [InlineData("markov-1")]
    [InlineData("markov-2")]
    [InlineData("markov-classes")]
    public void All_images_of_four_levels_together_have_probability_one(string name) => TensorScope.Run(() =>
    {
        using var rng = new Rng(12);
        foreach (var shape in (ImageShape[])[new(1, 2, 2), new(3, 1, 2)])
        {
            using var model = Make(name, shape, PixelOrder.Snake, rng, levels: 4);
            Assert.Equal(1, LogP(model, AllImages(shape, 4)).Sum(Math.Exp), 1e-9);
        }
    });

    [Theory]
    [MemberData(nameof(ConditionalNames))]
    public void Each_class_has_a_density_and_the_whole_is_their_mean(string name) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(13);
        using var model = Make(name, new(1, 3, 3), PixelOrder.Raster, rng);
        var (images, classes) = (AllImages(new(1, 3, 3)), (IKnowsClasses)model);
        Assert.Equal(3, classes.Classes);
        var each = Enumerable.Range(0, 3).Select(y => classes.LogLikelihoodOf(images, Tensor.Full([512], y, DType.Int64)).Exp().ToArray<double>()).ToArray();
        Assert.All(each, p => Assert.Equal(1, p.Sum(), 1e-6));
        Assert.True(each[0].Zip(each[1]).Max(pair => Math.Abs(pair.First - pair.Second)) > 1e-4, "the classes do not differ");
        var whole = LogP(model, images);
        for (var i = 0; i < 512; i++) Assert.Equal(each.Sum(p => p[i]) / 3, Math.Exp(whole[i]), 1e-7);
        Assert.Throws<InvalidOperationException>(() => classes.SampleOf(Tensor.Full([2], 3, DType.Int64), rng, false));
    }));

    /// <summary>A changed pixel changes its own probability and those of later pixels within reach: all of them, no other.</summary>
    [Theory]
    [MemberData(nameof(OrderedNames))]
    public void A_pixel_depends_on_all_that_it_may_and_on_nothing_else(string name, int reach) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(14);
        foreach (var order in Orders)
        {
            var shape = new ImageShape(2, 3, 3);
            using var model = Make(name, shape, order, rng);
            var places = OrderOf(model);
            var x = rng.Integers(0, 2, [64, 2, 3, 3]).To(DType.Float64);
            var before = Pixels(model, x);
            for (var j = 0; j < 18; j++)
            {
                var changed = x.Clone();
                var pixel = changed.Flatten(1).Select(1, places[j]);
                pixel.CopyInPlace(1 - pixel);
                var difference = (Pixels(model, changed) - before).Abs().Amax([0]).ToArray<double>();
                for (var i = 0; i < 18; i++)
                {
                    var may = i >= j && i - j <= reach;
                    Assert.True(may == difference[places[i]] > 0, $"{name}, {order}: step {i} {(may ? "ignores" : "sees")} step {j}");
                }
            }
        }

        static Tensor Pixels(Module model, Tensor x) => ((IGivesDensity)model).PixelLogProbabilities(x).Flatten(1);
    }));

    [Theory]
    [InlineData("fvsbn")]
    [InlineData("nade")]
    [InlineData("made")]
    [InlineData("made-deep")]
    public void The_Jacobian_of_the_logits_has_the_order_s_zero_pattern(string name) => TensorScope.Run(() =>
    {
        using var rng = new Rng(15);
        foreach (var order in Orders)
        {
            using var model = Make(name, new(1, 3, 4), order, rng);
            var places = OrderOf(model);
            var x = rng.Uniform([1, 1, 3, 4], dtype: DType.Float64);
            x.RequiresGrad = true;
            var logits = Logits(model, x).Flatten();
            for (var i = 0; i < 12; i++)
            {
                var row = Autograd.Grad([logits[places[i]]], [x], retainGraph: true, allowUnused: true)[0]?.Flatten().ToArray<double>() ?? new double[12];
                for (var j = 0; j < 12; j++)
                    Assert.True(row[places[j]] != 0 == j < i, $"{name}, {order}: d logit {i} / d x {j} is {row[places[j]]}");
            }
        }
    });

    /// <summary>The fast sampler against the definition: the whole network again for every pixel.</summary>
    [Theory]
    [InlineData("fvsbn")]
    [InlineData("nade")]
    [InlineData("eonade")]
    [InlineData("made")]
    [InlineData("made-deep")]
    [InlineData("markov-2")]
    public void Samples_are_those_of_recomputing_everything_for_each_pixel(string name) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(16);
        foreach (var order in Orders)
        {
            var shape = new ImageShape(1, 4, 5);
            using var model = Make(name, shape, order, rng);
            using Rng fast = new(5), slow = new(5);
            var drawn = ((IDrawsSamples)model).Sample(50, fast, mean: false).To(DType.Float64);
            if (model is Markov or Made) _ = slow.Integers(0, 1, [50]); // the class or the mask
            var x = Tensor.Zeros([50, 1, 4, 5], DType.Float64);
            foreach (var place in OrderOf(model))
            {
                x.Flatten(1).Select(1, place).FillInPlace(1);
                var p = ((IGivesDensity)model).PixelLogProbabilities(x).Flatten(1).Select(1, place).Exp();
                x.Flatten(1).Select(1, place).CopyInPlace(model is Markov
                    ? LevelDraws.Draw(Ops.Stack([1 - p, p], 1), slow).To(DType.Float64) : slow.Bernoulli(p));
            }

            Assert.True(drawn.Equal(x), $"{name}, {order}");
        }
    }));

    [Theory]
    [MemberData(nameof(BinaryNames))]
    public void Samples_come_as_often_as_their_probability_says(string name) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(17);
        var shape = new ImageShape(1, 2, 2);
        using var model = Make(name, shape, PixelOrder.Random, rng);
        var expected = LogP(model, AllImages(shape)).Select(Math.Exp).ToArray();
        AssertDrawnFrom(expected, Codes(((IDrawsSamples)model).Sample(20_000, rng, mean: false)));
        var mean = ((IDrawsSamples)model).Sample(20_000, rng, mean: true).Mean([0]).Flatten().To(DType.Float64).ToArray<double>();
        var pixels = AllImages(shape).Flatten(1).T().MatMul(Tensor.From(expected, 16)).ToArray<double>();
        for (var i = 0; i < 4; i++) Assert.Equal(pixels[i], mean[i], 0.02);
    }));

    /// <summary>All masks that the model takes, against p(missing | given) from counting up.</summary>
    [Theory]
    [MemberData(nameof(BinaryNames))]
    public void Completions_are_draws_from_the_true_conditional(string name) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(18);
        var shape = new ImageShape(1, 3, 3);
        using var model = Make(name, shape, PixelOrder.Snake, rng);
        var completes = (ICompletesImages)model;
        var images = AllImages(shape);
        var p = LogP(model, images).Select(Math.Exp).ToArray();
        var anyMask = model is not (Fvsbn or Nade or Made);
        foreach (var mask in (string[])["...|...|...", "xxx|...|...", "xxx|..x|...", "xxx|.xx|..x", "...|.x.|...", "x.x|...|x.x", "xxx|xxx|xxx"])
        {
            var given = Mask(mask);
            if (completes.WhyNotCompletable(given) is { } why)
            {
                Assert.False(anyMask, $"{name} refuses {mask}");
                Assert.Contains("order", why, StringComparison.Ordinal);
                Assert.Throws<ArgumentException>(() => completes.Complete(images[..1], given, rng));
                continue;
            }

            Assert.True(anyMask || mask is "...|...|..." or "xxx|...|..." or "xxx|..x|..." or "xxx|xxx|xxx", $"{name} takes {mask}");
            if (model is EoNade orderless) p = AlongGivenFirst(orderless, images, given);
            var known = Tensor.From(given.Cast<bool>().ToArray(), 3, 3);
            var x = images[(long)Array.IndexOf(p, p.Max())].Unsqueeze(0);
            var agrees = images.Eq(x).LogicalOr(known.LogicalNot()).Flatten(1).All(1).ToArray<bool>();
            var conditional = p.Select((value, i) => agrees[i] ? value : 0).ToArray();
            var noise = Ops.Where(known, x, rng.Uniform([20_000, 1, 3, 3], dtype: DType.Float64));
            var completed = completes.Complete(noise, given, rng);
            Assert.True(Ops.Where(known, completed.To(DType.Float64), x).Equal(x.Expand(20_000, 1, 3, 3)), "given pixels changed");
            AssertDrawnFrom([.. conditional.Select(value => value / conditional.Sum())], Codes(completed));
        }

        Assert.Throws<ArgumentException>(() => completes.Complete(images[..1], new bool[2, 3], rng));
    }));

    // Orders of the orderless model do not agree exactly; it completes along the one that has the given pixels first.
    private static double[] AlongGivenFirst(EoNade model, Tensor images, bool[,] given)
    {
        var places = OrderOf(model);
        var order = Enumerable.Range(0, 9).Select(i => (long)i).OrderBy(i => given[places[i] / 3, places[i] % 3] ? 0 : 1).ToArray();
        return [.. model.PixelLogProbabilities(images, order).Sum([1, 2, 3]).ToArray<double>().Select(Math.Exp)];
    }

    private static bool[,] Mask(string rows)
    {
        var lines = rows.Split('|');
        var mask = new bool[lines.Length, lines[0].Length];
        for (var i = 0; i < lines.Length; i++)
            for (var j = 0; j < lines[i].Length; j++) mask[i, j] = lines[i][j] == 'x';
        return mask;
    }

    // Each outcome within five standard errors of its probability, and nothing impossible.
    private static void AssertDrawnFrom(double[] probabilities, long[] outcomes)
    {
        var counts = new int[probabilities.Length];
        foreach (var outcome in outcomes) counts[outcome]++;
        for (var i = 0; i < counts.Length; i++)
        {
            var (expected, n) = (probabilities[i], outcomes.Length);
            var error = Math.Sqrt(expected * (1 - expected) / n);
            Assert.True(Math.Abs(((double)counts[i] / n) - expected) <= (5 * error) + (expected > 0 ? 2.0 / n : 0),
                $"outcome {i} came {counts[i]} times of {n}, expected probability {expected}");
        }
    }

    private static Tensor Logits(Module model, Tensor x) => model switch
    {
        Fvsbn fvsbn => fvsbn.Logits(x),
        Nade nade => nade.Logits(x),
        Made made => made.Logits(x),
        _ => throw new ArgumentOutOfRangeException(nameof(model)),
    };
}
