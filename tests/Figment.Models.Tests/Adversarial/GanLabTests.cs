using Figment.Data;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models.Adversarial;
using Figment.Models.Adversarial.Game;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Figment.Training.Options;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>The laboratory: where it says the generator is pulled, and that its discriminator comes to the best
/// one.</summary>
public class GanLabTests : EngineTest
{
    /// <summary>Also where nothing is recorded, as in a preview.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_pull_is_the_slope_of_the_generators_loss_at_each_point(int which) => TensorScope.Run(() =>
    {
        var loss = ((AdversarialLoss[])[new NonSaturatingLoss(), new MinimaxLoss(), new WassersteinLoss()])[which];
        using var rng = new Rng(1);
        using var lab = new GanLab(new GanLabOptions { Game = new() { Loss = loss } }, new ImageShape(1, 1, 2), rng);
        lab.To(DType.Float64);
        var x = rng.Normal([9, 2], dtype: DType.Float64);
        var pull = NoGrad.Run(() => lab.Pull(x));
        Assert.True(pull.Abs().Max().ToDouble() > 1e-4);
        for (var d = 0; d < 2; d++)
        {
            var direction = Tensor.From<double>(d == 0 ? [1e-5, 0] : [0, 1e-5], 2);
            for (var i = 0; i < 9; i++)
            {
                double At(Tensor point) => loss.Generator(lab.Score(point.Reshape(1, 2))).ToDouble();
                var slope = (At(x[i] + direction) - At(x[i] - direction)) / 2e-5;
                Assert.Equal(-slope, pull[i, d].ToDouble(), 1e-7);
            }
        }
    });

    /// <summary>Against a generator that stands still the discriminator, trained by the trainer, comes to p / (p + q)
    /// with p known and q estimated from samples.</summary>
    [Fact]
    public void The_discriminator_comes_to_the_best_one() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        var bumps = DataSets.Open(new DataOptions { Source = "two-bumps" });
        using var lab = new GanLab(new GanLabOptions { Latent = 4, Discriminator = [32, 32] }, bumps.Shape, rng);
        NoGrad.Run(() =>
        {
            // Spread wider than at first.
            foreach (var weight in ((IAdversaries)lab).Generator.Parameters()) weight.MulInPlace(1.7);
        });
        using var run = new GameRun();
        using var loader = new DataLoader(bumps.Train,
            new LoaderOptions { BatchSize = 512, Seed = 1, Transform = bumps.Transform });
        run.Start(lab, new GameOptions(), module => new Adam(module, 5e-3), loader, 1200, job => job with
        {
            OnlyPlayer = "discriminator",
            Plan = new PlanOptions { Steps = 1200, Schedule = new CosineScheduleOptions { Floor = 0.02 } },
        });
        var grid = new PointGrid(1, -4, 4, 160);
        var samples = NoGrad.Run(() => lab.Sample(200_000, rng, mean: false).ToArray<float>());
        var (p, q) = (grid.Density(PointSets.ModesOf("two-bumps")!), grid.Density(samples, 0.03));
        var d = NoGrad.Run(() => lab.Score(Tensor.From(grid.Centers(), 160, 1)).Sigmoid().ToArray<float>());
        var cells = Enumerable.Range(0, 160).Where(cell => p[cell] + q[cell] > 0.05).ToList();
        var best = cells.ToDictionary(cell => cell, cell => p[cell] / (p[cell] + q[cell]));
        Assert.True(best.Values.Max() > 0.9 && best.Values.Min() < 0.4, "there is something to find");
        var off = cells.Average(cell => Math.Abs(d[cell] - best[cell]));
        Assert.True(off < 0.03, $"D is {off:F3} off D* on average");
    });

    [Fact]
    public void Pictures_are_refused()
    {
        using var rng = new Rng(3);
        var fault = Assert.Throws<ArgumentException>(
            () => new GanLab(new GanLabOptions(), new ImageShape(1, 28, 28), rng));
        Assert.Contains("ring-of-8", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prior_of_the_plane_needs_two_numbers_and_points_are_not_augmented()
    {
        var faults = Catalog.Options.Check(new TrainOptions
        {
            Model = new GanLabOptions
            {
                Prior = new SwissRollPrior(),
                Game = new GameOptions { Augmentation = new DifferentiableAugmentation() },
            },
        });
        Assert.Equal(["game", "latent"], faults.Select(fault => fault.Path.Split('.')[^1]).Order());
    }
}
