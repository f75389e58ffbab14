using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Models.Distributions;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>Identities that hold to rounding, for PixelCNN++.</summary>
public class PixelCnnPpExactnessTests : EngineTest
{
    [Theory]
    [InlineData(2, 1, 2, 2, 1)]
    [InlineData(2, 1, 3, 3, 0)]
    [InlineData(2, 1, 3, 4, 0)]
    [InlineData(2, 1, 2, 4, 1)]
    [InlineData(4, 1, 2, 2, 1)]
    [InlineData(3, 3, 1, 1, 0)]
    [InlineData(2, 3, 1, 3, 0)]
    public void Probabilities_sum_to_one(int levels, int channels, int height, int width, int halvings)
    {
        using var rng = new Rng(1);
        using var model = Model(levels, channels, height, width, halvings, rng);
        RasterChecks.SumsToOne(model, levels, channels, height, width);
    }

    [Theory]
    [InlineData(1, 4, 4, 0)]
    [InlineData(1, 4, 6, 1)]
    [InlineData(1, 8, 8, 2)]
    [InlineData(3, 4, 4, 1)]
    public void It_depends_on_every_pixel_before_and_on_nothing_else(int channels, int height, int width, int halvings)
    {
        using var rng = new Rng(2);
        using var model = Model(2, channels, height, width, halvings, rng);
        var found = RasterChecks.Dependence(x => model.Maps(x), channels, height, width, 1, rng);
        for (var o = 0; o < height * width; o++)
            for (var i = 0; i < channels * height * width; i++)
                Assert.True(found[o, i] == (i / channels < o), $"pixel {o}, channel {i % channels} of pixel {i / channels}: {found[o, i]}");
    }

    [Theory]
    [InlineData(2, 1, 5, 6, 0)]
    [InlineData(16, 1, 4, 6, 1)]
    [InlineData(16, 3, 8, 8, 2)]
    public void Keeping_columns_draws_the_same_as_the_whole_network(int levels, int channels, int height, int width, int halvings) =>
        TensorScope.Run(() =>
        {
            using Rng rng = new(5), fast = new(7), slow = new(7);
            using var model = Model(levels, channels, height, width, halvings, rng);
            var kept = model.Sample(6, fast, mean: false);
            var mixture = new LogisticMixture(channels, 3, new PixelLevels(levels));
            var whole = DrawSlowly(model, mixture, 6, channels, height, width, slow);
            Assert.True(kept.Equal(whole), "another image");
            Assert.Equal(slow.State, fast.State);
        });

    [Fact]
    public void Completions_come_from_the_true_conditional()
    {
        using var rng = new Rng(6);
        using var model = Model(2, 1, 2, 4, 1, rng);
        RasterChecks.CompletesFromTheConditional(model, 2, 4, givenPixels: 4, rng);
        Assert.NotNull(model.WhyNotCompletable(new[,] { { false, true, true, true }, { true, true, true, true } }));
    }

    [Fact]
    public void Dropout_draws_from_the_generator_and_only_while_training() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using Rng rng = new(1), a = new(2), b = new(2);
        using var model = Model(2, 1, 4, 4, 1, rng, dropout: 0.5);
        var x = rng.Bernoulli(Tensor.Full([4, 1, 4, 4], 0.5));
        var exact = model.PixelLogProbabilities(x).Sum().ToDouble();
        var first = model.LogProbability(x, a).Sum().ToDouble();
        Assert.Equal(first, model.LogProbability(x, b).Sum().ToDouble());
        Assert.NotEqual(exact, first, 1e-4);
        model.Eval();
        Assert.Equal(exact, model.LogProbability(x, a).Sum().ToDouble(), 1e-4);
    }));

    [Fact]
    public void A_size_that_cannot_be_halved_is_refused_with_words()
    {
        using var rng = new Rng(1);
        var fault = Assert.Throws<ArgumentException>(() => TensorScope.Run(() => Model(2, 1, 6, 6, 2, rng)));
        Assert.Contains("halved 2 times", fault.Message, StringComparison.Ordinal);
    }

    internal static PixelCnnPp Model(int levels, int channels, int height, int width, int halvings, Rng rng, double dropout = 0)
    {
        var model = new PixelCnnPp(new PixelCnnPpOptions
        {
            Levels = levels,
            Channels = 8,
            Layers = 2,
            Halvings = halvings,
            Components = 3,
            Dropout = dropout,
        }, new ImageShape(channels, height, width), rng);
        NoGrad.Run(() => TensorScope.Run(() =>
        {
            // Away from the near-identity that training starts from, so that every path counts.
            foreach (var (path, parameter) in model.NamedParameters())
            {
                if (path.Contains(".out.weight", StringComparison.Ordinal))
                    parameter.MulInPlace(10);
            }
        }));
        return model;
    }

    internal static Tensor DrawSlowly(PixelCnnPp model, LogisticMixture mixture, long count, int channels, int height, int width, Rng rng) =>
        NoGrad.Run(() =>
        {
            var x = Tensor.Zeros([count, channels, height, width]);
            for (var p = 0; p < height * width; p++)
            {
                TensorScope.Run(() =>
                {
                    var maps = model.Maps(x).Select(2, p / width).Select(2, p % width).Contiguous();
                    x.Select(2, p / width).Select(2, p % width).CopyInPlace(mixture.Draw(maps, rng));
                });
            }

            return x;
        });
}
