using Figment.Data;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models.Adversarial;
using Figment.Models.Adversarial.Game;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Figment.Training;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>Games with classes against PyTorch (tests/golden/conditional_gans.py), played by the trainer and the tasks
/// of users' runs: the first ten losses of both players, their first gradients, and what the layers keep at the
/// end.</summary>
public class ConditionalGoldenTests : EngineTest
{
    private const int Batch = 8, Latent = 5, Classes = 3;
    private static readonly ImageShape Shape = new(1, 16, 16);
    private static readonly GoldenFile Golden = GoldenFile.Open("conditional_gans");
    private static readonly GameOptions Hinge = new() { Loss = new HingeLoss() };

    private delegate ITrainingTask TaskOf(Module model);

    [Fact]
    public void Cgan() => Play("cgan", 1, rng => new Cgan(new CganOptions
    {
        Classes = Classes,
        Latent = Latent,
        NoiseUnits = 6,
        LabelUnits = 7,
        JointUnits = 9,
        ImageUnits = 6,
        ClassUnits = 4,
        Dropout = 0,
    }, Shape, rng), Game(new GameOptions(), Adam(1e-2)));

    [Fact]
    public void Acgan()
    {
        var options = new AcganOptions { Classes = Classes, Latent = Latent, Channels = 4, ClassWeight = 0.5 };
        Play("acgan", 1, rng => new Acgan(options, Shape, rng), model =>
        {
            var step = 0;
            return new AcganTask((Acgan)model, Adam(2e-3), options) { Noise = (_, _) => Noise(step++) };
        });
    }

    [Fact]
    public void InfoGan()
    {
        var options = new InfoGanOptions
        {
            Categories = Classes,
            Latent = Latent,
            Channels = 4,
            Units = 6,
            RecognitionUnits = 4,
            ContinuousWeight = 0.1,
            Game = new() { DiscriminatorRate = 0.5 },
        };
        Play("infogan", 1, rng => new InfoGan(options, Shape, rng), model =>
        {
            var step = 0;
            return new InfoGanTask((InfoGan)model, Adam(2e-3), options)
            {
                Draw = (_, _) => (Noise(step), new InfoGanCode(
                    GoldenNumbers.Uniform((uint)(500 + step), [Batch], 0, Classes).To(DType.Int64),
                    GoldenNumbers.Uniform((uint)(600 + step++), [Batch, 2]))),
            };
        });
    }

    [Fact]
    public void Sngan() => Play("sngan", 2, rng => new Sngan(new SnganOptions
    {
        Classes = Classes,
        Latent = Latent,
        GeneratorChannels = 6,
        DiscriminatorChannels = 4,
    }, Shape, rng), Game(Hinge with { DiscriminatorSteps = 2 }, Descent(0.003)));

    [Fact]
    public void Sagan() => Play("sagan", 1,
        rng => new Sagan(new SaganOptions { Classes = Classes, Latent = Latent, Channels = 2 }, Shape, rng),
        Game(new SaganOptions().Game, Descent(0.0003)));

    [Fact]
    public void BigGan() => Play("biggan", 2, rng => new BigGan(new BigGanOptions
    {
        Classes = Classes,
        LatentPart = 3,
        Embedding = 4,
        Channels = 2,
        Orthogonality = 0.01,
    }, Shape, rng), Game(new BigGanOptions().Game, Descent(0.0003), latent: 9));

    private static TaskOf Game(GameOptions game, Func<Module, Optimizer> optimizer, int latent = Latent) => model =>
        new AdversarialTask(new Rehearsal((IAdversaries)model, Images, step => Noise(step, latent)), optimizer, game);

    private static void Play(string name, int k, Func<Rng, Module> make, TaskOf task)
    {
        CompareGradients(1, "discriminator", alone: true); // freezing forgets gradients
        CompareGradients(k, "generator", alone: false);
        Train(10 * k, (model, rows) =>
        {
            Compare("discriminator", [.. rows.Take(10).Select(row => row["discriminator/loss"])]);
            Compare("generator", [.. rows.Where((_, i) => i % k == k - 1).Select(row => row["generator/loss"])]);
            var kept = model.NamedBuffers().Where(b => !b.Path.EndsWith("tracked", StringComparison.Ordinal)).ToList();
            Assert.Equal(Golden.Keys.Count(key => key.StartsWith($"{name}.end.", StringComparison.Ordinal)),
                kept.Count);
            foreach (var (path, buffer) in kept) Golden.AssertClose($"{name}.end.{path}", buffer, 2e-4);
        });

        void Compare(string player, double[] losses)
        {
            var expected = Golden.Doubles[$"{name}.losses.{player}"];
            Assert.Equal(expected.Length, losses.Length);
            for (var i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - losses[i]) <= 1e-4 * Math.Max(0.1, Math.Abs(expected[i])),
                    $"{name}: the {player}'s loss {i} is {losses[i]} instead of {expected[i]}");
        }

        void CompareGradients(int steps, string player, bool alone) => Train(steps, (model, _) =>
        {
            var gradients = model.NamedParameters().ToDictionary(p => p.Path, p => p.Parameter.Grad);
            var prefix = $"{name}.grad.";
            var keys = Golden.Keys.Where(key => key.StartsWith(prefix + player, StringComparison.Ordinal)).ToList();
            Assert.Equal(gradients.Keys.Where(path => path.StartsWith(player, StringComparison.Ordinal)).Order(),
                keys.Select(key => key[prefix.Length..]).Order());
            foreach (var key in keys)
            {
                var path = key[prefix.Length..];
                var gradient = gradients[path]!.Flatten();
                var norm = Golden.Doubles[$"{name}.norm.{path}"][0];
                Golden.AssertClose(key, gradient[TensorIndex.Slice(step: 7)], 2e-5);
                Assert.Equal(norm, gradient.To(DType.Float64).Norm().ToDouble(), 2e-5 + (1e-4 * norm));
            }
        }, alone ? player : null);

        void Train(int steps, Action<Module, List<IReadOnlyDictionary<string, double>>> check, string? only = null) =>
            TensorScope.Run(() =>
            {
                using var rng = new Rng(0);
                using var model = make(rng);
                NoGrad.Run(() => Fill(model));
                check(model, GameRun.Train(task(model), Pictures(), steps, only,
                    new LoaderOptions { BatchSize = Batch, Shuffle = false }));
                foreach (var parameter in model.Parameters()) parameter.Grad = null;
            });
    }

    private static void Fill(Module model)
    {
        foreach (var (i, (path, parameter)) in model.NamedParameters().OrderBy(p => p.Path, StringComparer.Ordinal)
            .Index())
        {
            var (low, high) = parameter.Rank == 0 ? (0.25, 0.75) // of attention
                : parameter.Rank == 1 && path.EndsWith("weight", StringComparison.Ordinal) ? (0.75, 1.25) : (0, 0);
            if (high == 0)
            {
                var fanIn = parameter.Rank > 1 ? (double)parameter.Count / parameter.Size(0) : 64;
                high = Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fanIn))));
                low = -high;
            }

            parameter.CopyInPlace(GoldenNumbers.Uniform((uint)(100 + i), parameter.Shape.ToArray(), low, high));
        }

        foreach (var (i, (_, u)) in model.NamedBuffers().Where(b => b.Path.EndsWith("norm.u", StringComparison.Ordinal))
            .OrderBy(b => b.Path, StringComparer.Ordinal).Index())
        {
            var drawn = GoldenNumbers.Normal((uint)(700 + i), u.Shape.ToArray());
            u.CopyInPlace(drawn / drawn.Norm());
        }
    }

    private static MemoryImages Pictures()
    {
        // Uniform keeps 24 of the hash's bits, a byte takes the first 8.
        var bytes = GoldenNumbers.Uniform(200, [16 * Shape.Length], 0, 256).ToArray<float>();
        return new MemoryImages("numbered", Shape, bytes.Select(value => (byte)value).ToArray(),
            [0, 1, 2, 1, 0, 2, 2, 1, 1, 1, 0, 2, 0, 0, 2, 1]);
    }

    private static Tensor Images(int step) => Pictures().Pick([.. Enumerable.Range(step % 2 * Batch, Batch)]).Images;

    private static Tensor Noise(int step, int latent = Latent) =>
        GoldenNumbers.Normal((uint)(300 + step), Batch, latent);

    private static Func<Module, Optimizer> Adam(double rate) =>
        module => new Adam(module, rate, new AdamOptions { Beta1 = 0.5 });

    private static Func<Module, Optimizer> Descent(double rate) => module => new Sgd(module, rate);
}
