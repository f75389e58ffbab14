using Figment.Data.Images;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>
/// The first ten losses and the first gradients of an importance weighted autoencoder against PyTorch
/// (tests/golden/iwae.py), where the gradient is made by equations 13 and 14 instead of by differentiating equation 8.
/// </summary>
public class IwaeGoldenTests : EngineTest
{
    private static readonly GoldenFile Golden = GoldenFile.Open("iwae");

    private static readonly (string Ours, string Theirs)[] Layers =
    [
        ("encoder.1", "encoder_1"), ("encoder.3", "encoder_2"), ("encoder.5", "encoder_out"),
        ("decoder.0", "decoder_1"), ("decoder.2", "decoder_2"), ("decoder.4", "decoder_out"),
    ];

    [Fact]
    public void First_ten_losses_and_first_gradients_are_those_of_PyTorch() => TensorScope.Run(() =>
    {
        using var rng = new Rng(0);
        using var vae = Iwae.Create(new IwaeOptions { Latent = 12, Hidden = [64, 48] }, new ImageShape(1, 28, 28), rng);
        var seed = 310u;
        foreach (var (path, parameter) in vae.NamedParameters())
        {
            Assert.Equal(Layers[(seed - 310) / 2].Ours, path[..path.LastIndexOf('.')]);
            var fanIn = parameter.Rank == 2 ? parameter.Size(1) : 64;
            var bound = Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fanIn))));
            var values = GoldenNumbers.Uniform(seed++, parameter.Shape.ToArray(), -bound, bound);
            NoGrad.Run(() => { parameter.CopyInPlace(values); });
        }

        using var adam = new Adam(vae, 1e-3);
        var threshold = GoldenNumbers.Uniform(349, [784]);
        for (var step = 0; step < 10; step++)
            TensorScope.Run(() =>
            {
                var x = (GoldenNumbers.Uniform((uint)(350 + step), [32, 784]) > threshold).To(DType.Float32).View(32, 1, 28, 28);
                var logW = vae.LogWeights(x, GoldenNumbers.Normal((uint)(380 + step), 5, 32, 12));
                var loss = -Vae.ImportanceBound(logW).Mean();
                adam.ZeroGrad();
                loss.Backward();
                if (step == 0) CheckGradients(vae);
                adam.Step();
                AssertClose("losses", step, loss.ToDouble());
                AssertClose("singles", step, -logW.Mean().ToDouble());
            });
    });

    private static void CheckGradients(Vae vae)
    {
        foreach (var (path, parameter) in vae.NamedParameters())
        {
            var (layer, kind) = (path[..path.LastIndexOf('.')], path[path.LastIndexOf('.')..]);
            var name = Layers.Single(pair => pair.Ours == layer).Theirs + kind;
            var norm = Golden.Doubles[$"norm.{name}"][0];
            Assert.Equal(norm, parameter.Grad!.To(DType.Float64).Norm().ToDouble(), 1e-4 * norm);
            Golden.AssertClose($"grad.{name}", parameter.Grad!.Flatten()[TensorIndex.Slice(step: 29)], 1e-4);
        }
    }

    private static void AssertClose(string key, int step, double actual)
    {
        var expected = Golden.Doubles[key][step];
        Assert.Equal(expected, actual, 1e-5 * Math.Abs(expected));
    }
}
