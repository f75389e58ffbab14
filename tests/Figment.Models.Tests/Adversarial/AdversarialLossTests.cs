using Figment.Models.Adversarial.Game;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>What must hold of the game's losses to rounding: its optimum, its value there and its fixed point
/// (Goodfellow et al. 2014, section 4), on distributions of a few symbols, and worked numbers.</summary>
public class AdversarialLossTests : EngineTest
{
    // Eighths, so that a batch of eight examples is the distribution itself.
    private static readonly int[] Data = [4, 2, 1, 1], Generated = [1, 1, 4, 2];

    /// <summary>A discriminator with a free logit for each symbol, at the optimum of the real loss, whichever loss the
    /// generator has.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_best_discriminator_is_p_over_p_plus_q(bool saturates) => TensorScope.Run(() =>
    {
        LogLoss loss = saturates ? new MinimaxLoss() : new NonSaturatingLoss();
        var (logits, d) = Optimum(loss);
        for (var x = 0; x < 4; x++)
            Assert.Equal((double)Data[x] / (Data[x] + Generated[x]), d[x], 1e-9);
        Assert.True(Slope(loss, logits).Abs().Max().ToDouble() < 1e-9);
    });

    /// <summary>One-sided label smoothing moves the optimum to (1 - s) p / (p + q) and no more: a generated example
    /// that has no data near it is still told so.</summary>
    [Fact]
    public void Label_smoothing_makes_it_1_minus_s_times_that() => TensorScope.Run(() =>
    {
        var (_, d) = Optimum(new NonSaturatingLoss { Smoothing = 0.1 });
        for (var x = 0; x < 4; x++)
            Assert.Equal(0.9 * Data[x] / (Data[x] + Generated[x]), d[x], 1e-9);
    });

    /// <summary>V(D*, G) = -log 4 + 2 JSD(p || q) (equation 6), by summation over the symbols.</summary>
    [Fact]
    public void The_value_of_the_game_at_the_best_discriminator_is_minus_log_4_plus_2_JSD() => TensorScope.Run(() =>
    {
        double[] p = [.. Data.Select(n => n / 8.0)], q = [.. Generated.Select(n => n / 8.0)];
        var jsd = p.Zip(q, (a, b) => (a, b, Middle: (a + b) / 2))
            .Sum(x => 0.5 * ((x.a * Math.Log(x.a / x.Middle)) + (x.b * Math.Log(x.b / x.Middle))));
        var logits = Logits(p.Zip(q, (a, b) => Math.Log(a / b)));
        var (real, fake) = (Batch(logits, Data), Batch(logits, Generated));
        foreach (LogLoss loss in (LogLoss[])[new MinimaxLoss(), new NonSaturatingLoss()])
        {
            Assert.Equal(-Math.Log(4) + (2 * jsd), -loss.Discriminator(real, fake).ToDouble(), 1e-12);
            Assert.Equal(jsd, loss.Divergence(real, fake).ToDouble(), 1e-12);
        }

        // Any other discriminator sees less of it.
        Assert.True(new MinimaxLoss().Divergence(real + 0.3, fake + 0.3).ToDouble() < jsd);
        // Where p = q the best one is unsure everywhere and V = -log 4; where nothing overlaps JSD = log 2.
        var unsure = Tensor.Zeros([8], DType.Float64);
        Assert.Equal(Math.Log(4), new MinimaxLoss().Discriminator(unsure, unsure).ToDouble(), 1e-12);
        Assert.Equal(Math.Log(2), new MinimaxLoss().Divergence(unsure + 50, unsure - 50).ToDouble(), 1e-12);
    });

    /// <summary>A generator that may have any q, against the best discriminator of each moment, comes to p with both
    /// losses, and both leave it there.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Both_losses_of_the_generator_have_their_fixed_point_at_q_equal_to_p(bool saturates) =>
        TensorScope.Run(() =>
        {
            LogLoss loss = saturates ? new MinimaxLoss() : new NonSaturatingLoss();
            var p = Logits(Data.Select(n => n / 8.0));
            Assert.True(GeneratorSlope(loss, p, p.Log()).Abs().Max().ToDouble() < 1e-12);
            var theta = Logits(Generated.Select(n => Math.Log(n / 8.0)));
            Assert.True(GeneratorSlope(loss, p, theta).Abs().Max().ToDouble() > 0.01);
            for (var i = 0; i < 3000; i++)
                theta = TensorScope.Run(() => (theta - (2 * GeneratorSlope(loss, p, theta))).Detach());
            Assert.True((theta.Softmax(0) - p).Abs().Max().ToDouble() < 1e-6);
        });

    /// <summary>Where the discriminator is sure, only the non-saturating loss still pulls (section 3).</summary>
    [Fact]
    public void Only_the_non_saturating_loss_pulls_against_a_sure_discriminator() => TensorScope.Run(() =>
    {
        var sure = Tensor.Full([1], -20, DType.Float64);
        sure.RequiresGrad = true;
        double Pull(AdversarialLoss loss) => Autograd.Grad([loss.Generator(sure)], [sure])[0]!.ToDouble();
        Assert.Equal(-Math.Exp(-20), Pull(new MinimaxLoss()), 1e-12);
        Assert.Equal(-1, Pull(new NonSaturatingLoss()), 1e-8);
    });

    // real 2, -1; generated 0.5, -3
    [Theory]
    [InlineData("minimax", 1.2314270, -0.5113323)]
    [InlineData("non-saturating", 1.2314270, 1.7613323)]
    [InlineData("smoothed", 1.2814270, 1.7613323)] // 0.1 of the real mean more
    [InlineData("least squares", 3.5625, 4.0625)] // ((1 + 4)/2 + (0.25 + 9)/2)/2; (0.25 + 16)/2/2
    [InlineData("hinge", 1.75, 1.25)] // (0 + 2)/2 + (1.5 + 0)/2
    [InlineData("Wasserstein", -1.75, 1.25)] // -1.25 - 0.5
    public void Losses_are_those_of_a_worked_example(string name, double discriminator, double generator) =>
        TensorScope.Run(() =>
        {
            AdversarialLoss loss = name switch
            {
                "minimax" => new MinimaxLoss(),
                "non-saturating" => new NonSaturatingLoss(),
                "smoothed" => new NonSaturatingLoss { Smoothing = 0.1 },
                "least squares" => new LeastSquaresLoss(),
                "hinge" => new HingeLoss(),
                _ => new WassersteinLoss(),
            };
            var (real, fake) = (Tensor.From([2f, -1f], 2), Tensor.From([0.5f, -3f], 2));
            Assert.Equal(discriminator, loss.Discriminator(real, fake).ToDouble(), 1e-6);
            Assert.Equal(generator, loss.Generator(fake).ToDouble(), 1e-6);
            if (loss is WassersteinLoss) Assert.Equal(1.75, loss.Divergence(real, fake)!.ToDouble(), 1e-6);
            else Assert.Equal(loss is LogLoss, loss.Divergence(real, fake) is not null);
        });

    private static Tensor Logits(IEnumerable<double> values) => Tensor.From([.. values], 4);

    // Each symbol as often as its eighths say.
    private static Tensor Batch(Tensor logits, int[] eighths) =>
        logits[Tensor.From([.. eighths.SelectMany((n, x) => Enumerable.Repeat((long)x, n))], 8)];

    private static Tensor Slope(AdversarialLoss loss, Tensor logits)
    {
        var free = logits.Detach();
        free.RequiresGrad = true;
        return Autograd.Grad([loss.Discriminator(Batch(free, Data), Batch(free, Generated))], [free])[0]!;
    }

    private static (Tensor Logits, double[] D) Optimum(AdversarialLoss loss)
    {
        var logits = Tensor.Zeros([4], DType.Float64);
        for (var i = 0; i < 1500; i++) // the loss is convex in the logits
            logits = TensorScope.Run(() => (logits - (4 * Slope(loss, logits))).Detach());
        return (logits, logits.Sigmoid().ToArray<double>());
    }

    // The gradient of E_q [loss of D*(x)] by the logits of q, D* held.
    private static Tensor GeneratorSlope(LogLoss loss, Tensor p, Tensor theta)
    {
        var free = theta.Detach();
        free.RequiresGrad = true;
        var q = free.Softmax(0);
        var best = (p / q).Log().Detach();
        var perSymbol = Ops.Stack([.. Enumerable.Range(0, 4).Select(x => loss.Generator(best[x].Reshape(1)))]);
        return Autograd.Grad([(q * perSymbol).Sum()], [free])[0]!;
    }
}
