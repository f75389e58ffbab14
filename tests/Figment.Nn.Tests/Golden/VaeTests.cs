using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Golden;

/// <summary>The VAE 784-400-20 of tests/golden/vae.py: first gradients and ten losses against PyTorch.</summary>
public partial class VaeTests : EngineTest
{
    private const long Batch = 128, Pixels = 784, Hidden = 400, Latent = 20;
    private static readonly GoldenFile Golden = GoldenFile.Open("vae");

    [Fact]
    public void First_gradients_and_ten_losses_agree_with_PyTorch() => TensorScope.Run(() =>
    {
        using var rng = new Rng(0);
        using var vae = new Vae(rng);
        Fill(vae);
        using var adam = new Adam(vae, 1e-3);
        var threshold = GoldenNumbers.Uniform(49, [Pixels]);
        for (var step = 0; step < 10; step++)
        {
            var (reconstruction, divergence) = TensorScope.Run(() =>
            {
                var x = (GoldenNumbers.Uniform((uint)(50 + step), [Batch, Pixels]) > threshold).To(DType.Float32);
                return vae.Call((x, GoldenNumbers.Normal((uint)(80 + step), Batch, Latent)));
            });
            var loss = reconstruction + divergence;
            adam.ZeroGrad();
            loss.Backward();
            if (step == 0)
                CheckGradients(vae);
            adam.Step();
            AssertRelative("losses", step, loss);
            AssertRelative("reconstructions", step, reconstruction);
            AssertRelative("divergences", step, divergence);
        }
    });

    private static void Fill(Vae vae)
    {
        var seed = 10u;
        foreach (var parameter in vae.Parameters())
        {
            double fanIn = parameter.Rank == 2 ? parameter.Size(1) : 64;
            var bound = Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fanIn))));
            var values = GoldenNumbers.Uniform(seed++, parameter.Shape.ToArray(), -bound, bound);
            NoGrad.Run(() => { parameter.CopyInPlace(values); });
        }
    }

    private static void CheckGradients(Vae vae)
    {
        foreach (var (path, parameter) in vae.NamedParameters())
        {
            var norm = Golden.Doubles[$"norm.{path}"][0];
            Assert.Equal(norm, parameter.Grad!.To(DType.Float64).Norm().ToDouble(), 1e-5 * norm);
            Golden.AssertClose($"grad.{path}", parameter.Grad!.Flatten().Slice(step: 97), 1e-5);
        }
    }

    private static void AssertRelative(string key, int step, Tensor actual)
    {
        var expected = Golden.Doubles[key][step];
        Assert.Equal(expected, actual.ToDouble(), 1e-5 * Math.Max(Math.Abs(expected), 1));
    }

    private sealed partial class Vae(Rng rng)
        : Module<(Tensor X, Tensor Noise), (Tensor Reconstruction, Tensor Divergence)>
    {
        private readonly Linear encoderHidden = new(Pixels, Hidden, rng);
        private readonly Linear encoderMean = new(Hidden, Latent, rng);
        private readonly Linear encoderLogVar = new(Hidden, Latent, rng);
        private readonly Linear decoderHidden = new(Latent, Hidden, rng);
        private readonly Linear decoderLogits = new(Hidden, Pixels, rng);

        protected override (Tensor Reconstruction, Tensor Divergence) Forward((Tensor X, Tensor Noise) input)
        {
            var h = encoderHidden.Call(input.X).Tanh();
            var (mean, logVar) = (encoderMean.Call(h), encoderLogVar.Call(h));
            var z = mean + ((logVar / 2).Exp() * input.Noise);
            var logits = decoderLogits.Call(decoderHidden.Call(z).Tanh());
            var reconstruction = Loss.BceWithLogits(logits, input.X, reduction: Reduction.Sum) / Batch;
            var divergence = -0.5 * (1 + logVar - mean.Square() - logVar.Exp()).Sum() / Batch;
            return (reconstruction, divergence);
        }
    }
}
