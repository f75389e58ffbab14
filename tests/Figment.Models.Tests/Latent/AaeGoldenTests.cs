using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Latent;

/// <summary>The first ten losses and the first gradients of all three players of an adversarial autoencoder against
/// PyTorch (tests/golden/aae.py).</summary>
public class AaeGoldenTests : EngineTest
{
    [Fact]
    public void First_ten_losses_and_first_gradients_of_each_player_are_those_of_PyTorch() => TensorScope.Run(() =>
    {
        var golden = GoldenFile.Open("aae");
        using var rng = new Rng(0);
        using var aae = new Aae(new AaeOptions { Latent = 3, Hidden = [48, 32], Prior = new GaussianPrior { Sigma = 2 } },
            new ImageShape(1, 12, 12), rng);
        aae.LoadStateDict(aae.NamedParameters().Select((p, i) => (p.Path, Value: Draw((uint)(10 + i), p.Parameter)))
            .ToDictionary(p => p.Path, p => p.Value));
        var task = new AaeTask(aae, module => new Adam(module, 2e-3, new AdamOptions { Beta1 = 0.5 }), 0.5);
        try
        {
            var losses = task.Players.ToDictionary(player => player.Name, _ => new List<double>());
            for (var i = 0; i < 10; i++)
                TensorScope.Run(() =>
                {
                    var x = (GoldenNumbers.Uniform((uint)(50 + i), [32, 1, 12, 12]) + 1) / 2;
                    var z = 2 * GoldenNumbers.Normal((uint)(80 + i), 32, 3);
                    Play("reconstruction", () => aae.ReconstructionLoss(x, aae.Code(x, null)));
                    Play("discriminator", () => CodeGame.DiscriminatorLoss(aae.Discriminate(z),
                        aae.Discriminate(NoGrad.Run(() => aae.Code(x, null)))));
                    Play("generator", () => CodeGame.GeneratorLoss(aae.Discriminate(aae.Code(x, null))));

                    void Play(string name, Func<Tensor> loss)
                    {
                        var player = task.Players.Single(p => p.Name == name);
                        aae.ZeroGrad();
                        var value = loss();
                        value.Backward();
                        losses[name].Add(value.ToDouble());
                        if (i == 0) CompareGradients(golden, aae, name);
                        player.Optimizer.Step();
                    }
                });

            foreach (var (name, values) in losses)
                for (var i = 0; i < 10; i++)
                    Assert.Equal(golden.Doubles[$"losses.{name}"][i], values[i], 2e-5 * golden.Doubles[$"losses.{name}"][i]);
        }
        finally
        {
            foreach (var player in task.Players) player.Optimizer.Dispose();
        }
    });

    // Ours are numbered through their layers, PyTorch's side names its three; every player's gradients are all there.
    private static void CompareGradients(GoldenFile golden, Aae aae, string player)
    {
        var keys = golden.Keys.Where(key => key.StartsWith($"grad.{player}.", StringComparison.Ordinal)).ToList();
        Assert.Equal(player == "reconstruction" ? 12 : 6, keys.Count);
        var gradients = aae.NamedParameters().ToDictionary(p => p.Path, p => p.Parameter.Grad!);
        foreach (var key in keys)
        {
            var parts = key.Split('.'); // grad, player, network, layer, weight or bias
            var layer = Array.IndexOf(["one", "two", "three"], parts[3]);
            var path = $"{parts[2]}.{(parts[2] == "encoder" ? 1 : 0) + (2 * layer)}.{parts[4]}";
            golden.AssertClose(key, gradients[path].Flatten()[TensorIndex.Slice(step: 7)], 2e-6);
        }
    }

    private static Tensor Draw(uint seed, Tensor like)
    {
        var fanIn = like.Rank == 2 ? like.Size(1) : 64;
        var bound = Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fanIn))));
        return GoldenNumbers.Uniform(seed, like.Shape.ToArray(), -bound, bound);
    }
}
