using Figment.Data.Images;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>The first ten losses and the first gradients of autoencoders against PyTorch (tests/golden/autoencoder.py).</summary>
public class AutoencoderGoldenTests : EngineTest
{
    private static readonly GoldenFile Golden = GoldenFile.Open("autoencoder");
    private static readonly ImageShape Digit = new(1, 28, 28);

    [Theory]
    [InlineData("dense", 410)]
    [InlineData("linear", 420)]
    [InlineData("conv", 430)]
    public void First_ten_losses_and_first_gradients_are_those_of_PyTorch(string label, int seed) => TensorScope.Run(() =>
    {
        using var rng = new Rng(0);
        using var model = label switch
        {
            "dense" => Autoencoder.FullyConnected(new() { Latent = 12, Hidden = [64] }, Digit, rng),
            "linear" => Autoencoder.FullyConnected(new() { Latent = 12, Hidden = [], Loss = new SquaredErrorLoss() }, Digit, rng),
            _ => ConvAutoencoder.Create(new() { Latent = 12, Channels = 8, Hidden = 32 }, Digit, rng),
        };
        foreach (var parameter in model.Parameters())
        {
            double fan = parameter.Rank > 1 ? parameter.Count / parameter.Size(0) : 64;
            var bound = Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fan))));
            var values = GoldenNumbers.Uniform((uint)seed++, parameter.Shape.ToArray(), -bound, bound);
            NoGrad.Run(() => { parameter.CopyInPlace(values); });
        }

        var isKept = Tensor.From([.. Enumerable.Range(0, 784).Select(i => i % 4 == 0 ? 0f : 1f)], 1, 28, 28);
        using var adam = new Adam(model, 1e-3);
        for (var step = 0; step < 10; step++)
            TensorScope.Run(() =>
            {
                var x = GoldenNumbers.Uniform((uint)(450 + step), [32, 784], 0, 1).View(32, 1, 28, 28);
                var loss = model.Loss(x, label == "linear" ? x * isKept : x).Mean();
                adam.ZeroGrad();
                loss.Backward();
                if (step == 0) CheckGradients(label, model);
                adam.Step();
                var expected = Golden.Doubles[$"{label}.losses"][step];
                Assert.Equal(expected, loss.ToDouble(), 1e-5 * expected);
            });
    });

    private static void CheckGradients(string label, Autoencoder model)
    {
        foreach (var (i, parameter) in model.Parameters().Index())
        {
            var norm = Golden.Doubles[$"{label}.norm.{i}"][0];
            Assert.Equal(norm, parameter.Grad!.To(DType.Float64).Norm().ToDouble(), 1e-4 * norm);
            Golden.AssertClose($"{label}.grad.{i}", parameter.Grad!.Contiguous().Flatten()[TensorIndex.Slice(step: 29)], 1e-4);
        }
    }
}
