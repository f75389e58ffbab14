using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>The Gaussian of full covariance against sums and eliminations written out here.</summary>
public class GaussianExactnessTests : EngineTest
{
    private static readonly ImageShape Shape = new(1, 2, 3);

    [Theory]
    [InlineData(0)]
    [InlineData(0.25)]
    public void The_fit_is_the_closed_form(double ridge) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(1);
        var x = Correlated(rng, 50);
        using var model = new Gaussian(new() { Ridge = ridge }, Shape);
        foreach (var part in x.Split(20)) model.Count(part, Tensor.Zeros([part.Size(0)], DType.Int64)); // 20, 20, 10
        var rows = Rows(x);
        double Mean(int d) => rows.Average(row => row[d]);
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(Mean(i), model.Mean()[i].ToDouble(), 1e-12);
            for (var j = 0; j < 6; j++)
                Assert.Equal(rows.Average(row => (row[i] - Mean(i)) * (row[j] - Mean(j))) + (i == j ? ridge : 0), model.Covariance()[i, j].ToDouble(), 1e-12);
        }

        Assert.Equal(6 + 21, (int)model.FreeParameters);
    }));

    [Fact]
    public void The_density_is_the_formula_s() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(2);
        using var model = Fitted(rng, ridge: 0);
        var (sigma, mean) = (Rows(model.Covariance()), model.Mean().ToArray<double>());
        var x = 2 * rng.Normal([20, 1, 2, 3], dtype: DType.Float64);
        var logs = TinyDensities.LogP(model, x);
        foreach (var (row, log) in Rows(x).Zip(logs))
        {
            var centred = row.Select((value, d) => value - mean[d]).ToArray();
            var (solution, logDeterminant) = Eliminate(sigma, centred);
            var expected = -0.5 * (centred.Zip(solution, (a, b) => a * b).Sum() + logDeterminant + (6 * Math.Log(2 * Math.PI)));
            Assert.Equal(expected, log, 1e-9);
        }
    }));

    [Fact]
    public void The_density_of_two_numbers_integrates_to_one_and_so_does_each_conditional() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(3);
        using var model = new Gaussian(new(), new(1, 1, 2));
        var mixed = rng.Normal([40, 2], dtype: DType.Float64).MatMul(Tensor.From([1.0, 0.7, 0, 0.4], 2, 2));
        model.Count(mixed.View(40, 1, 1, 2), Tensor.Zeros([40], DType.Int64));
        const int n = 801;
        const double reach = 8;
        var axis = Ops.LinSpace(-reach, reach, n, DType.Float64);
        var grid = Ops.Stack([axis.RepeatInterleave(n), axis.Repeat(n)], 1).View(-1, 1, 1, 2);
        var step = 2 * reach / (n - 1);
        var p = model.PixelLogProbabilities(grid).Exp().View(n, n, 2); // p(x_1), p(x_2 | x_1)
        Assert.Equal(1, p.Prod(2).Sum().ToDouble() * step * step, 1e-6);
        Assert.Equal(1, p[TensorIndex.All, 0, 0].Sum().ToDouble() * step, 1e-6);
        Assert.Equal(1, p[n / 2, TensorIndex.All, 1].Sum().ToDouble() * step, 1e-6);
    }));

    /// <summary>The maximum of likelihood: every other mean or covariance gives the examples less.</summary>
    [Fact]
    public void No_other_sums_give_the_examples_a_higher_likelihood() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(4);
        var x = Correlated(rng, 60);
        using var model = new Gaussian(new() { Ridge = 0 }, Shape);
        model.Count(x, Tensor.Zeros([60], DType.Int64));
        var best = TinyDensities.LogP(model, x).Sum();
        foreach (var (path, buffer) in model.NamedBuffers().Where(b => b.Path != "seen"))
            for (var i = 0; i < 6; i++)
                foreach (var nudge in (double[])[-0.5, 0.5])
                {
                    var one = path == "sum" ? buffer[i] : buffer[i, i];
                    one.AddInPlace(nudge);
                    Assert.True(TinyDensities.LogP(model, x).Sum() < best, $"{path} {i} by {nudge}");
                    one.AddInPlace(-nudge);
                }
    }));

    /// <summary>Moments of draws of what is missing, against those by the precision matrix: Lambda_mm^-1 is their covariance.</summary>
    [Fact]
    public void Completions_of_any_mask_have_the_conditional_s_moments() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(5);
        using var model = Fitted(rng, ridge: 0);
        var given = new[,] { { false, true, false }, { true, true, false } };
        int[] here = [1, 3, 4], missing = [0, 2, 5];
        var (precision, mean) = (Ops.LinalgInv(model.Covariance()), model.Mean().ToArray<double>());
        var covariance = Ops.LinalgInv(Pick(precision, missing, missing));
        var one = rng.Normal([1, 1, 2, 3], dtype: DType.Float64);
        var centred = Tensor.From([.. here.Select(d => one.Flatten()[d].ToDouble() - mean[d])], 3);
        var expected = Tensor.From([.. missing.Select(d => mean[d])], 3)
            - covariance.MatMul(Pick(precision, missing, here)).MatMul(centred);

        const int count = 40_000;
        var drawn = model.Complete(one.Repeat(count, 1, 1, 1), given, rng).Flatten(1);
        foreach (var d in here) Assert.Equal(one.Flatten()[d].ToDouble(), drawn.Select(1, d).Unique().Values.ToDouble());
        var part = drawn.IndexSelect(1, Tensor.From([0L, 2, 5], 3));
        for (var i = 0; i < 3; i++)
        {
            var variance = covariance[i, i].ToDouble();
            Assert.Equal(expected[i].ToDouble(), part.Select(1, i).Mean().ToDouble(), 5 * Math.Sqrt(variance / count));
            for (var j = 0; j < 3; j++)
            {
                var found = ((part.Select(1, i) - expected[i]) * (part.Select(1, j) - expected[j])).Mean().ToDouble();
                Assert.Equal(covariance[i, j].ToDouble(), found, 5 * Math.Sqrt(2.0 / count) * Math.Sqrt(variance * covariance[j, j].ToDouble()));
            }
        }
    }));

    [Fact]
    public void Samples_have_the_mean_and_the_covariance() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(6);
        using var model = Fitted(rng, ridge: 0);
        const int count = 40_000;
        var drawn = model.Sample(count, rng, mean: false).To(DType.Float64).Flatten(1) - model.Mean();
        var (found, sigma) = (drawn.T().MatMul(drawn) / count, model.Covariance());
        var deviations = sigma.Diagonal().Sqrt();
        var errors = (found - sigma).Abs() / deviations.Outer(deviations);
        Assert.True(errors.Max().ToDouble() < 5 * Math.Sqrt(2.0 / count));
        Assert.True(model.Sample(1, rng, mean: true).Flatten().To(DType.Float64).AllClose(model.Mean(), rtol: 1e-5, atol: 1e-6));
    }));

    [Fact]
    public void Numbers_that_never_vary_need_a_ridge() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        var x = Tensor.Zeros([10, 1, 2, 3]);
        using Gaussian exact = new(new() { Ridge = 0 }, Shape), rounded = new(new(), Shape);
        foreach (var model in (Gaussian[])[exact, rounded]) model.Count(x, Tensor.Zeros([10], DType.Int64));
        Assert.Contains("model.ridge", Assert.Throws<InvalidOperationException>(() => exact.PixelLogProbabilities(x)).Message);
        Assert.All(TinyDensities.LogP(rounded, x), log => Assert.True(double.IsFinite(log)));
    }));

    private static Gaussian Fitted(Rng rng, double ridge)
    {
        var model = new Gaussian(new() { Ridge = ridge }, Shape);
        model.Count(Correlated(rng, 50), Tensor.Zeros([50], DType.Int64));
        return model;
    }

    private static Tensor Correlated(Rng rng, int count) =>
        (rng.Normal([count, 6], dtype: DType.Float64).MatMul(rng.Normal([6, 6], dtype: DType.Float64)) + 0.3).View(count, 1, 2, 3);

    private static double[][] Rows(Tensor x) => [.. x.Reshape(x.Size(0), -1).ToArray<double>().Chunk(6)];

    private static Tensor Pick(Tensor matrix, int[] rows, int[] columns) => matrix
        .IndexSelect(0, Tensor.From([.. rows.Select(i => (long)i)], rows.Length))
        .IndexSelect(1, Tensor.From([.. columns.Select(i => (long)i)], columns.Length));

    // Gauss's elimination: A^-1 b and log det A, of a positive definite A.
    private static (double[] Solution, double LogDeterminant) Eliminate(double[][] matrix, double[] right)
    {
        var (a, b, n, log) = (matrix.Select(row => row.ToArray()).ToArray(), right.ToArray(), right.Length, 0.0);
        for (var i = 0; i < n; i++)
        {
            log += Math.Log(a[i][i]);
            for (var k = i + 1; k < n; k++)
            {
                var factor = a[k][i] / a[i][i];
                for (var j = i; j < n; j++) a[k][j] -= factor * a[i][j];
                b[k] -= factor * b[i];
            }
        }

        for (var i = n - 1; i >= 0; i--)
            b[i] = (b[i] - Enumerable.Range(i + 1, n - i - 1).Sum(j => a[i][j] * b[j])) / a[i][i];
        return (b, log);
    }
}
