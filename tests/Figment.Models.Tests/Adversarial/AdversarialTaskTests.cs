using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Models.Adversarial;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Figment.Training;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>The turns of the game, taken by the trainer itself.</summary>
public class AdversarialTaskTests : EngineTest
{
    private static readonly ImageShape Shape = new(1, 16, 16), Point = new(1, 1, 2);

    public static TheoryData<string, string> Turns
    {
        get
        {
            var turns = new TheoryData<string, string>();
            foreach (var model in (string[])["gan", "dcgan", "wgan", "wgan-gp", "gan-lab"])
                foreach (var player in (string[])["generator", "discriminator"])
                    turns.Add(model, player);
            return turns;
        }
    }

    /// <summary>Of a Wasserstein critic the last bias alone stands still: it is added to both scores, whose difference
    /// is the loss.</summary>
    [Theory]
    [MemberData(nameof(Turns))]
    public void A_player_moves_every_parameter_of_its_own_and_no_other(string model, string player)
    {
        using var rng = new Rng(1);
        var (players, game) = Small(model, rng);
        using var module = (Module)players;
        var before = Values(module);
        var own = (player == "generator" ? players.Generator : players.Discriminator).Parameters().Count;
        var data = GameRun.Noise(model == "gan-lab" ? Point : Shape);
        GameRun.Train(players, game, Adam, data, game.DiscriminatorSteps, only: player);
        var moved = Values(module).Where(now => !now.Value.SequenceEqual(before[now.Key])).Select(now => now.Key)
            .ToList();
        var network = player == "generator" ? "generator" : model[0] == 'w' ? "critic" : "discriminator";
        Assert.All(moved, path => Assert.StartsWith($"{network}.", path));
        Assert.Equal(network == "critic" ? own - 1 : own, moved.Count);
        if (network == "critic")
            Assert.DoesNotContain($"critic.{players.Discriminator.NamedParameters()[^1].Path}", moved);
        Assert.All(module.Parameters(), parameter => Assert.True(parameter.RequiresGrad));
    }

    [Fact]
    public void With_three_steps_of_the_discriminator_the_generator_moves_in_every_third()
    {
        double[][] generators = new double[8][], discriminators = new double[8][];
        for (var steps = 0; steps < 8; steps++)
        {
            using var rng = new Rng(2);
            var (players, game) = Small("dcgan", rng);
            using var module = (Module)players;
            if (steps > 0)
            {
                var rows = GameRun.Train(players, game with { DiscriminatorSteps = 3 }, Adam, GameRun.Noise(Shape),
                    steps);
                Assert.Equal(steps % 3 == 0, rows[^1].ContainsKey("generator/loss"));
                Assert.True(rows[^1].ContainsKey("discriminator/loss"));
            }

            generators[steps] = Sums(players.Generator);
            discriminators[steps] = Sums(players.Discriminator);
        }

        for (var step = 1; step < 8; step++)
        {
            Assert.NotEqual(discriminators[step - 1], discriminators[step]);
            Assert.Equal(step % 3 != 0, generators[step - 1].SequenceEqual(generators[step]));
        }
    }

    /// <summary>It learns from real and generated examples, and only judges in the generator's turn.</summary>
    [Fact]
    public void The_discriminator_is_frozen_in_the_generators_turn() => TensorScope.Run(() =>
    {
        using var rng = new Rng(8);
        var (players, game) = Small("gan", rng);
        using var rehearsal = new Rehearsal(players, _ => rng.Uniform([16, 1, 16, 16]), _ => rng.Normal([16, 5]));
        GameRun.Train(rehearsal, game with { DiscriminatorSteps = 2 }, Adam, GameRun.Noise(Shape), 4);
        Assert.Equal([true, true, true, true, false, true, true, true, true, false], rehearsal.Learns);
    });

    [Fact]
    public void The_discriminator_has_a_rate_of_its_own()
    {
        using var rng = new Rng(3);
        var (players, game) = Small("gan", rng);
        using var module = (Module)players;
        var rows = GameRun.Train(players, game with { DiscriminatorRate = 4 }, Adam, GameRun.Noise(Shape), 1);
        Assert.Equal(0.04, rows[0]["discriminator/learning_rate"], 1e-12);
        Assert.Equal(0.01, rows[0]["generator/learning_rate"], 1e-12);
    }

    [Fact]
    public void Weights_are_clipped_after_each_step_of_the_critic_and_of_the_critic_alone()
    {
        using var rng = new Rng(4);
        var options = new WganOptions { Channels = 4, Latent = 5 };
        using var wgan = new Wgan(options, Shape, rng);
        IAdversaries players = wgan;
        GameRun.Train(players, Wgan.Game(options), Adam, GameRun.Noise(Shape), 7);
        Assert.All(players.Discriminator.Parameters(), p => Assert.True(p.Abs().Max().ToDouble() <= 0.01f));
        Assert.Contains(players.Discriminator.Parameters(), p => p.Abs().Max().ToDouble() == 0.01f);
        Assert.Contains(players.Generator.Parameters(), p => p.Abs().Max().ToDouble() > 0.02);
    }

    /// <summary>Dropout's draws, the places of the penalty, the noise and both optimisers all go on where they
    /// were.</summary>
    [Theory]
    [InlineData("gan", 2)]
    [InlineData("wgan-gp", 3)]
    [InlineData("dcgan", 4)]
    public void A_game_that_was_stopped_goes_on_to_the_same_bits(string model, int stopAfter)
    {
        using var runs = new GameRun();
        string Fingerprint(int? stop)
        {
            using Rng rng = new(5), again = new(6);
            var (players, game) = Small(model, rng);
            game = model == "dcgan" ? game with { Augmentation = new DifferentiableAugmentation() } : game;
            using var module = (Module)players;
            using DataLoader data = new(GameRun.Noise(Shape), GameRun.InSixteens),
                reread = new(GameRun.Noise(Shape), GameRun.InSixteens);
            if (stop is not { } after) return runs.Fingerprint(runs.Start(players, game, Adam, data, 6));

            var id = runs.StopAfter(after, new AdversarialTask(players, Adam, game), data, 6);
            var (others, _) = Small(model, again);
            using var other = (Module)others;
            runs.Resume(id, others, game, Adam, reread, 6);
            return runs.Fingerprint(id);
        }

        Assert.Equal(Fingerprint(null), Fingerprint(stopAfter));
    }

    private static (IAdversaries Players, GameOptions Game) Small(string model, Rng rng)
    {
        var wgan = new WganOptions { Channels = 4, Latent = 5, Clip = 10, CriticSteps = 2 };
        var wganGp = new WganGpOptions { Channels = 4, Latent = 5, CriticSteps = 2 };
        return model switch
        {
            "gan" => (new Gan(new GanOptions { Latent = 5, Generator = [9, 7], Discriminator = [8, 6] }, Shape, rng),
                new()),
            "dcgan" => (new Dcgan(new DcganOptions { Channels = 4, Latent = 5 }, Shape, rng), new()),
            "gan-lab" => (new GanLab(new GanLabOptions { Generator = [9, 7], Discriminator = [8, 6] }, Point, rng),
                new()),
            "wgan" => (new Wgan(wgan, Shape, rng), Wgan.Game(wgan)),
            _ => (new WganGp(wganGp, Shape, rng), WganGp.Game(wganGp)),
        };
    }

    private static Adam Adam(Module module) => new(module, 0.01);

    private static Dictionary<string, float[]> Values(Module module) =>
        module.NamedParameters().ToDictionary(p => p.Path, p => p.Parameter.ToArray<float>());

    private static double[] Sums(Module module) =>
        [.. module.Parameters().Select(p => p.ToArray<float>().Sum(value => (double)value))];
}
