using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Evaluation.Tests;

public class LogisticRegressionTests : EngineTest
{
    /// <summary>Two classes and one yes-or-no input: without a penalty the fit says the very shares, so its weights are
    /// log-odds.</summary>
    [Fact]
    public void Of_a_table_of_counts_it_is_the_shares() => TensorScope.Run(() =>
    {
        // Of ten with 0 three are of class 1, of ten with 1 eight.
        float[] x = [.. Enumerable.Repeat(0f, 10), .. Enumerable.Repeat(1f, 10)];
        long[] y = [.. Enumerable.Range(0, 10).Select(i => i < 3 ? 1L : 0), .. Enumerable.Range(0, 10).Select(i => i < 8 ? 1L : 0)];
        var fit = LogisticRegression.Fit(Tensor.From(x, 20, 1).To(DType.Float64), Tensor.From(y, 20), 2, 0, tolerance: 1e-10);
        static double LogOdds(double share) => Math.Log(share / (1 - share));
        Assert.Equal(LogOdds(0.3), fit.Biases[1] - fit.Biases[0], 7);
        Assert.Equal(LogOdds(0.8) - LogOdds(0.3), fit.Weights[1] - fit.Weights[0], 7);
        var logP = fit.LogProbabilities(Tensor.From<double>([0, 1], 2, 1)).ToArray<double>();
        Assert.Equal(Math.Log(0.3), logP[1], 7);
        Assert.Equal(Math.Log(0.2), logP[2], 7);
    });

    /// <summary>At the minimum of a convex function every derivative is 0; these are differences of the objective,
    /// written out in plain loops.</summary>
    [Fact]
    public void Where_it_ends_no_derivative_is_left() => TensorScope.Run(() =>
    {
        var (x, y) = Clouds(seed: 4, count: 60, apart: 1);
        const double penalty = 0.03;
        var fit = LogisticRegression.Fit(x, y, 3, penalty, tolerance: 1e-9);
        Assert.True(fit.LargestGradient <= 1e-9, $"{fit.LargestGradient}");
        double[] point = [.. fit.Weights, .. fit.Biases];
        var (codes, labels) = (x.ToArray<double>().Chunk(4).ToArray(), y.ToArray<long>());
        double Objective(double[] w)
        {
            var loss = w[..12].Sum(v => v * v) * penalty / 2;
            for (var n = 0; n < codes.Length; n++)
            {
                var logits = Enumerable.Range(0, 3).Select(c => w[12 + c] + Enumerable.Range(0, 4).Sum(j => codes[n][j] * w[(3 * j) + c])).ToArray();
                loss += (Math.Log(logits.Sum(Math.Exp)) - logits[labels[n]]) / codes.Length;
            }

            return loss;
        }

        const double h = 1e-5;
        var least = Objective(point);
        for (var i = 0; i < point.Length; i++)
        {
            double Moved(double by) => Objective([.. point.Select((v, j) => j == i ? v + by : v)]);
            Assert.Equal(0, (Moved(h) - Moved(-h)) / (2 * h), 1e-8);
            Assert.True(Moved(0.1) >= least && Moved(-0.1) >= least, $"lower beside number {i}");
        }

        // From elsewhere the way leads to the same point.
        var again = LogisticRegression.Fit(x, y, 3, penalty, LogisticRegression.Fit(x, y, 3, 10), 1e-9);
        foreach (var (a, b) in fit.Weights.ToArray().Zip(again.Weights.ToArray())) Assert.Equal(a, b, 1e-6);
    });

    /// <summary>Rosenbrock's valley is not convex, and no method that goes downhill alone gets through it in 200
    /// steps.</summary>
    [Fact]
    public void The_minimiser_learns_the_curvature()
    {
        var calls = 0;
        var (point, gradient) = Lbfgs.Minimize(x =>
        {
            calls++;
            var (a, b) = (x[1] - (x[0] * x[0]), 1 - x[0]);
            return ((100 * a * a) + (b * b), [(-400 * a * x[0]) - (2 * b), 200 * a]);
        }, [-1.2, 1], 1e-9, 200);
        Assert.True(gradient <= 1e-9 && calls < 200, $"{gradient} after {calls} calls");
        Assert.Equal(1, point[0], 1e-8);
        Assert.Equal(1, point[1], 1e-8);
    }

    /// <summary>Three classes around three corners in four dimensions, in turn.</summary>
    internal static (Tensor X, Tensor Y) Clouds(ulong seed, int count, double apart)
    {
        using var rng = new Rng(seed);
        long[] labels = [.. Enumerable.Range(0, count).Select(i => i % 3L)];
        var y = Tensor.From(labels, count);
        var corners = Tensor.From<double>([apart, 0, 0, 0, 0, apart, 0, 0, 0, 0, apart, 0], 3, 4);
        return (rng.Normal([count, 4]).To(DType.Float64) + corners.IndexSelect(0, y), y);
    }
}

public class LinearProbeTests : EngineTest
{
    private static (Tensor X, Tensor Y) Clouds(ulong seed, int count, double apart) =>
        LogisticRegressionTests.Clouds(seed, count, apart);

    [Fact]
    public void Codes_that_lie_apart_are_told_apart_always() => TensorScope.Run(() =>
    {
        var ((x, y), (testX, testY)) = (Clouds(1, 300, 40), Clouds(2, 200, 40));
        var outcome = LinearProbe.Measure(x, y, testX, testY, 3);
        Assert.Equal(1, outcome.Accuracy.Mean);
        Assert.Equal(0, outcome.Accuracy.StandardError);
        Assert.Equal(200, outcome.Accuracy.Count);
        // In whatever unit each number is measured, and wherever its zero lies.
        Tensor Otherwise(Tensor codes) => (codes * Tensor.From<double>([1e-3, 1, 50, 2], 4)) + 7;
        Assert.Equal(outcome.Accuracy.Mean, LinearProbe.Measure(Otherwise(x), y, Otherwise(testX), testY, 3).Accuracy.Mean);
    });

    [Fact]
    public void Labels_by_lot_are_told_by_chance_and_the_strongest_weights_are_chosen() => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        Tensor Lots(int count) => Tensor.From([.. rng.Uniform([count]).ToArray<float>().Select(u => (long)(3 * u))], count);
        var (x, _) = Clouds(1, 900, 3);
        var (testX, _) = Clouds(2, 3000, 3);
        var outcome = LinearProbe.Measure(x, Lots(900), testX, Lots(3000), 3);
        Assert.Equal(1 / 3.0, outcome.Accuracy.Mean, 4 * outcome.Accuracy.StandardError);
        Assert.True(outcome.Penalty >= 0.1, $"L2 weight {outcome.Penalty}");
        Assert.Equal(Math.Log(3), outcome.HeldOutLoss, 0.02);
    });

    /// <summary>Clouds of known places: Bayes' rule tells as many right as any classifier can, and it is linear.</summary>
    [Fact]
    public void Of_Gaussian_classes_it_comes_as_far_as_Bayes_rule() => TensorScope.Run(() =>
    {
        var ((x, y), (testX, testY)) = (Clouds(1, 6000, 2), Clouds(2, 6000, 2)); // enough for one part held out
        var bayes = testX.Narrow(1, 0, 3).ArgMax(1).Eq(testY).To(DType.Float64).Mean().ToDouble();
        var outcome = LinearProbe.Measure(x, y, testX, testY, 3);
        Assert.InRange(outcome.Accuracy.Mean, bayes - 0.01, bayes + 0.01);
        Assert.Equal(Math.Sqrt(bayes * (1 - bayes) / 6000), outcome.Accuracy.StandardError, 2e-4);
    });

    /// <summary>What is chosen and fitted is a matter of the labelled examples alone.</summary>
    [Fact]
    public void Test_examples_change_nothing_but_the_figure() => TensorScope.Run(() =>
    {
        var (x, y) = Clouds(1, 200, 1);
        var (testX, testY) = Clouds(2, 100, 1);
        var (far, none) = (testX + 100, Tensor.Full([100], 2L, DType.Int64));
        var (one, other) = (LinearProbe.Measure(x, y, testX, testY, 3), LinearProbe.Measure(x, y, far, none, 3));
        Assert.Equal((one.Penalty, one.HeldOutLoss), (other.Penalty, other.HeldOutLoss));
        Assert.NotEqual(one.Accuracy.Mean, other.Accuracy.Mean);
        // Shifted by their own mean they would be told as before.
        var shifted = LinearProbe.Measure(x, y, far, testY, 3).Accuracy.Mean;
        Assert.True(shifted < one.Accuracy.Mean - 0.1, $"{shifted} of shifted codes, {one.Accuracy.Mean} before");
    });

    [Fact]
    public void Few_labels_are_held_out_in_turn_and_a_number_that_never_varies_is_no_matter() => TensorScope.Run(() =>
    {
        var (x, y) = Clouds(3, 15, 20);
        var (testX, testY) = Clouds(4, 60, 20);
        Tensor Widened(Tensor codes, double by) => Ops.Cat([codes, Tensor.Full([codes.Size(0), 1], by, DType.Float64)], 1);
        var outcome = LinearProbe.Measure(Widened(x, 3), y, Widened(testX, 4), testY, 3);
        Assert.Equal(1, outcome.Accuracy.Mean);
        Assert.True(double.IsFinite(outcome.HeldOutLoss));
        Assert.Throws<ArgumentException>(() => LinearProbe.Measure(x.Narrow(0, 0, 4), y.Narrow(0, 0, 4), testX, testY, 3));
        Assert.Throws<ArgumentException>(() => LinearProbe.Measure(x, y, Widened(testX, 0), testY, 3));
    });
}
