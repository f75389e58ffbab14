using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Figment.Models.Tests;

/// <summary>Identities that hold to rounding (docs/design/README.md, kind A).</summary>
public class VaeExactnessTests : EngineTest
{
    [Fact]
    public void Closed_form_KL_is_the_mean_of_the_log_ratio() => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var q = new DiagonalGaussian(rng.Normal([1, 6], dtype: DType.Float64), rng.Normal([1, 6], 0, 0.7, DType.Float64));
        var z = q.Sample(rng.Normal([200_000, 1, 6], dtype: DType.Float64));
        var ratio = q.LogProbability(z) - DiagonalGaussian.LogStandardNormal(z); // (200000, 1)
        var (mean, error) = (ratio.Mean().ToDouble(), ratio.Std(0).ToDouble() / Math.Sqrt(200_000));
        Assert.InRange(q.KlToStandardNormal().ToDouble(), mean - (4 * error), mean + (4 * error));
        Assert.Equal(0, new DiagonalGaussian(Tensor.Zeros([3, 6]), Tensor.Zeros([3, 6])).KlToStandardNormal().Sum().ToDouble());
    });

    /// <summary>
    /// A decoder with orthogonal columns has a diagonal Gaussian posterior. With an encoder that gives just that one, every
    /// importance weight is p(x): the estimate is exact for any number of draws.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void With_the_true_posterior_the_estimate_is_log_p_of_x(int draws) => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        using var linear = new LinearGaussian(rng, exactPosterior: true);
        var x = rng.Uniform([20, 1, 2, 3], dtype: DType.Float64);
        var estimate = NoGrad.Run(() => linear.Model.LogLikelihood(x, rng, draws));
        Assert.True(estimate.AllClose(linear.LogProbability(x), rtol: 1e-9, atol: 1e-9));
    });

    [Fact]
    public void Bounds_tighten_with_draws_and_stay_below_log_p_of_x() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(3);
        using var linear = new LinearGaussian(rng, exactPosterior: false);
        var x = rng.Uniform([1, 1, 2, 3], dtype: DType.Float64).Expand(4000, 1, 2, 3).Contiguous();
        var exact = linear.LogProbability(x[..1]).ToDouble();
        var bounds = new List<(double Mean, double Error)>();
        foreach (var draws in (int[])[0, 1, 2, 8, 64])
        {
            var b = draws == 0 ? linear.Model.LowerBound(x, rng) : linear.Model.LogLikelihood(x, rng, draws);
            bounds.Add((b.Mean().ToDouble(), b.Std(0).ToDouble() / Math.Sqrt(4000)));
        }

        var (elbo, one) = (bounds[0], bounds[1]);
        Assert.InRange(elbo.Mean - one.Mean, -5 * (elbo.Error + one.Error), 5 * (elbo.Error + one.Error)); // the same bound, two estimators
        for (var i = 2; i < bounds.Count; i++)
            Assert.True(bounds[i].Mean > bounds[i - 1].Mean + (3 * (bounds[i].Error + bounds[i - 1].Error)), $"bound {i} does not tighten: {string.Join("; ", bounds)}");
        Assert.True(bounds[^1].Mean < exact + (4 * bounds[^1].Error));
        Assert.True(one.Mean < exact - 0.2, "the posterior is not wrong enough for the test to mean anything");
    }));

    [Theory]
    [InlineData("bernoulli")]
    [InlineData("gaussian")]
    [InlineData("learned")]
    [InlineData("logistic")]
    public void Every_parameters_gradient_matches_finite_differences(string kind) => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        PixelDistribution pixels = kind switch { "bernoulli" => new BernoulliPixels(), "gaussian" => new GaussianPixels { Sigma = 0.4 }, "logistic" => new LogisticPixels { Levels = 4 }, _ => new LearnedGaussianPixels() };
        using var vae = Vae.FullyConnected(new VaeOptions { Latent = 2, Hidden = [5], Nonlinearity = Nonlinearity.Tanh, Pixels = pixels }, new ImageShape(1, 2, 3), rng);
        vae.To(DType.Float64);
        var x = rng.Bernoulli(Tensor.Full([4, 1, 2, 3], 0.4, DType.Float64));
        var epsilon = rng.Normal([4, 2], dtype: DType.Float64);
        Tensor Loss()
        {
            var (logPxz, kl) = vae.Terms(x, epsilon);
            return (kl - logPxz).Mean();
        }

        FiniteDifferences.AssertMatch(vae, Loss);
    });

    [Fact]
    public void Pixel_distributions_are_densities_that_match_their_formulas() => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        var x = rng.Uniform([3, 1, 2, 2], dtype: DType.Float64);
        var maps = rng.Normal([3, 1, 2, 2], dtype: DType.Float64);
        var p = maps.Sigmoid();
        var bernoulli = ((x * p.Log()) + ((1 - x) * (1 - p).Log())).Sum([1, 2, 3]);
        Assert.True(new BernoulliPixels().LogProbability(x, maps).AllClose(bernoulli));
        var gaussian = (-0.5 * ((x - maps) / 0.3).Square() - Math.Log(0.3 * Math.Sqrt(2 * Math.PI))).Sum([1, 2, 3]);
        Assert.True(new GaussianPixels { Sigma = 0.3 }.LogProbability(x, maps).AllClose(gaussian));

        // The learned variance integrates to one over x, pixel by pixel.
        var two = Tensor.From([0.3, -1.2], 1, 2, 1, 1);
        var grid = Ops.LinSpace(-8.0, 8.0, 20_001, DType.Float64).View(-1, 1, 1, 1);
        var density = new LearnedGaussianPixels().LogProbability(grid, two.Expand(20_001, 2, 1, 1)).Exp();
        Assert.Equal(1, density.Sum().ToDouble() * 16 / 20_000, 6);
    });

    [Fact]
    public void Samples_are_means_or_draws_and_reconstructions_of_mean_or_sample() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(6);
        using var vae = Vae.FullyConnected(new VaeOptions { Latent = 3, Hidden = [8] }, new ImageShape(1, 4, 4), rng);
        var draw = vae.Sample(50, rng, mean: false).ToArray<float>();
        Assert.All(draw, v => Assert.True(v is 0 or 1));
        var mean = vae.Sample(50, rng, mean: true).ToArray<float>();
        Assert.Contains(mean, v => v is > 0 and < 1);
        var x = rng.Bernoulli(Tensor.Full([5, 1, 4, 4], 0.5));
        Assert.True(vae.Reconstruct(x, null).Equal(vae.Reconstruct(x, null)));
        Assert.False(vae.Reconstruct(x, rng).Equal(vae.Reconstruct(x, rng)));
        Assert.True(vae.Reconstruct(x, null).Equal(vae.Decode(vae.Encode(x))));
    }));
}
