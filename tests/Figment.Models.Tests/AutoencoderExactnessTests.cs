using Figment.Data.Images;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>What holds of autoencoders to rounding (docs/design/README.md, kind A).</summary>
public class AutoencoderExactnessTests : EngineTest
{
    private const int D = 8, J = 3, N = 300;
    private static readonly ImageShape Small = new(2, 2, 2);

    /// <summary>Baldi and Hornik 1989: the principal subspace is a stationary point, and its loss is the sum of the
    /// eigenvalues that are left out.</summary>
    [Fact]
    public void Principal_components_leave_a_linear_autoencoder_no_gradient() => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var (x, mean, axes, rest) = Data(rng);
        using var model = Linear(rng);
        var top = axes[TensorIndex.All, (D - J)..]; // (D, J)
        // Any invertible map of the code does as well.
        var mix = rng.Normal([J, J], dtype: DType.Float64) + (2 * Ops.Eye(J, DType.Float64));
        model.LoadStateDict(new Dictionary<string, Tensor>
        {
            ["encoder.1.weight"] = mix.MatMul(top.T()),
            ["encoder.1.bias"] = -mix.MatMul(top.T()).MatMul(mean),
            ["decoder.0.weight"] = top.MatMul(Ops.LinalgInv(mix)),
            ["decoder.0.bias"] = mean,
        });
        var loss = TensorScope.Run(() => model.Loss(x, x).Mean());
        loss.Backward();
        Assert.Equal(rest, loss.ToDouble(), 1e-10);
        Assert.All(model.Parameters(), p => Assert.True(p.Grad!.Abs().Max().ToDouble() < 1e-10));
    });

    /// <summary>Every local minimum is the global one, so that training ends there from anywhere.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_trained_linear_autoencoder_spans_the_principal_subspace(ulong seed) => TensorScope.Run(() =>
    {
        using var rng = new Rng(seed);
        var (x, _, axes, rest) = Data(rng);
        using var model = Linear(rng);
        using var adam = new Adam(model, 0.05);
        const int steps = 3000;
        for (var i = 0; i < steps; i++)
        {
            adam.LearningRate = 0.05 * (1 + Math.Cos(Math.PI * i / steps)) / 2;
            adam.ZeroGrad();
            TensorScope.Run(() =>
            {
                TensorScope.Run(() => model.Loss(x, x).Mean()).Backward();
                adam.Step();
            });
        }

        Assert.Equal(rest, model.Loss(x, x).Mean().ToDouble(), 1e-3 * rest);
        var top = axes[TensorIndex.All, (D - J)..];
        var (q, _) = Ops.LinalgQr(model.StateDict()["decoder.0.weight"]);
        var distance = (q.MatMul(q.T()) - top.MatMul(top.T())).Abs().Max().ToDouble(); // of two projections
        Assert.True(distance < 0.03, $"the subspaces' projections differ by {distance}");
        // A subspace of other components loses more than that.
        var wrong = axes[TensorIndex.All, ..J];
        Assert.True((q.MatMul(q.T()) - wrong.MatMul(wrong.T())).Abs().Max().ToDouble() > 0.3);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_parameters_gradient_matches_finite_differences(bool crossEntropy) => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        using var model = Autoencoder.FullyConnected(new()
        {
            Latent = 2,
            Hidden = [5],
            Loss = crossEntropy ? new CrossEntropyLoss() : new SquaredErrorLoss(),
        }, Small, rng);
        model.To(DType.Float64);
        var x = rng.Uniform([4, 2, 2, 2], dtype: DType.Float64);
        var damaged = x + rng.Normal(x.Shape, 0, 0.3, DType.Float64);
        FiniteDifferences.AssertMatch(model, () => model.Loss(x, damaged).Mean());
    });

    [Fact]
    public void Losses_match_their_formulas_and_are_least_at_the_image() => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        var x = rng.Uniform([3, 2, 2, 2], 0.1, 0.9, DType.Float64);
        var maps = rng.Normal(x.Shape, dtype: DType.Float64);
        Assert.True(new SquaredErrorLoss().Of(x, maps).AllClose(((x - maps) * (x - maps)).Sum([1, 2, 3])));
        var y = maps.Sigmoid();
        Assert.True(new CrossEntropyLoss().Of(x, maps).AllClose(-((x * y.Log()) + ((1 - x) * (1 - y).Log())).Sum([1, 2, 3])));

        var perfect = (x / (1 - x)).Log(); // whose sigmoid is x
        Assert.True(new CrossEntropyLoss().Image(perfect).AllClose(x));
        Assert.True((new CrossEntropyLoss().Of(x, maps) > new CrossEntropyLoss().Of(x, perfect)).All().Item<bool>());
        Assert.Equal(0, new SquaredErrorLoss().Of(x, x).Sum().ToDouble());
        Assert.InRange(new SquaredErrorLoss().Image(3 * maps).Max().ToDouble(), 0, 1);
    });

    [Fact]
    public void Corruptions_are_what_they_say() => TensorScope.Run(() =>
    {
        using var rng = new Rng(6);
        var x = rng.Uniform([200, 1, 20, 20], 0.5, 1);
        Assert.True(new NoCorruption().Apply(x, rng).Equal(x));
        var noise = new GaussianCorruption { Sigma = 0.4 }.Apply(x, rng) - x;
        Assert.Equal(0, noise.Mean().ToDouble(), 0.01);
        Assert.Equal(0.4, noise.Flatten().Std(0).ToDouble(), 0.01);
        var masked = new MaskingCorruption { Fraction = 0.3 }.Apply(x, rng);
        var isGone = masked.Eq(0);
        Assert.Equal(0.3, isGone.To(DType.Float32).Mean().ToDouble(), 0.01);
        Assert.True(masked.Equal(x.MaskedFill(isGone, 0)));
        // Each number by its own chance: neither whole images nor the same places of all.
        Assert.True(isGone.To(DType.Float32).Mean([1, 2, 3]).Max().ToDouble() < 0.5);
        Assert.True(isGone.To(DType.Float32).Mean([0]).Max().ToDouble() < 0.5);
    });

    [Fact]
    public void It_codes_and_decodes_but_draws_no_samples() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(7);
        using var model = ConvAutoencoder.Create(new() { Latent = 3, Channels = 2, Hidden = 8, Loss = new CrossEntropyLoss() }, new ImageShape(3, 28, 14), rng);
        var x = rng.Uniform([5, 3, 28, 14]);
        var z = model.Encode(x);
        Assert.Equal([5, 3], z.Shape.ToArray());
        Assert.Equal(3, model.LatentSize);
        var y = model.Decode(z);
        Assert.Equal([5, 3, 28, 14], y.Shape.ToArray());
        Assert.True(y.Equal(model.Reconstruct(x, null)) && y.Equal(model.Reconstruct(x, rng)));
        Assert.False((object)model is IDrawsSamples or IScoresExamples);
        Assert.Contains("conv-ae halves", Assert.Throws<ArgumentException>(() => ConvAutoencoder.Create(new(), new ImageShape(1, 15, 15), rng)).Message);
    }));

    private static Autoencoder Linear(Rng rng)
    {
        var model = Autoencoder.FullyConnected(new() { Latent = J, Hidden = [], Loss = new SquaredErrorLoss() }, Small, rng);
        model.To(DType.Float64);
        return model;
    }

    // Correlated numbers, their mean, the covariance's eigenvectors (least first) and the sum of all but the J largest
    // eigenvalues.
    private static (Tensor X, Tensor Mean, Tensor Axes, double LeftOut) Data(Rng rng)
    {
        var scale = Tensor.From([2, 1.5, 1, 0.5, 0.4, 0.3, 0.2, 0.1], D);
        var (rotation, _) = Ops.LinalgQr(rng.Normal([D, D], dtype: DType.Float64));
        var x = (rng.Normal([N, D], dtype: DType.Float64) * scale).MatMul(rotation) + rng.Normal([D], dtype: DType.Float64);
        var mean = x.Mean([0]);
        var (values, axes) = ((x - mean).T().MatMul(x - mean) / N).LinalgEigh();
        return (x.View(N, 2, 2, 2), mean, axes, values[..(D - J)].Sum().ToDouble());
    }
}
