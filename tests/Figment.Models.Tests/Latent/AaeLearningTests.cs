using Figment.Data;
using Figment.Data.Catalog;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models.Distributions;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Latent;

/// <summary>A short seeded training that must bring the codes onto a swiss roll, and a control that must not
/// (docs/design/README.md, kind B).</summary>
/// <remarks>
/// The statistic is the energy distance 2 E|z - p| - E|z - z'| - E|p - p'| over all pairs, a point with itself included,
/// of the codes of 250 test digits and 250 draws of the prior, the mean over eight disjoint sets of digits that are spread
/// over the test split (its first half was written by other people than its second). It is set against the mean of the same
/// statistic over 80 pairs of independent sets of 250 draws of the prior.
/// </remarks>
[Trait("speed", "slow")]
public class AaeLearningTests(ITestOutputHelper output) : EngineTest
{
    private const int Points = 250;
    private const int Sets = 8;

    private static readonly AaeOptions Options = new() { Latent = 2, Hidden = [128, 128], Prior = new SwissRollPrior() };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Codes_come_as_close_to_a_swiss_roll_as_twice_the_distance_of_its_own_samples(ulong seed)
    {
        var (ratio, error, mean) = Train(seed, adversary: true);
        Assert.True(ratio <= 2, $"energy distance {ratio:F2} times that of two samples of the prior");
        Assert.True(error < 0.85 * mean, $"reconstruction error {error:F2}, that of the mean image {mean:F2}");
    }

    [Fact]
    public void Without_an_adversary_they_do_not()
    {
        var (ratio, error, mean) = Train(1, adversary: false);
        Assert.True(ratio > 10, $"energy distance {ratio:F2} times that of two samples of the prior");
        Assert.True(error < 0.85 * mean, $"reconstruction error {error:F2}, that of the mean image {mean:F2}");
    }

    private (double Ratio, double Error, double MeanImage) Train(ulong seed, bool adversary)
    {
        var mnist = Mnist();
        using var rng = new Rng(seed);
        using var aae = new Aae(Options, mnist.Shape, rng);
        var task = new AaeTask(aae, module => new Adam(module, 1e-3, new AdamOptions { Beta1 = 0.5 }), 1);
        using var loader = new DataLoader(mnist.Train, new LoaderOptions { Seed = seed, BatchSize = 256 });
        const int steps = 2000;
        for (var i = 0; i < steps; i++)
            TensorScope.Run(() =>
            {
                var x = loader.NextBatch().Images;
                Play(0, () => aae.ReconstructionLoss(x, aae.Code(x, rng)));
                if (!adversary) return;
                Play(1, () => CodeGame.DiscriminatorLoss(aae.Discriminate(aae.Drawn(x.Size(0), rng)),
                    aae.Discriminate(NoGrad.Run(() => aae.Code(x, rng)))));
                Play(2, () => CodeGame.GeneratorLoss(aae.Discriminate(aae.Code(x, rng))));

                void Play(int player, Func<Tensor> loss)
                {
                    var optimizer = task.Players[player].Optimizer;
                    optimizer.LearningRate = 1e-3 * Schedule.Cosine(steps, 0.02)(i);
                    aae.ZeroGrad();
                    TensorScope.Run(loss).Backward();
                    optimizer.Step();
                }
            });
        foreach (var player in task.Players) player.Optimizer.Dispose();
        return TensorScope.Run(() => NoGrad.Run(() =>
        {
            var test = mnist.Test.Pick([.. Enumerable.Range(0, Sets * Points).Select(i => i * (mnist.Test.Count / (Sets * Points)))]).Images;
            var codes = aae.Encode(test);
            Tensor Draw() => aae.Drawn(Points, rng);
            var own = Enumerable.Range(0, 80).Average(_ => TensorScope.Run(() => EnergyDistance.Between(Draw(), Draw())));
            var distance = Enumerable.Range(0, Sets).Average(set => TensorScope.Run(() =>
                EnergyDistance.Between(codes[TensorIndex.Slice(set, null, Sets)], Draw())));
            var error = aae.ReconstructionLoss(test, codes).ToDouble();
            var meanImage = 0.5 * (test - test.Mean([0])).Square().Sum([1, 2, 3]).Mean().ToDouble();
            output.WriteLine($"seed {seed}: energy distance {distance:F4}, of the prior's own samples {own:F4}, ratio {distance / own:F2}; "
                + $"reconstruction error {error:F2}, of the mean image {meanImage:F2}");
            return (distance / own, error, meanImage);
        }));
    }

    private static DataSplits Mnist()
    {
        try
        {
            return DataSets.Open(new DataOptions { Source = "mnist" });
        }
        catch (DataUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }
}
