using Figment.Data;
using Figment.Data.Images;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>The first ten losses and the first gradients of the 784-400-20 VAE against PyTorch (tests/golden/vae.py).</summary>
public class VaeGoldenTests : EngineTest
{
    [Fact]
    public void First_ten_losses_and_first_gradients_are_those_of_PyTorch() => TensorScope.Run(() =>
    {
        var golden = GoldenFile.Open("vae");
        using var rng = new Rng(0);
        using var vae = Vae.FullyConnected(new VaeOptions { Nonlinearity = Nonlinearity.Tanh }, new ImageShape(1, 28, 28), rng);
        // PyTorch's side has two output layers where ours has one of both halves.
        vae.LoadStateDict(new Dictionary<string, Tensor>
        {
            ["encoder.1.weight"] = Draw(10, 400, 784),
            ["encoder.1.bias"] = Draw(11, 400),
            ["encoder.3.weight"] = Ops.Cat([Draw(12, 20, 400), Draw(14, 20, 400)]),
            ["encoder.3.bias"] = Ops.Cat([Draw(13, 20), Draw(15, 20)]),
            ["decoder.0.weight"] = Draw(16, 400, 20),
            ["decoder.0.bias"] = Draw(17, 400),
            ["decoder.2.weight"] = Draw(18, 784, 400),
            ["decoder.2.bias"] = Draw(19, 784),
        });
        using var adam = new Adam(vae, 1e-3);
        var threshold = GoldenNumbers.Uniform(49, [784]);
        var (losses, reconstructions, divergences) = (new double[10], new double[10], new double[10]);
        for (var i = 0; i < 10; i++)
        {
            TensorScope.Run(() =>
            {
                var x = (GoldenNumbers.Uniform((uint)(50 + i), [128, 784]) > threshold).To(DType.Float32).View(128, 1, 28, 28);
                var noise = GoldenNumbers.Normal((uint)(80 + i), 128, 20);
                adam.ZeroGrad();
                var (logPxz, kl) = vae.Terms(x, noise);
                var (reconstruction, divergence) = (-logPxz.Mean(), kl.Mean());
                var loss = reconstruction + divergence;
                loss.Backward();
                (losses[i], reconstructions[i], divergences[i]) = (loss.ToDouble(), reconstruction.ToDouble(), divergence.ToDouble());
                if (i == 0) CompareGradients(golden, vae);
                adam.Step();
            });
        }

        AssertClose(golden.Doubles["losses"], losses, 1e-5);
        AssertClose(golden.Doubles["reconstructions"], reconstructions, 1e-5);
        AssertClose(golden.Doubles["divergences"], divergences, 1e-4);
    });

    private static void CompareGradients(GoldenFile golden, Vae vae)
    {
        var grads = vae.NamedParameters().ToDictionary(p => p.Path, p => p.Parameter.Grad!);
        (string Name, Tensor Gradient)[] parts =
        [
            ("encoder_hidden.weight", grads["encoder.1.weight"]), ("encoder_hidden.bias", grads["encoder.1.bias"]),
            ("encoder_mean.weight", grads["encoder.3.weight"][..20]), ("encoder_log_var.weight", grads["encoder.3.weight"][20..]),
            ("encoder_mean.bias", grads["encoder.3.bias"][..20]), ("encoder_log_var.bias", grads["encoder.3.bias"][20..]),
            ("decoder_hidden.weight", grads["decoder.0.weight"]), ("decoder_hidden.bias", grads["decoder.0.bias"]),
            ("decoder_logits.weight", grads["decoder.2.weight"]), ("decoder_logits.bias", grads["decoder.2.bias"]),
        ];
        foreach (var (name, gradient) in parts)
            golden.AssertClose($"grad.{name}", gradient.Flatten()[TensorIndex.Slice(step: 97)], 1e-4);
    }

    private static Tensor Draw(uint seed, params long[] shape)
    {
        var fanIn = shape.Length == 2 ? shape[1] : 64;
        var bound = Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fanIn))));
        return GoldenNumbers.Uniform(seed, shape, -bound, bound);
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Abs(expected[i]), $"step {i}: {actual[i]} instead of {expected[i]}");
    }
}
