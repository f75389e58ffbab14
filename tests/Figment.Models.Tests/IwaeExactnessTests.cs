using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Models.Latent;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>The bound of k samples: what holds to rounding, and what holds within its error (docs/design/README.md, kind A).</summary>
public class IwaeExactnessTests : EngineTest
{
    /// <summary>One sample is the variational autoencoder's bound in the form that draws its KL too.</summary>
    [Fact]
    public void One_sample_is_the_bound_of_the_VAE_with_the_same_noise() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(1);
        using var vae = Small(new BernoulliPixels(), rng);
        var x = rng.Bernoulli(Tensor.Full([9, 1, 2, 3], 0.4, DType.Float64));
        var epsilon = rng.Normal([9, 2], dtype: DType.Float64);
        var q = vae.Posterior(x);
        var z = q.Sample(epsilon);
        var drawnKl = q.LogProbability(z) - DiagonalGaussian.LogStandardNormal(z); // whose mean is the KL
        var expected = vae.Terms(x, epsilon).LogPxz - drawnKl;
        var logW = vae.LogWeights(x, epsilon.Unsqueeze(0));
        Assert.True(logW[0].AllClose(expected, rtol: 1e-12, atol: 1e-12));
        Assert.True(Vae.ImportanceBound(logW).AllClose(expected, rtol: 1e-12, atol: 1e-12));
    }));

    [Fact]
    public void In_expectation_one_sample_is_the_ELBO() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(2);
        using var vae = Small(new BernoulliPixels(), rng);
        var x = rng.Bernoulli(Tensor.Full([1, 1, 2, 3], 0.4, DType.Float64)).Expand(100_000, 1, 2, 3);
        var epsilon = rng.Normal([100_000, 2], dtype: DType.Float64);
        var (logPxz, kl) = vae.Terms(x, epsilon);
        var difference = vae.LogWeights(x, epsilon.Unsqueeze(0))[0] - (logPxz - kl);
        var (mean, error) = (difference.Mean().ToDouble(), difference.Std(0).ToDouble() / Math.Sqrt(100_000));
        Assert.InRange(mean, -4 * error, 4 * error);
        Assert.True(error > 1e-6, "the two are one formula, so the test says nothing");
    }));

    /// <summary>
    /// L_1 to L_8 on a model whose log p(x) is known (theorem 1). The draws of L_k+1 are those of L_k and one more, so that
    /// the error of each step is that of pairs.
    /// </summary>
    [Fact]
    public void Each_sample_more_tightens_the_bound_and_none_passes_log_p_of_x() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        const int n = 40_000, most = 8;
        using var rng = new Rng(3);
        using var linear = new LinearGaussian(rng, exactPosterior: false);
        var x = rng.Uniform([1, 1, 2, 3], dtype: DType.Float64);
        var exact = linear.LogProbability(x).ToDouble();
        var many = x.Expand(n, 1, 2, 3).Contiguous();
        var logW = linear.Model.LogWeights(many, rng.Normal([most, n, 2], dtype: DType.Float64));
        var elbo = linear.Model.LowerBound(many, rng).Mean().ToDouble();
        Tensor Bound(int k) => Vae.ImportanceBound(logW[..k]);
        for (var k = 1; k <= most; k++)
        {
            var (mean, error) = (Bound(k).Mean().ToDouble(), Bound(k).Std(0).ToDouble() / Math.Sqrt(n));
            Assert.True(mean < exact + (3 * error), $"L_{k} = {mean} ± {error} passes log p(x) = {exact}");
            if (k == 1)
            {
                Assert.InRange(mean - elbo, -5 * error, 5 * error);
                continue;
            }

            var gain = Bound(k) - Bound(k - 1);
            var (step, stepError) = (gain.Mean().ToDouble(), gain.Std(0).ToDouble() / Math.Sqrt(n));
            Assert.True(step > 3 * stepError, $"L_{k} - L_{k - 1} = {step} ± {stepError}");
        }

        Assert.True(Bound(most).Mean().ToDouble() > elbo + (0.5 * (exact - elbo)), "eight samples close less than half of the gap");
    }));

    /// <summary>Jensen's inequality before any expectation: the mean over all sets of k of k + 1 draws is at most the bound
    /// of all, for every example.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void The_mean_over_all_smaller_sets_is_less_for_every_example(int k) => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        var logW = rng.Normal([k, 500], 0, 3, DType.Float64);
        var less = Ops.Stack([.. Enumerable.Range(0, k).Select(left =>
            Vae.ImportanceBound(Ops.Cat([logW[..left], logW[(left + 1)..]])))]).Mean([0]);
        Assert.True((Vae.ImportanceBound(logW) > less).All().Item<bool>());
        // Equal weights are the mean itself, whatever their size.
        Assert.True(Vae.ImportanceBound(Tensor.Full([k, 3], -1234.5, DType.Float64)).AllClose(Tensor.Full([3], -1234.5, DType.Float64)));
    });

    [Fact]
    public void Density_of_a_draw_by_its_noise_is_that_by_its_value() => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        var q = new DiagonalGaussian(rng.Normal([4, 3], dtype: DType.Float64), rng.Normal([4, 3], dtype: DType.Float64));
        var epsilon = rng.Normal([7, 4, 3], dtype: DType.Float64);
        Assert.True(q.LogProbabilityOfNoise(epsilon).AllClose(q.LogProbability(q.Sample(epsilon)), rtol: 1e-10, atol: 1e-10));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Every_parameters_gradient_matches_finite_differences(int k) => TensorScope.Run(() =>
    {
        using var rng = new Rng(6);
        using var vae = Small(new BernoulliPixels(), rng);
        var x = rng.Bernoulli(Tensor.Full([4, 1, 2, 3], 0.4, DType.Float64));
        var epsilon = rng.Normal([k, 4, 2], dtype: DType.Float64);
        FiniteDifferences.AssertMatch(vae, () => -Vae.ImportanceBound(vae.LogWeights(x, epsilon)).Mean());
    });

    private static Vae Small(PixelDistribution pixels, Rng rng)
    {
        var vae = Iwae.Create(new IwaeOptions { Latent = 2, Hidden = [5], Pixels = pixels }, new ImageShape(1, 2, 3), rng);
        vae.To(DType.Float64);
        return vae;
    }
}
