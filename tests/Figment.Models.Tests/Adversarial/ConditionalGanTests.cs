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

/// <summary>What must hold to rounding of the games that are told a class or find one.</summary>
public class ConditionalGanTests : EngineTest
{
    private const int Classes = 3;
    private static readonly ImageShape Shape = new(1, 16, 16);

    public static TheoryData<string> All => ["cgan", "acgan", "infogan", "sngan", "sagan", "biggan"];

    public static TheoryData<string, string> Turns
    {
        get
        {
            var turns = new TheoryData<string, string>();
            foreach (var model in All)
                foreach (var player in (string[])["generator", "discriminator"])
                    turns.Add(model, player);
            return turns;
        }
    }

    /// <summary>Parameters are drawn anew first: what begins at zero, as attention's gamma, holds others
    /// back.</summary>
    [Theory]
    [MemberData(nameof(Turns))]
    public void A_player_moves_every_parameter_of_its_own_and_no_other(string model, string player)
    {
        using var rng = new Rng(1);
        var small = Make(model, rng);
        using var module = small.Module;
        Scatter(module, rng);
        var before = Values(module);
        GameRun.Train(small.Task(m => new Sgd(m, 0.01)), GameRun.Noise(Shape, Classes), small.Steps, only: player);
        var moved = Values(module).Where(now => !now.Value.SequenceEqual(before[now.Key])).Select(now => now.Key);
        // A shift before batch normalisation changes nothing, and moves by rounding at most.
        var unseen = module.NamedParameters().Select(p => p.Path)
            .Where(path => path.StartsWith("generator.blocks", StringComparison.Ordinal)
                && path.EndsWith("bias", StringComparison.Ordinal)).ToList();
        Assert.Equal(module.NamedParameters().Select(p => p.Path)
            .Where(path => path.StartsWith($"{player}.", StringComparison.Ordinal)).Except(unseen).Order(),
            moved.Except(player == "generator" ? unseen : []).Order());
        Assert.All(module.Parameters(), parameter => Assert.True(parameter.RequiresGrad));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_class_reaches_the_generator(string model) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(2);
        using var module = Make(model, rng).Module;
        Scatter(module, rng);
        module.Eval();
        var images = Same(1).Zip(Same(2)).ToList(); // of the same noise
        Assert.All(images, pair => Assert.NotEqual(pair.First, pair.Second));

        IEnumerable<float[]> Same(long label)
        {
            using var noise = new Rng(3);
            var samples = ((IDrawsClasses)module).SampleOf(Tensor.Full([4], label, DType.Int64), noise, mean: true);
            Assert.Equal([4L, 1, 16, 16], samples.Shape.ToArray());
            Assert.InRange(samples.Min().ToDouble(), 0, 1);
            Assert.InRange(samples.Max().ToDouble(), 0, 1);
            return [.. Enumerable.Range(0, 4).Select(i => samples[i].ToArray<float>())];
        }
    }));

    [Theory]
    [InlineData("cgan")]
    [InlineData("sngan")]
    [InlineData("sagan")]
    [InlineData("biggan")]
    public void The_class_reaches_the_discriminator(string model) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(4);
        using var module = Make(model, rng).Module;
        Scatter(module, rng);
        module.Eval();
        var (players, x) = ((IAdversaries)module, rng.Uniform([5, 1, 16, 16]));
        Tensor Score(long label) => players.Discriminate(x, Tensor.Full([5], label, DType.Int64), rng);
        Assert.All(((Score(0) - Score(1)).Abs() * 1e6).ToArray<float>(), difference => Assert.True(difference > 1));
    }));

    /// <summary>With all weights 0 every answer is even: -log 1/2 for each judgement, log K for each class.</summary>
    [Fact]
    public void Acgans_losses_are_the_sums_of_their_parts()
    {
        using var rng = new Rng(5);
        var options = AcganSizes with { ClassWeight = 0.3 };
        using var acgan = new Acgan(options, Shape, rng);
        Empty(acgan);
        var row = Assert.Single(GameRun.Train(new AcganTask(acgan, module => new Sgd(module, 0), options),
            GameRun.Noise(Shape, Classes), 1));
        Assert.Equal((2 * Math.Log(2)) + (0.3 * 2 * Math.Log(3)), row["discriminator/loss"], 1e-5);
        Assert.Equal(Math.Log(2) + (0.3 * Math.Log(3)), row["generator/loss"], 1e-5);
        Assert.Equal(6 / 16.0, row["class/right"], 1e-6); // the first of equals: class 0, six of sixteen pictures
        Assert.Equal(6 / 16.0, row["class/agreement"], 1e-6);
        Assert.Equal(0, row["discriminator/right"]);
    }

    [Fact]
    public void InfoGans_losses_are_the_sums_of_their_parts()
    {
        using var rng = new Rng(6);
        var options = InfoGanSizes with { CategoryWeight = 0.7, ContinuousWeight = 0.4 };
        using var infogan = new InfoGan(options, Shape, rng);
        Empty(infogan);
        var row = TensorScope.Run(() => GameRun.Train(new InfoGanTask(infogan, module => new Sgd(module, 0), options)
        {
            Draw = (count, _) => (rng.Normal([count, 5]),
                new InfoGanCode(Tensor.Zeros([count], DType.Int64), Tensor.From([0.5f, -1], 1, 2).Expand(count, 2))),
        }, GameRun.Noise(Shape), 1)[0]);
        var numbers = 0.5 * (0.25 + 1);
        Assert.Equal(Math.Log(3), row["code/category"], 1e-5);
        Assert.Equal(numbers, row["code/numbers"], 1e-5);
        var bound = (0.7 * Math.Log(3)) + (0.4 * numbers);
        Assert.Equal((2 * Math.Log(2)) + bound, row["discriminator/loss"], 1e-5);
        Assert.Equal(Math.Log(2) + bound, row["generator/loss"], 1e-5);
    }

    [Fact]
    public void InfoGans_recognition_is_scored_by_cross_entropy_and_by_half_the_squared_error() => TensorScope.Run(() =>
    {
        using var rng = new Rng(7);
        using var infogan = new InfoGan(InfoGanSizes, Shape, rng);
        var q = Tensor.From([(float)Math.Log(2), 0, 0, 1, 1, 0, 0, (float)Math.Log(6), 0.5f, -0.5f], 2, 5);
        var (category, numbers) = infogan.NotRecognized(q,
            new InfoGanCode(Tensor.From([0L, 2], 2), Tensor.From([1f, -1, 0.5f, 0.5f], 2, 2)));
        Assert.Equal((Math.Log(2) + Math.Log(8 / 6.0)) / 2, category.ToDouble(), 1e-6); // 2 of 4, 6 of 8
        Assert.Equal(0.5 * (4 + 1) / 2, numbers.ToDouble(), 1e-6);
    });

    [Fact]
    public void InfoGans_codes_are_drawn_evenly() => TensorScope.Run(() =>
    {
        using var rng = new Rng(8);
        using var infogan = new InfoGan(InfoGanSizes, Shape, rng);
        var c = infogan.DrawCode(9000, rng);
        Assert.All(c.Category.ToArray<long>().CountBy(category => category),
            count => Assert.InRange(count.Value, 2800, 3200));
        Assert.Equal([9000L, 2], c.Numbers.Shape.ToArray());
        Assert.InRange(c.Numbers.Min().ToDouble(), -1, -0.99);
        Assert.InRange(c.Numbers.Max().ToDouble(), 0.99, 1);
        Assert.InRange(c.Numbers.Mean().ToDouble(), -0.03, 0.03);
    });

    /// <summary>A number that its block does not look at changes nothing; those of other parts do.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Each_part_of_biggans_noise_enters_at_a_block_of_its_own(int part) => TensorScope.Run(() =>
        NoGrad.Run(() =>
        {
            using var rng = new Rng(9);
            using var module = new BigGan(BigGanSizes, Shape, rng);
            Scatter(module, rng);
            foreach (var (path, parameter) in module.NamedParameters())
                if (part == 0 && path == "generator.dense.weight")
                    parameter[.., ..1].FillInPlace(0);
                else if (part > 0 && path.StartsWith($"generator.blocks.{part - 1}.norm", StringComparison.Ordinal))
                    parameter[.., 4..5].FillInPlace(0); // after the embedding, of gamma's and beta's maps
            module.Eval();
            IAdversaries players = module;
            Tensor z = rng.Normal([2, 9]), y = Tensor.Zeros([2], DType.Int64), before = players.Generate(z, y);
            for (var other = 0; other < 3; other++)
            {
                var changed = z.Clone();
                changed[.., (3 * other)..((3 * other) + 1)].AddInPlace(1);
                Assert.Equal(other == part, players.Generate(changed, y).Equal(before));
            }
        }));

    [Fact]
    public void Sngan_plays_without_classes()
    {
        using var rng = new Rng(10);
        var options = new SnganOptions { Latent = 5, GeneratorChannels = 8, DiscriminatorChannels = 8 };
        using var sngan = new Sngan(options, Shape, rng);
        var rows = GameRun.Train(sngan, options.Game, module => new Adam(module, 1e-3), GameRun.Noise(Shape), 5);
        Assert.True(rows[4].ContainsKey("generator/loss"));
        TensorScope.Run(() => Assert.Equal([7L, 1, 16, 16], sngan.Sample(7, rng, mean: true).Shape.ToArray()));
        Assert.Equal(0, sngan.Classes);
    }

    [Theory]
    [InlineData("acgan", 9, 9, "acgan halves its images")]
    [InlineData("infogan", 6, 6, "infogan halves its images")]
    [InlineData("sngan", 18, 18, "sngan halves its images 2 times")]
    [InlineData("sagan", 16, 8, "sagan halves its images 2 times")]
    [InlineData("biggan", 14, 14, "biggan halves its images 2 times")]
    public void Images_that_cannot_be_halved_are_refused(string model, int height, int width, string words)
    {
        using var rng = new Rng(11);
        var fault = Assert.Throws<ArgumentException>(() => Make(model, rng, new ImageShape(1, height, width)));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        Assert.Contains("data.size", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Attention_asks_for_as_many_halvings()
    {
        using var rng = new Rng(12);
        var fault = Assert.Throws<ArgumentException>(() =>
            new Sagan(new SaganOptions { Channels = 2, AttentionHalvings = 3 }, Shape, rng));
        Assert.Contains("sagan halves its images 3 times", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cgan")]
    [InlineData("acgan")]
    [InlineData("sngan")]
    public void Data_without_labels_are_refused(string model)
    {
        using var rng = new Rng(13);
        var small = Make(model, rng);
        using var module = small.Module;
        var fault = Assert.Throws<InvalidOperationException>(() =>
            GameRun.Train(small.Task(m => new Sgd(m, 0)), GameRun.Noise(Shape), 1));
        Assert.Contains("labels", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>The singular vectors, the running statistics and the averages of both optimisers all go on where they
    /// were.</summary>
    [Fact]
    public void A_game_under_spectral_norm_that_was_stopped_goes_on_to_the_same_bits()
    {
        using var runs = new GameRun();
        string Fingerprint(bool stops)
        {
            using Rng rng = new(14), again = new(15);
            using BigGan players = new(BigGanSizes, Shape, rng), others = new(BigGanSizes, Shape, again);
            using DataLoader data = new(GameRun.Noise(Shape, Classes), GameRun.InSixteens),
                reread = new(GameRun.Noise(Shape, Classes), GameRun.InSixteens);
            if (!stops) return runs.Fingerprint(runs.Start(players, BigGanSizes.Game, Adam, data, 6));

            using var source = new CancellationTokenSource();
            var id = runs.Start(players, BigGanSizes.Game, Adam, data, 6,
                job => job with { Observers = [new Stopper(source, 3)] }, source.Token);
            runs.Resume(id, others, BigGanSizes.Game, Adam, reread, 6);
            return runs.Fingerprint(id);
        }

        Assert.Equal(Fingerprint(stops: false), Fingerprint(stops: true));

        static Optimizer Adam(Module module) => new Adam(module, 1e-3);
    }

    private static AcganOptions AcganSizes => new() { Classes = Classes, Latent = 5, Channels = 4 };

    private static InfoGanOptions InfoGanSizes => new() { Categories = Classes, Latent = 5, Channels = 4, Units = 6, RecognitionUnits = 4 };

    private static BigGanOptions BigGanSizes =>
        new() { Classes = Classes, LatentPart = 3, Embedding = 4, Channels = 2, Orthogonality = 0.01 };

    private sealed record Small(Module Module, Func<Func<Module, Optimizer>, ITrainingTask> Task, int Steps);

    private static Small Make(string model, Rng rng, ImageShape? of = null)
    {
        var shape = of ?? Shape;
        var (sngan, sagan) = (new SnganOptions
        {
            Classes = Classes,
            Latent = 5,
            GeneratorChannels = 8,
            DiscriminatorChannels = 8,
        }, new SaganOptions { Classes = Classes, Latent = 5, Channels = 2 });
        return model switch
        {
            "cgan" => Game(new Cgan(new CganOptions { Classes = Classes, Latent = 5, Dropout = 0 }, shape, rng), new()),
            "acgan" => With(new Acgan(AcganSizes, shape, rng),
                made => optimizer => new AcganTask(made, optimizer, AcganSizes)),
            "infogan" => With(new InfoGan(InfoGanSizes, shape, rng),
                made => optimizer => new InfoGanTask(made, optimizer, InfoGanSizes)),
            "sngan" => Game(new Sngan(sngan, shape, rng), sngan.Game),
            "sagan" => Game(new Sagan(sagan, shape, rng), sagan.Game),
            _ => Game(new BigGan(BigGanSizes, shape, rng), BigGanSizes.Game),
        };

        static Small With<T>(T made, Func<T, Func<Func<Module, Optimizer>, ITrainingTask>> task) where T : Module =>
            new(made, task(made), 1);

        static Small Game(IAdversaries players, GameOptions game) => new((Module)players,
            optimizer => new AdversarialTask(players, optimizer, game), game.DiscriminatorSteps);
    }

    private static void Scatter(Module module, Rng rng) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        foreach (var parameter in module.Parameters())
            parameter.AddInPlace(0.2 * rng.Normal(parameter.Shape.ToArray()));
        SpectralNorm.SettleAll(module);
    }));

    private static void Empty(Module module) => NoGrad.Run(() =>
    {
        foreach (var parameter in module.Parameters()) parameter.FillInPlace(0);
    });

    private static Dictionary<string, float[]> Values(Module module) =>
        module.NamedParameters().ToDictionary(p => p.Path, p => p.Parameter.ToArray<float>());

    private sealed class Stopper(CancellationTokenSource source, int after) : ITrainingObserver
    {
        public void Observe(TrainingEvent happened)
        {
            if (happened is TrainingMeasured measured && measured.Row.Step == after) source.Cancel();
        }
    }
}
