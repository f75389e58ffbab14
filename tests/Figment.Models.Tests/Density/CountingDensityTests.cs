using System.Numerics;
using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>Models that are tables: how many numbers they have, and that their fit is the maximum of likelihood.</summary>
public class CountingDensityTests : EngineTest
{
    /// <summary>n, 2n - 1 and 2^n - 1; and 256^3 - 1 for one RGB pixel, where a lecture note said 255^3.</summary>
    [Fact]
    public void Free_parameters_are_those_of_the_lectures() => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        ImageShape image = new(1, 3, 4), rgb = new(3, 1, 1);
        Check(new Bernoulli(new(), image), 12);
        Check(new Bernoulli(new() { Classes = 10 }, image), 120);
        Check(new Markov(new(), image, rng), 23);
        Check(new Markov(new() { Order = 2 }, image, rng), 1 + 2 + (10 * 4));
        Check(new Markov(new() { Levels = 4, Classes = 2 }, image, rng), 2 * 3 * (1 + (11 * 4)));
        Check(new JointCategorical(new() { Levels = 2, Over = JointOver.Image }, image), 4095);
        Check(new Categorical(new() { Levels = 2 }, image), 12);
        Check(new Categorical(new(), rgb), 3 * 255);
        Check(new JointCategorical(new(), rgb), (256 * 256 * 256) - 1);
        Assert.Throws<ArgumentException>(() => new JointCategorical(new() { Levels = 2, Over = JointOver.Image }, new ImageShape(1, 6, 6)));
        Assert.Throws<ArgumentException>(() => new Markov(new() { Levels = 256, Order = 3 }, image, rng));

        static void Check<T>(T model, BigInteger expected)
            where T : Figment.Nn.Module, ICountsFreeParameters
        {
            using (model)
            {
                Assert.Equal(expected, model.FreeParameters);
                Assert.NotEmpty(model.FreeParameterRule);
            }
        }
    });

    [Fact]
    public void Bernoulli_s_fit_is_the_share_of_ones() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(2);
        using var model = new Bernoulli(new() { Smoothing = 0, Classes = 2 }, new(1, 2, 3));
        var (x, y) = (rng.Bernoulli(Tensor.Full([40, 1, 2, 3], 0.3)), rng.Integers(0, 2, [40]));
        model.Count(x[..25], y[..25]); // two batches
        model.Count(x[25..], y[25..]);
        var shares = Ops.Stack([.. Enumerable.Range(0, 2).Select(c => x[y.Eq(c)].Mean([0]))]).To(DType.Float64);
        Assert.True(model.Theta().AllClose(shares, rtol: 1e-6));
    }));

    [Fact]
    public void Categorical_s_fit_is_the_share_of_each_level_and_smoothing_adds_imagined_examples() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var plain = new Categorical(new() { Levels = 3, Smoothing = 0 }, new(1, 1, 2));
        using var smooth = new Categorical(new() { Levels = 3, Smoothing = 2 }, new(1, 1, 2));
        var x = Tensor.From([0f, 0.5f, 0.5f, 1f, 0f, 1f, 0f, 1f], 4, 1, 1, 2);
        plain.Count(x, Tensor.Zeros([4], DType.Int64));
        smooth.Count(x, Tensor.Zeros([4], DType.Int64));
        Assert.Equal([0.75, 0.25, 0, 0, 0.25, 0.75], plain.Pi().Flatten().ToArray<double>());
        Assert.Equal([0.5, 0.3, 0.2, 0.2, 0.3, 0.5], smooth.Pi().Flatten().ToArray<double>().Select(v => Math.Round(v, 12)));
    }));

    [Fact]
    public void The_chain_s_fit_is_the_share_after_each_context() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(3);
        using var model = new Markov(new() { Order = 2, Smoothing = 0 }, new(1, 1, 5), rng);
        var x = rng.Bernoulli(Tensor.Full([200, 1, 1, 5], 0.4));
        model.Count(x, Tensor.Zeros([200], DType.Int64));
        var (values, p) = (x.View(200, 5).ToArray<float>(), model.Transitions());
        for (var d = 2; d < 5; d++)
        {
            for (var context = 0; context < 4; context++)
            {
                var after = Enumerable.Range(0, 200).Where(i => values[(5 * i) + d - 1] == context % 2 && values[(5 * i) + d - 2] == context / 2)
                    .Select(i => (double)values[(5 * i) + d]).ToArray();
                Assert.Equal(after.Average(), p[0, d, context, 1].ToDouble(), 1e-12);
            }
        }
    }));

    /// <summary>No other parameters give the examples a higher likelihood.</summary>
    [Theory]
    [InlineData("bernoulli")]
    [InlineData("markov")]
    [InlineData("joint")]
    public void The_closed_form_is_the_maximum_of_likelihood(string name) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(4);
        var shape = new ImageShape(1, 1, 4);
        using Figment.Nn.Module model = name switch
        {
            "bernoulli" => new Bernoulli(new() { Smoothing = 0 }, shape),
            "markov" => new Markov(new() { Smoothing = 0 }, shape, rng),
            _ => new JointCategorical(new() { Smoothing = 0, Levels = 2, Over = JointOver.Image }, shape),
        };
        var x = TinyDensities.AllImages(shape).Repeat(3, 1, 1, 1);
        x = Ops.Cat([x, x[..7], x[..3]]);
        ((IFitsByCounting)model).Count(x, Tensor.Zeros([x.Size(0)], DType.Int64));
        var best = TinyDensities.LogP(model, x).Sum();
        foreach (var (_, buffer) in model.NamedBuffers().Where(b => b.Buffer.DType == DType.Float64))
        {
            for (var i = 0; i < buffer.Count; i++)
            {
                buffer.Flatten()[i].AddInPlace(0.5);
                Assert.True(TinyDensities.LogP(model, x).Sum() <= best + 1e-12, $"{name}: count {i}");
                buffer.Flatten()[i].AddInPlace(-0.5);
            }
        }
    }));
}
