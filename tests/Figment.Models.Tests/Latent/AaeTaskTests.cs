using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models.Distributions;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;
using Figment.Training.Runs;
using Xunit;

namespace Figment.Models.Tests.Latent;

/// <summary>The three phases of an adversarial autoencoder's step, run by the trainer itself.</summary>
public class AaeTaskTests : EngineTest
{
    private static readonly ImageShape Shape = new(1, 4, 3);

    [Theory]
    [InlineData("reconstruction", AaePosterior.Deterministic, "encoder", "decoder")]
    [InlineData("discriminator", AaePosterior.Deterministic, "discriminator")]
    [InlineData("generator", AaePosterior.Deterministic, "encoder")]
    [InlineData("reconstruction", AaePosterior.Gaussian, "encoder", "decoder")]
    [InlineData("discriminator", AaePosterior.Gaussian, "discriminator")]
    [InlineData("generator", AaePosterior.Gaussian, "encoder")]
    public void A_player_moves_every_parameter_of_its_own_and_no_other(string player, AaePosterior posterior, params string[] networks)
    {
        using var rng = new Rng(1);
        using var aae = Small(posterior, rng);
        var before = Values(aae);
        Train(aae, steps: 1, only: player);
        foreach (var (path, now) in Values(aae))
            Assert.True(networks.Contains(path.Split('.')[0]) != now.SequenceEqual(before[path]),
                $"{path} {(now.SequenceEqual(before[path]) ? "stood still" : "moved")} in {player}'s step");
    }

    /// <summary>A whole step is the three phases in the paper's order, each from the weights that the one before
    /// left; the discriminator can learn again afterwards.</summary>
    [Fact]
    public void A_step_is_reconstruction_then_discriminator_then_generator()
    {
        using var rng = new Rng(2);
        using Aae whole = Small(AaePosterior.Deterministic, rng), parts = Small(AaePosterior.Deterministic, rng);
        TensorScope.Run(() => parts.LoadStateDict(whole.StateDict()));
        Train(whole, steps: 1);
        foreach (var player in (string[])["reconstruction", "discriminator", "generator"]) Train(parts, steps: 1, only: player);
        var expected = Values(parts);
        Assert.All(Values(whole), value => Assert.Equal(expected[value.Key], value.Value));
        Assert.All(whole.Parameters(), parameter => Assert.True(parameter.RequiresGrad));
    }

    [Fact]
    public void Discriminator_and_generator_have_a_rate_of_their_own()
    {
        using var rng = new Rng(3);
        using var aae = Small(AaePosterior.Deterministic, rng);
        var task = new AaeTask(aae, module => new Sgd(module, 0.5), 0.1);
        Assert.Equal([0.5, 0.05, 0.05], task.Players.Select(player => player.Optimizer.LearningRate));
        foreach (var player in task.Players) player.Optimizer.Dispose();
    }

    /// <summary>At D(z) = 1/2 everywhere the losses are 2 log 2 and log 2; a judge who is sure pays nothing.</summary>
    [Fact]
    public void Losses_are_those_of_the_game() => TensorScope.Run(() =>
    {
        var unsure = Tensor.Zeros([4]);
        Assert.Equal(2 * Math.Log(2), CodeGame.DiscriminatorLoss(unsure, unsure).ToDouble(), 1e-6);
        Assert.Equal(Math.Log(2), CodeGame.GeneratorLoss(unsure).ToDouble(), 1e-6);
        Assert.Equal(0, CodeGame.DiscriminatorLoss(unsure + 30, unsure - 30).ToDouble(), 1e-6);
        Assert.Equal(30, CodeGame.GeneratorLoss(unsure - 30).ToDouble(), 1e-4);
    });

    [Fact]
    public void A_Gaussian_posterior_draws_and_without_a_generator_gives_its_mean() => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        using var aae = Small(AaePosterior.Gaussian, rng);
        var x = rng.Uniform([1, 1, 4, 3]).Expand(4000, 1, 4, 3);
        var (codes, mean) = (aae.Code(x, rng), aae.Encode(x));
        Assert.Equal([4000, 2], mean.Shape.ToArray());
        Assert.Equal(0, (mean - mean[..1]).Abs().Max().ToDouble());
        Assert.True((codes - mean).Std(0).Min().ToDouble() > 0.1);
        Assert.True((codes.Mean([0]) - mean[0]).Abs().Max().ToDouble() < 0.2);
        var pictures = aae.Sample(5, rng, mean: true);
        Assert.Equal([5, 1, 4, 3], pictures.Shape.ToArray());
        Assert.InRange(pictures.Min().ToDouble(), 0, 1);
    });

    [Fact]
    public void A_prior_in_the_plane_needs_codes_of_two_numbers() =>
        Assert.Equal("latent", Assert.Single(Catalog.Options.Check(new TrainOptions
        {
            Model = new AaeOptions { Latent = 8, Prior = new SwissRollPrior() },
        })).Path.Split('.')[^1]);

    private static Aae Small(AaePosterior posterior, Rng rng) => new(new AaeOptions
    {
        Latent = 2,
        Hidden = [7, 5],
        Nonlinearity = Nonlinearity.Tanh, // no unit that a batch leaves dead
        Prior = new MixturePrior(),
        Posterior = posterior,
    }, Shape, rng);

    private static void Train(Aae aae, int steps, string? only = null)
    {
        var folder = Directory.CreateTempSubdirectory("figment-aae-");
        var task = new AaeTask(aae, module => new Adam(module, 0.01), 1);
        try
        {
            var pixels = new byte[32 * Shape.Length];
            new Random(1).NextBytes(pixels);
            using var loader = new DataLoader(new MemoryImages("noise", Shape, pixels), new LoaderOptions { BatchSize = 16, Seed = 1 });
            var environment = new RunEnvironment(new Dictionary<string, string>(), new Dictionary<string, string>());
            using var run = RunFolder.Create(folder.FullName, new RunStart("aae", 1, "", environment));
            var result = Trainer.Run(new TrainingJob
            {
                Task = task,
                Data = loader,
                Plan = new PlanOptions { Steps = steps, Batch = 16 },
                Seed = 7,
                Run = run,
                OnlyPlayer = only,
            });
            Assert.Equal(StopReason.Finished, result.Reason);
        }
        finally
        {
            foreach (var player in task.Players) player.Optimizer.Dispose();
            folder.Delete(recursive: true);
        }
    }

    private static Dictionary<string, float[]> Values(Aae aae) =>
        aae.NamedParameters().ToDictionary(p => p.Path, p => p.Parameter.ToArray<float>());
}
