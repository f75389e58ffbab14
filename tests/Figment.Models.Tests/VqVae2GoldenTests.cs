using Figment.Data.Images;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>tests/golden/vqvae2.py: the whole step, the autoencoder, both codebooks and both priors.</summary>
public class VqVae2GoldenTests : EngineTest
{
    [Theory]
    [InlineData("odd", 12, 2)]
    [InlineData("even", 8, 1)]
    public void First_ten_losses_gradients_and_codebooks_are_those_of_PyTorch(string name, int side, int halvings) => TensorScope.Run(() =>
    {
        var golden = GoldenFile.Open("vqvae2");
        using var rng = new Rng(0);
        using var model = new VqVae2(new VqVae2Options
        {
            Halvings = halvings,
            Codes = 16,
            CodeSize = 4,
            Channels = 8,
            Blocks = 1,
            BlockChannels = 4,
            TopPriorLayers = 2,
            TopPriorChannels = 4,
            BottomPriorLayers = 2,
            BottomPriorChannels = 4,
        }, new ImageShape(1, side, side), rng);
        var (net, parameters) = (model.Autoencoder, model.NamedParameters().OrderBy(p => p.Path, StringComparer.Ordinal).ToList());
        NoGrad.Run(() => TensorScope.Run(() =>
        {
            foreach (var (i, (_, p)) in parameters.Index())
            {
                var fan = p.Rank > 1 ? (double)p.Count / p.Size(0) : 64;
                var bound = (p.Rank > 1 ? 4 : 1) * Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fan))));
                p.CopyInPlace(GoldenNumbers.Uniform((uint)(3100 + i), p.Shape.ToArray(), -bound, bound));
            }

            foreach (var (i, codebook) in new[] { net.Top, net.Bottom }.Index())
            {
                var vectors = GoldenNumbers.Uniform((uint)(3000 + i), [16, 4], -1, 1);
                codebook.Vectors.CopyInPlace(vectors);
                codebook.Sums.CopyInPlace(vectors);
                codebook.Counts.FillInPlace(1);
            }
        }));
        using var adam = new Adam(net, 1e-2);
        using var topAdam = new Adam(model.TopPrior, 1e-2);
        using var bottomAdam = new Adam(model.BottomPrior, 1e-2);
        for (var step = 0; step < 10; step++)
        {
            TensorScope.Run(() =>
            {
                var x = GoldenNumbers.Uniform((uint)(3050 + step), [8, 1, side, side]);
                var (logPxe, top, bottom) = model.Terms(x);
                void Descend(Adam player, int number, Tensor loss)
                {
                    player.ZeroGrad();
                    loss.Backward();
                    var expected = golden.Doubles[$"{name}.losses"][(3 * step) + number];
                    Assert.Equal(expected, loss.ToDouble(), 1e-4 * Math.Max(1, Math.Abs(expected)));
                }

                Descend(adam, 0, (0.25 * (top.Commitment + bottom.Commitment)) - (logPxe.Mean() / (side * side)));
                Descend(topAdam, 1, -model.TopPrior.LogProbability(top.K).Mean() / (top.K.Count / 8));
                Descend(bottomAdam, 2, -model.BottomPrior.LogProbability(bottom.K, top.E).Mean() / (bottom.K.Count / 8));
                if (step == 0)
                {
                    Assert.Equal(golden.Get($"{name}.top").To(DType.Int64).ToArray<long>(), top.K.ToArray<long>());
                    Assert.Equal(golden.Get($"{name}.bottom").To(DType.Int64).ToArray<long>(), bottom.K.ToArray<long>());
                    foreach (var (path, p) in parameters)
                    {
                        var gradient = p.Grad!.Contiguous();
                        var norm = golden.Doubles[$"{name}.norm.{path}"][0];
                        Assert.Equal(norm, gradient.To(DType.Float64).Norm().ToDouble(), 1e-4 * norm);
                        golden.AssertClose($"{name}.grad.{path}", gradient.Flatten()[TensorIndex.Slice(step: 7)], 1e-4);
                    }
                }

                foreach (var player in new[] { adam, topAdam, bottomAdam })
                    player.Step();
                net.Top.Update(top.Z, top.K, 0.9, rng: null);
                net.Bottom.Update(bottom.Z, bottom.K, 0.9, rng: null);
            });
        }

        golden.AssertClose($"{name}.vectors", Ops.Stack([net.Top.Vectors, net.Bottom.Vectors]), 1e-3);
    });
}
