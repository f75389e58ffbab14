using Figment.Data.Images;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>
/// The first ten losses and the first gradients of the convolutional VAE against PyTorch (tests/golden/conv_vae.py), in
/// either layout of memory.
/// </summary>
public class ConvVaeGoldenTests : EngineTest
{
    private const int Batch = 32, Latent = 32;
    private static readonly GoldenFile Golden = GoldenFile.Open("conv_vae");

    [Theory]
    [InlineData(MemoryFormat.Contiguous)]
    [InlineData(MemoryFormat.ChannelsLast)]
    public void First_ten_losses_and_first_gradients_are_those_of_PyTorch(MemoryFormat layout) => TensorScope.Run(() =>
    {
        using var rng = new Rng(0);
        using var vae = ConvVae.Create(new ConvVaeOptions(), new ImageShape(1, 28, 28), rng);
        Fill(vae);
        vae.To(layout);
        using var adam = new Adam(vae, 1e-3);
        var threshold = GoldenNumbers.Uniform(249, [784]);
        for (var step = 0; step < 10; step++)
        {
            TensorScope.Run(() =>
            {
                var x = (GoldenNumbers.Uniform((uint)(250 + step), [Batch, 784]) > threshold).To(DType.Float32)
                    .View(Batch, 1, 28, 28).Contiguous(layout);
                var (logPxz, kl) = vae.Terms(x, GoldenNumbers.Normal((uint)(280 + step), Batch, Latent));
                var loss = kl.Mean() - logPxz.Mean();
                adam.ZeroGrad();
                loss.Backward();
                if (step == 0)
                    CheckGradients(vae);
                adam.Step();
                AssertClose("losses", step, loss.ToDouble(), 1e-5);
                AssertClose("reconstructions", step, -logPxz.Mean().ToDouble(), 1e-5);
                AssertClose("divergences", step, kl.Mean().ToDouble(), 1e-3);
            });
        }
    });

    private static void Fill(Vae vae)
    {
        var seed = 210u;
        foreach (var parameter in vae.Parameters())
        {
            double fan = parameter.Rank > 1 ? parameter.Count / parameter.Size(0) : 64;
            var bound = Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fan))));
            var values = GoldenNumbers.Uniform(seed++, parameter.Shape.ToArray(), -bound, bound);
            NoGrad.Run(() => { parameter.CopyInPlace(values); });
        }
    }

    private static void CheckGradients(Vae vae)
    {
        foreach (var (path, parameter) in vae.NamedParameters())
        {
            var gradient = parameter.Grad!.Contiguous();
            var norm = Golden.Doubles[$"norm.{path}"][0];
            Assert.Equal(norm, gradient.To(DType.Float64).Norm().ToDouble(), 1e-4 * norm);
            Golden.AssertClose($"grad.{path}", gradient.Flatten()[TensorIndex.Slice(step: 97)], 1e-4);
        }
    }

    private static void AssertClose(string key, int step, double actual, double tolerance)
    {
        var expected = Golden.Doubles[key][step];
        Assert.Equal(expected, actual, tolerance * Math.Max(1, Math.Abs(expected)));
    }
}
