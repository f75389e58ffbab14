using Figment.Data.Images;
using Figment.Models.Adversarial;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>Whole games against PyTorch (tests/golden/adversarial.py), played by the trainer and the task of users'
/// runs: the first ten losses of both players, their first gradients, and the running statistics at the end. Who plays
/// first, on which noise and what is detached all show in these numbers.</summary>
public class AdversarialGoldenTests : EngineTest
{
    private static readonly GoldenFile Golden = GoldenFile.Open("adversarial");

    [Fact]
    public void Two_fully_connected_players() => Play("gan", new ImageShape(1, 6, 6), Adam(1e-2, 0.5, 0.999),
        (shape, rng) => new Gan(new GanOptions
        {
            Latent = 5,
            Generator = [24, 16],
            Discriminator = [12, 8],
            Pieces = 3,
            Dropout = 0,
            InputDropout = 0,
        }, shape, rng), new GameOptions { Loss = new MinimaxLoss(), DiscriminatorRate = 0.5 });

    [Fact]
    public void Two_convolutional_players() => Play("dcgan", new ImageShape(1, 16, 16), Adam(2e-3, 0.5, 0.999),
        (shape, rng) => new Dcgan(new DcganOptions { Latent = 5, Channels = 4 }, shape, rng), new DcganOptions().Game);

    [Fact]
    public void A_critic_of_clipped_weights()
    {
        var options = new WganOptions { Latent = 5, Channels = 4, Clip = 0.1 };
        Play("wgan", new ImageShape(1, 16, 16), module => new RmsProp(module, 2e-3),
            (shape, rng) => new Wgan(options, shape, rng), Wgan.Game(options));
    }

    [Fact]
    public void A_critic_of_penalised_slopes()
    {
        var options = new WganGpOptions { Latent = 5, Channels = 6, CriticSteps = 2 };
        var game = WganGp.Game(options);
        Play("wgan_gp", new ImageShape(3, 16, 8), Adam(1e-3, 0, 0.9), (shape, rng) => new WganGp(options, shape, rng),
            game with { Restraint = new GivenPlaces(Assert.IsType<GradientPenalty>(game.Restraint).Weight) });
    }

    [Fact]
    public void Two_players_on_points_of_a_plane()
    {
        var options = new GanLabOptions
        {
            Latent = 5,
            Generator = [16, 12],
            Discriminator = [16, 12],
            Game = new GameOptions
            {
                Loss = new LeastSquaresLoss(),
                Restraint = new R1Penalty { Gamma = 2, Interval = 3 },
            },
        };
        Play("lab", new ImageShape(1, 1, 2), Adam(5e-3, 0.5, 0.999), (shape, rng) => new GanLab(options, shape, rng),
            options.Game);
    }

    private static void Play(string name, ImageShape shape, Func<Module, Optimizer> optimizer,
        Func<ImageShape, Rng, IAdversaries> make, GameOptions game)
    {
        var k = game.DiscriminatorSteps;
        CompareGradients(1, "discriminator", alone: true); // freezing forgets gradients
        CompareGradients(k, "generator", alone: false);
        Train(10 * k, (players, rows) =>
        {
            Compare("discriminator", [.. rows.Take(10).Select(row => row["discriminator/loss"])]);
            Compare("generator", [.. rows.Where((_, i) => i % k == k - 1).Select(row => row["generator/loss"])]);
            foreach (var (path, buffer) in ((Module)players).NamedBuffers())
                if (path.Contains("running", StringComparison.Ordinal))
                    Golden.AssertClose($"{name}.end.{Path(path)}", buffer, 2e-5);
        });

        void Compare(string player, double[] losses)
        {
            var expected = Golden.Doubles[$"{name}.losses.{player}"];
            Assert.Equal(expected.Length, losses.Length);
            for (var i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], losses[i], 2e-5 * Math.Max(0.1, Math.Abs(expected[i])));
        }

        void CompareGradients(int steps, string player, bool alone) => Train(steps, (players, _) =>
        {
            var gradients = ((Module)players).NamedParameters()
                .ToDictionary(p => p.Path, p => p.Parameter.Grad ?? p.Parameter.ZerosLike());
            var prefix = $"{name}.grad.{player}.";
            var keys = Golden.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
            Assert.Equal(gradients.Keys.Where(key => Path(key).StartsWith(player, StringComparison.Ordinal)).Order(),
                keys.Select(key => Ours(players, $"{player}.{key[prefix.Length..]}")).Order());
            foreach (var key in keys)
            {
                var path = $"{player}.{key[prefix.Length..]}";
                var gradient = gradients[Ours(players, path)].Flatten();
                Golden.AssertClose(key, gradient[TensorIndex.Slice(step: 7)], 2e-6);
                var norm = Golden.Doubles[$"{name}.norm.{path}"][0];
                Assert.Equal(norm, gradient.To(DType.Float64).Norm().ToDouble(), 1e-6 + (1e-4 * norm));
            }
        }, alone ? player : null);

        void Train(int steps, Action<IAdversaries, List<IReadOnlyDictionary<string, double>>> check,
            string? only = null) =>
            TensorScope.Run(() =>
            {
                using var rng = new Rng(0);
                var players = make(shape, rng);
                using var rehearsal = new Rehearsal(players,
                    step => (GoldenNumbers.Uniform((uint)(200 + step), [8, shape.Channels, shape.Height, shape.Width])
                        + 1) / 2,
                    step => GoldenNumbers.Normal((uint)(300 + step), 8, 5));
                var module = (Module)players;
                NoGrad.Run(() =>
                {
                    foreach (var (i, (path, parameter)) in module.NamedParameters().Index())
                        parameter.CopyInPlace(Draw((uint)(100 + i), path, parameter));
                });
                check(players, GameRun.Train(rehearsal, game, optimizer, GameRun.Noise(shape), steps, only));
            });
    }

    // The critics' files say discriminator.
    private static string Path(string ours) => ours.Replace("critic", "discriminator", StringComparison.Ordinal);

    private static string Ours(IAdversaries players, string path) =>
        players is Wgan or WganGp ? path.Replace("discriminator", "critic", StringComparison.Ordinal) : path;

    private static Func<Module, Optimizer> Adam(double rate, double beta1, double beta2) =>
        module => new Adam(module, rate, new AdamOptions { Beta1 = beta1, Beta2 = beta2 });

    private static Tensor Draw(uint seed, string path, Tensor like)
    {
        if (like.Rank == 1 && path.EndsWith("weight", StringComparison.Ordinal)) // of batch normalisation
            return GoldenNumbers.Uniform(seed, like.Shape.ToArray(), 0.75, 1.25);
        var fanIn = like.Rank > 1 ? (double)like.Count / like.Size(0) : 64;
        var bound = Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fanIn))));
        return GoldenNumbers.Uniform(seed, like.Shape.ToArray(), -bound, bound);
    }

    private sealed record GivenPlaces(double Weight) : Restraint
    {
        public override Tensor Penalty(Func<Tensor, Tensor> discriminate, Tensor real, Tensor fake, Rng rng,
            long step) => Weight * GradientPenalty.Mean(discriminate, real, fake,
                GoldenNumbers.Uniform((uint)(400 + step), [8, 1, 1, 1], 0, 1));
    }
}
