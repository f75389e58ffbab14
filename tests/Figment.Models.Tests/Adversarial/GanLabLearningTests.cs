using System.Diagnostics;
using Figment.Data;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models.Adversarial;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Figment.Training.Options;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>The ring of eight Gaussians, sigma 0.02 on a circle of radius 2 (docs/design/README.md, kind B), with
/// averaged weights, as a preview is.</summary>
[Trait("speed", "slow")]
public class GanLabLearningTests(ITestOutputHelper output) : EngineTest
{
    private static readonly GameOptions Penalized = new()
    {
        Loss = new WassersteinLoss(),
        Restraint = new GradientPenalty { Weight = 0.1 },
        DiscriminatorSteps = 3,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_penalised_critic_leads_to_all_eight_modes(ulong seed)
    {
        var count = Train(seed, Penalized, 6e-3, 0.9, 9000);
        Assert.Equal(8, count.Found.Mean);
        var near = count.HighQuality!.Value.Mean;
        Assert.True(near >= 0.9, $"{near:P1} of the samples within 3 sigma of a mode");
    }

    [Fact]
    public void A_plain_game_at_a_strong_rate_loses_modes()
    {
        var count = Train(1, new GameOptions(), 0.03, 0.999, 1500);
        Assert.True(count.Found.Mean < 8, "all eight modes are there");
    }

    private ModeFigures Train(ulong seed, GameOptions game, double rate, double beta2, int steps)
    {
        var ring = DataSets.Open(new DataOptions { Source = "ring-of-8" });
        using var rng = new Rng(seed);
        using var lab = new GanLab(new GanLabOptions(), ring.Shape, rng);
        using var run = new GameRun();
        using var loader = new DataLoader(ring.Train,
            new LoaderOptions { BatchSize = 256, Seed = seed, Transform = ring.Transform });
        var (clock, result) = (Stopwatch.StartNew(), (ModeFigures?)null);
        run.Start(lab, game, module => new Adam(module, rate, new AdamOptions { Beta1 = 0.5, Beta2 = beta2 }), loader,
            steps, job => job with
            {
                Seed = seed,
                Plan = new PlanOptions
                {
                    Steps = steps,
                    Schedule = new CosineScheduleOptions { Floor = 0.01 },
                    EmaDecay = 0.995,
                    EvaluationInterval = steps,
                },
                Evaluate = draw =>
                {
                    var samples = lab.Sample(10_000, draw, mean: false).Flatten(1); // (B, 2)
                    result = Modes.Of(samples, PointSets.ModesOf("ring-of-8")!);
                    return new Dictionary<string, double> { ["modes"] = result.Found.Mean };
                },
            });
        output.WriteLine($"seed {seed}: {result!.Found.Mean} modes, {result.HighQuality!.Value.Mean:P1} of the samples "
            + $"near, KL {result.Kl.Mean:F3}; {clock.Elapsed.TotalSeconds:F1} s");
        return result;
    }
}
