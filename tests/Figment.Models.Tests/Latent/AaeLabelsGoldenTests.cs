using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Figment.Training;
using Xunit;

namespace Figment.Models.Tests.Latent;

/// <summary>The first ten losses and the first gradients of all players of the adversarial autoencoders with labels
/// against PyTorch (tests/golden/aae_labels.py).</summary>
public class AaeLabelsGoldenTests : EngineTest
{
    private const int Classes = 4;

    private static readonly GaussianPrior Prior = new() { Sigma = 2 };

    private static readonly ImageShape Shape = new(1, 12, 12);

    [Fact]
    public void Supervised_players_have_the_losses_and_gradients_of_PyTorch()
    {
        using var rng = new Rng(0);
        using var aae = new AaeSupervised(new AaeSupervisedOptions
        {
            Latent = 3,
            Classes = Classes,
            Hidden = [48, 32],
            Prior = Prior,
        }, Shape, rng);
        Compare("supervised", aae, new AaeSupervisedTask(aae, Make, 0.5), (player, i) =>
        {
            var (x, z, labels) = (Pixels(50 + i, 32), Style(i), Labels(110 + i, 32));
            return player switch
            {
                "reconstruction" => aae.Errors(x, aae.Style(x), labels).Mean(),
                "discriminator" => CodeGame.DiscriminatorLoss(Logits(aae.Discriminator, z),
                    Logits(aae.Discriminator, NoGrad.Run(() => aae.Style(x)))),
                _ => CodeGame.GeneratorLoss(Logits(aae.Discriminator, aae.Style(x))),
            };
        });
    }

    [Fact]
    public void Semi_supervised_players_have_the_losses_and_gradients_of_PyTorch()
    {
        using var rng = new Rng(0);
        using var aae = new AaeSemiSupervised(new AaeSemiSupervisedOptions
        {
            Latent = 3,
            Classes = Classes,
            Hidden = [48, 32],
            Prior = Prior,
        }, Shape, rng);
        Compare("semi", aae, new AaeSemiSupervisedTask(aae, Make, 0.5, 1), (player, i) =>
        {
            var (x, z, y) = (Pixels(50 + i, 32), Style(i), Labels(110 + i, 32).OneHot(Classes).To(DType.Float32));
            Tensor Y(Tensor images) => aae.Encode(images)[.., 3..];
            return player switch
            {
                "reconstruction" => aae.ReconstructionLoss(x),
                "style-discriminator" => CodeGame.DiscriminatorLoss(Logits(aae.StyleDiscriminator, z),
                    Logits(aae.StyleDiscriminator, NoGrad.Run(() => aae.Codes(x).Z))),
                "class-discriminator" => CodeGame.DiscriminatorLoss(Logits(aae.ClassDiscriminator, y),
                    Logits(aae.ClassDiscriminator, NoGrad.Run(() => Y(x)))),
                "style-generator" => CodeGame.GeneratorLoss(Logits(aae.StyleDiscriminator, aae.Codes(x).Z)),
                "class-generator" => CodeGame.GeneratorLoss(Logits(aae.ClassDiscriminator, Y(x))),
                _ => AaeSemiSupervised.ClassificationLoss(aae.Logits(Pixels(140 + i, 8)), Labels(170 + i, 8)),
            };
        });
    }

    private static void Compare(string title, Module aae, ITrainingTask task, Func<string, int, Tensor> loss)
    {
        TensorScope.Run(() =>
        {
            var golden = GoldenFile.Open("aae_labels");
            aae.LoadStateDict(aae.NamedParameters().Select((p, i) => (p.Path, Value: Draw((uint)(10 + i), p.Parameter)))
                .ToDictionary(p => p.Path, p => p.Value));
            for (var i = 0; i < 10; i++)
                foreach (var player in task.Players)
                {
                    aae.ZeroGrad();
                    var value = loss(player.Name, i);
                    value.Backward();
                    var expected = golden.Doubles[$"{title}.losses.{player.Name}"][i];
                    Assert.Equal(expected, value.ToDouble(), 2e-5 * expected);
                    if (i == 0) CompareGradients(golden, aae, $"{title}.grad.{player.Name}.");
                    player.Optimizer.Step();
                }
        });
        foreach (var player in task.Players) player.Optimizer.Dispose();
    }

    // Ours are numbered through their layers, PyTorch's side names its three; every player's gradients are all there.
    private static void CompareGradients(GoldenFile golden, Module aae, string prefix)
    {
        var keys = golden.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        Assert.Equal(prefix.Contains("reconstruction", StringComparison.Ordinal) ? 12 : 6, keys.Count);
        var gradients = aae.NamedParameters().ToDictionary(p => p.Path, p => p.Parameter.Grad!);
        foreach (var key in keys)
        {
            var parts = key.Split('.'); // title, grad, player, network, layer, weight or bias
            var layer = Array.IndexOf(["one", "two", "three"], parts[4]);
            var path = $"{parts[3]}.{(parts[3] == "encoder" ? 1 : 0) + (2 * layer)}.{parts[5]}";
            golden.AssertClose(key, gradients[path].Flatten()[TensorIndex.Slice(step: 7)], 2e-6);
        }
    }

    private static Optimizer Make(Module module) => new Adam(module, 2e-3, new AdamOptions { Beta1 = 0.5 });

    private static Tensor Logits(Sequential discriminator, Tensor codes) => discriminator.Call(codes).Squeeze(1);

    private static Tensor Pixels(int seed, int count) => (GoldenNumbers.Uniform((uint)seed, [count, 1, 12, 12]) + 1) / 2;

    private static Tensor Style(int step) => 2 * GoldenNumbers.Normal((uint)(80 + step), 32, 3);

    private static Tensor Labels(int seed, int count) => Tensor.From<long>([.. Enumerable.Range(0, count)
        .Select(i => (long)(GoldenNumbers.Hash((uint)seed, (uint)i) % Classes))], count);

    private static Tensor Draw(uint seed, Tensor like)
    {
        var fanIn = like.Rank == 2 ? like.Size(1) : 64;
        var bound = Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fanIn))));
        return GoldenNumbers.Uniform(seed, like.Shape.ToArray(), -bound, bound);
    }
}
