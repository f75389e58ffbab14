using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Models.Adversarial;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Figment.Training.Options;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>The p of adaptive augmentation (Karras et al. 2020, section 3).</summary>
public class AdaptiveAugmentationTests : EngineTest
{
    private static readonly ImageShape Shape = new(1, 16, 16);

    // Batches of 16 are seen; p moves by 2 * 16 / 320 = 0.1 after every second step.
    private static readonly AdaptiveAugmentation Quick = new() { Interval = 2, Images = 320 };

    private static double[] Probabilities(double score, AdaptiveAugmentation augmentation, AdversarialLoss? loss = null,
        int steps = 26)
    {
        using var players = new Opinion(score);
        return [.. GameRun.Train(players, new GameOptions { Augmentation = augmentation, Loss = loss ?? new HingeLoss() },
            module => new Sgd(module, 0), GameRun.Noise(Shape), steps).Select(row => row["augmentation/p"])];
    }

    [Fact]
    public void P_rises_by_equal_moves_to_1_while_the_discriminator_is_sure()
    {
        var p = Probabilities(5, Quick);
        for (var step = 0; step < p.Length; step++) Assert.Equal(Math.Min(1, step / 2 * 0.1), p[step], 1e-9);
    }

    [Fact]
    public void P_falls_to_0_while_it_is_not()
    {
        var p = Probabilities(-5, Quick with { Start = 0.55 }, steps: 16);
        for (var step = 0; step < p.Length; step++) Assert.Equal(Math.Max(0, 0.55 - (step / 2 * 0.1)), p[step], 1e-9);
    }

    /// <summary>At the target p stays: all scores above, and a target of 1.</summary>
    [Fact]
    public void P_stays_at_the_target() =>
        Assert.All(Probabilities(5, Quick with { Start = 0.4, Target = 1 }), p => Assert.Equal(0.4, p, 1e-12));

    /// <summary>Least squares pulls to 1 and 0, whose middle is the boundary; a score of 0.4 is for generated.</summary>
    [Theory]
    [InlineData(0.6, 0.6)]
    [InlineData(0.4, 0.4)]
    public void What_counts_as_sure_is_the_losss(double score, double after) =>
        Assert.Equal(after, Probabilities(score, Quick with { Start = 0.5 }, new LeastSquaresLoss(), steps: 4)[3], 1e-9);

    [Fact]
    public void Overfitting_is_the_mean_sign_of_real_scores()
    {
        using var rng = new Rng(1);
        using var gan = new Gan(new GanOptions { Latent = 5, Generator = [9], Discriminator = [8] }, Shape, rng);
        var row = GameRun.Train(gan, new GameOptions { Augmentation = Quick }, module => new Sgd(module, 0),
            GameRun.Noise(Shape), 1)[0];
        Assert.InRange(row["augmentation/overfitting"], -1, 1);
        Assert.Equal(0, row["augmentation/overfitting"] * 8 % 1, 1e-9); // sixteen signs: odd sums do not occur
    }

    [Fact]
    public void A_loss_without_a_boundary_is_refused()
    {
        var faults = Catalog.Options.Check(new TrainOptions
        {
            Model = new DcganOptions { Game = new() { Loss = new WassersteinLoss(), Augmentation = Quick } },
        });
        var fault = Assert.Single(faults);
        Assert.Equal("model.game.augmentation", fault.Path);
        Assert.Contains("loss", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Every model that has a game, by its card as users' runs make it.</summary>
    [Theory]
    [InlineData("gan")]
    [InlineData("dcgan")]
    [InlineData("cgan")]
    [InlineData("acgan")]
    [InlineData("infogan")]
    [InlineData("sngan")]
    [InlineData("sagan")]
    [InlineData("biggan")]
    public void Every_model_with_a_game_takes_it(string id)
    {
        var game = new GameOptions { Augmentation = Quick with { Start = 0.5 } };
        ModelOptions options = id switch
        {
            "gan" => new GanOptions { Latent = 5, Generator = [9], Discriminator = [8], Game = game },
            "dcgan" => new DcganOptions { Latent = 5, Channels = 4, Game = game },
            "cgan" => new CganOptions { Latent = 5, Classes = 3, Game = game },
            "acgan" => new AcganOptions { Latent = 5, Classes = 3, Channels = 4, Game = game },
            "infogan" => new InfoGanOptions { Latent = 5, Categories = 3, Channels = 4, Game = game },
            "sngan" => new SnganOptions { Latent = 5, GeneratorChannels = 8, DiscriminatorChannels = 8, Game = game },
            "sagan" => new SaganOptions { Latent = 5, Channels = 8, Game = game },
            _ => new BigGanOptions { LatentPart = 2, Embedding = 3, Classes = 3, Channels = 8, Game = game },
        };
        using var rng = new Rng(2);
        var card = Catalog.CardOf(options);
        using var module = card.Create(options, Shape, rng);
        var rows = GameRun.Train(card.Train(options, module, m => new Adam(m, 1e-3)), GameRun.Noise(Shape, 3), 3);
        Assert.Equal(0.5, rows[1]["augmentation/p"], 1e-9);
        Assert.Equal(0.1, Math.Abs(rows[2]["augmentation/p"] - 0.5), 1e-9);
        Assert.DoesNotContain(module.StateDict().Keys, key => key.Contains("signs", StringComparison.Ordinal));
    }

    /// <summary>Two moves of p before the stop, and a sum of signs that has not moved it yet.</summary>
    [Theory]
    [InlineData("gan")]
    [InlineData("acgan")]
    public void A_run_that_was_stopped_goes_on_with_its_p_to_the_same_bits(string id)
    {
        var game = new GameOptions { Augmentation = Quick with { Start = 0.4, Interval = 3, Target = 0 } };
        ModelOptions options = id == "gan"
            ? new GanOptions { Latent = 5, Generator = [9], Discriminator = [8], Game = game }
            : new AcganOptions { Latent = 5, Classes = 3, Channels = 4, Game = game };
        var card = Catalog.CardOf(options);
        using var runs = new GameRun();
        string Fingerprint(int? stop)
        {
            using Rng rng = new(5), again = new(6);
            using Module one = card.Create(options, Shape, rng), other = card.Create(options, Shape, again);
            using DataLoader data = new(GameRun.Noise(Shape, 3), GameRun.InSixteens),
                reread = new(GameRun.Noise(Shape, 3), GameRun.InSixteens);
            Figment.Training.ITrainingTask Task(Module module) =>
                card.Train(options, module, m => new Adam(m, 0.01));
            if (stop is not { } after) return runs.Fingerprint(runs.Start(Task(one), data, 12));
            var id = runs.StopAfter(after, Task(one), data, 12);
            runs.Resume(id, Task(other), reread, 12);
            return runs.Fingerprint(id);
        }

        var whole = Fingerprint(null);
        Assert.Contains("task.safetensors", whole, StringComparison.Ordinal);
        Assert.Equal(whole, Fingerprint(8));
    }
}

/// <summary>Players without an opinion of their own: every score is the same.</summary>
internal sealed partial class Opinion(double score) : Module, IAdversaries
{
    private readonly Linear generator = new(1, 1, new Rng(1)), discriminator = new(1, 1, new Rng(2));

    Module IAdversaries.Generator => generator;

    Module IAdversaries.Discriminator => discriminator;

    public Tensor Real(Tensor images) => images;

    public Tensor Noise(long count, Rng rng) => rng.Normal([count, 1]);

    public Tensor Generate(Tensor z, Tensor? y) => generator.Call(z).View(-1, 1, 1, 1).Expand(-1, 1, 16, 16);

    public Tensor Discriminate(Tensor x, Tensor? y, Rng rng) =>
        (0 * discriminator.Call(x.Mean([1, 2, 3]).Unsqueeze(1)).Squeeze(1)) + score;
}
