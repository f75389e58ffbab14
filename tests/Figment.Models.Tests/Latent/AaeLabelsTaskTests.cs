using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;
using Figment.Training.Runs;
using Xunit;

namespace Figment.Models.Tests.Latent;

/// <summary>What the labels do, and what they do not, in the adversarial autoencoders that have them; steps are run by
/// the trainer itself.</summary>
public class AaeLabelsTaskTests : EngineTest
{
    private const int Classes = 3;

    private static readonly ImageShape Shape = new(1, 4, 3);

    [Theory]
    [InlineData(false, "reconstruction", "encoder", "decoder")]
    [InlineData(false, "discriminator", "discriminator")]
    [InlineData(false, "generator", "encoder")]
    [InlineData(true, "reconstruction", "encoder", "decoder")]
    [InlineData(true, "style-discriminator", "style_discriminator")]
    [InlineData(true, "class-discriminator", "class_discriminator")]
    [InlineData(true, "style-generator", "encoder")]
    [InlineData(true, "class-generator", "encoder")]
    [InlineData(true, "classification", "encoder")]
    public void A_player_moves_its_own_parameters_and_no_other(bool semi, string player, params string[] networks)
    {
        using var rng = new Rng(1);
        using var aae = Make(semi, rng);
        var before = Values(aae);
        Train(aae, Noise(), only: player);
        foreach (var (path, now) in Values(aae))
            Assert.True(networks.Contains(path.Split('.')[0]) != now.SequenceEqual(before[path]),
                $"{path} {(now.SequenceEqual(before[path]) ? "stood still" : "moved")} in {player}'s step");
        Assert.All(aae.Parameters(), parameter => Assert.True(parameter.RequiresGrad));
    }

    /// <summary>The style's game moves the rows of the encoder's last layer that make z, the class's and the
    /// classification those that make y.</summary>
    [Theory]
    [InlineData("style-generator", true, false)]
    [InlineData("class-generator", false, true)]
    [InlineData("classification", false, true)]
    [InlineData("reconstruction", true, true)]
    public void A_player_of_the_encoder_moves_its_part_of_the_code(string player, bool style, bool classes)
    {
        using var rng = new Rng(2);
        using var aae = Make(semi: true, rng);
        var before = Last(aae);
        Train(aae, Noise(), only: player);
        var after = Last(aae);
        Assert.Equal((style, classes), (Moved(0, 2), Moved(2, 5)));

        bool Moved(int from, int to) => Enumerable.Range(from, to - from).Any(row => before[row] != after[row]);
        static float[] Last(Module aae) => Values(aae)["encoder.5.bias"];
    }

    /// <summary>A decoder that is told no class would draw the same picture for each.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_label_enters_the_decoder_as_one_hot_numbers_behind_the_style(bool semi) => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        using var aae = Make(semi, rng);
        var encoder = (IEncodesImages)aae;
        Assert.Equal(5, encoder.LatentSize); // z of two numbers, then three classes
        using (var one = new Rng(7))
        using (var other = new Rng(7))
        {
            var drawn = ((IDrawsClasses)aae).SampleOf(Tensor.From<long>([2, 0, 1, 2], 4), one, mean: true);
            var z = aae is AaeSupervised s ? s.Drawn(4, other) : ((AaeSemiSupervised)aae).Drawn(4, other);
            var y = Tensor.From<float>([0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1], 4, 3);
            Assert.Equal(0, (drawn - encoder.Decode(Ops.Cat([z, y], 1))).Abs().Max().ToDouble());
            Assert.True((drawn - encoder.Decode(Ops.Cat([z, Tensor.Zeros([4, 3])], 1))).Abs().Min().ToDouble() > 0);
        }

        // Random classes: three hundred samples of one style are of three kinds.
        var kinds = Enumerable.Range(0, Classes).Select(k => encoder.Decode(Tensor.From<float>(
            [0, 0, .. Enumerable.Range(0, Classes).Select(j => j == k ? 1f : 0)], 1, 5)).ToArray<float>()[0]);
        Assert.Equal(Classes, kinds.Distinct().Count());
    });

    [Fact]
    public void The_supervised_reconstruction_is_of_the_label_that_comes_with_the_image() => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        using var aae = (AaeSupervised)Make(semi: false, rng);
        var x = rng.Uniform([6, 1, 4, 3]);
        var z = aae.Style(x);
        var errors = Ops.Stack([.. Enumerable.Range(0, Classes).Select(k =>
            aae.Errors(x, z, Tensor.Full([6], k, DType.Int64)))], 1); // (6, 3)
        var decoded = aae.Decode(Ops.Cat([z, Tensor.From<float>([1, 0, 0], 1, 3).Expand(6, 3)], 1));
        Assert.Equal(0, (errors[.., 0] - (0.5 * (x - decoded).Square().Sum([1, 2, 3]))).Abs().Max().ToDouble(), 1e-6);

        // Without a label the code has the class of the least error.
        var best = errors.ArgMin(1);
        Assert.Equal(best.ToArray<long>(), aae.Encode(x)[.., 2..].ArgMax(1).ToArray<long>());
        Assert.Equal(6, aae.Encode(x)[.., 2..].Sum().ToDouble());
        var least = errors.ToArray<float>().Chunk(Classes).Select(row => row.Min());
        Assert.Equal(least, (0.5 * (x - aae.Reconstruct(x, null)).Square().Sum([1, 2, 3])).ToArray<float>(), (a, b) => Math.Abs(a - b) < 1e-5);
    });

    /// <summary>Other labels of images that are not among the chosen change no bit of any player; another label of one
    /// that is changes the encoder.</summary>
    [Fact]
    public void Labels_of_other_images_reach_no_player()
    {
        var data = Noise();
        var chosen = LabelBudget.Choose(data, 6, 5);
        // Every image is a number of its own, so that a subset can be told by its pixels.
        var few = Enumerable.Range(0, chosen.Count).Select(i => Convert.ToHexString(chosen.Pixels(i))).ToHashSet();
        int[] own = [.. Enumerable.Range(0, data.Count).Where(i => few.Contains(Convert.ToHexString(data.Pixels(i))))];
        Assert.Equal(6, own.Length);
        var expected = Trained(data);
        Assert.Equal(expected, Trained(Noise(i => own.Contains(i) ? i % Classes : (i + 1) % Classes)));
        Assert.NotEqual(expected, Trained(Noise(i => i == own[0] ? (i + 1) % Classes : i % Classes)));

        float[] Trained(MemoryImages images)
        {
            // The same six images: what is drawn by class would follow the labels.
            var labelled = new ImageSubset("few", images, own);
            using var rng = new Rng(6);
            using var aae = Make(semi: true, rng);
            Train(aae, images, labelled, steps: 3);
            return [.. Values(aae).SelectMany(value => value.Value)];
        }
    }

    /// <summary>Images that are not labelled move nothing in the classification, whatever they show.</summary>
    [Fact]
    public void The_classification_sees_the_labelled_images_alone()
    {
        int[] own = [0, 1, 2, 3, 4, 5];
        Assert.Equal(Trained(1), Trained(2));

        float[] Trained(int seed)
        {
            using var rng = new Rng(6);
            using var aae = Make(semi: true, rng);
            Train(aae, Noise(seed: seed), new ImageSubset("few", Noise(), own), steps: 3, only: "classification");
            return [.. Values(aae).SelectMany(value => value.Value)];
        }
    }

    [Fact]
    public void Without_labels_both_say_what_is_missing()
    {
        using var rng = new Rng(8);
        foreach (var semi in (bool[])[false, true])
        {
            using var aae = Make(semi, rng);
            Assert.Contains("labels", Assert.Throws<InvalidOperationException>(() =>
                Train(aae, Noise(labels: false), few: null, withFew: false)).Message);
        }
    }

    [Fact]
    public void Fewer_labels_than_classes_are_refused() =>
        Assert.Equal("labelled", Assert.Single(Catalog.Options.Check(new TrainOptions
        {
            Model = new AaeSemiSupervisedOptions { Labelled = 9 },
        })).Path.Split('.')[^1]);

    private static Module Make(bool semi, Rng rng) => semi
        ? new AaeSemiSupervised(new AaeSemiSupervisedOptions
        {
            Latent = 2,
            Classes = Classes,
            Hidden = [7, 5],
            Nonlinearity = Nonlinearity.Tanh, // no unit that a batch leaves dead
        }, Shape, rng)
        : new AaeSupervised(new AaeSupervisedOptions
        {
            Latent = 2,
            Classes = Classes,
            Hidden = [7, 5],
            Nonlinearity = Nonlinearity.Tanh,
        }, Shape, rng);

    private static MemoryImages Noise(Func<int, int>? label = null, int seed = 1, bool labels = true)
    {
        var pixels = new byte[32 * Shape.Length];
        new Random(seed).NextBytes(pixels);
        return new MemoryImages("noise", Shape, pixels,
            labels ? [.. Enumerable.Range(0, 32).Select(label ?? (i => i % Classes))] : null);
    }

    private static void Train(Module aae, MemoryImages data, IImageSource? few = null, int steps = 1,
        string? only = null, bool withFew = true)
    {
        var folder = Directory.CreateTempSubdirectory("figment-aae-");
        static Optimizer Optimizer(Module module) => new Adam(module, 0.01);
        ITrainingTask task = aae is AaeSemiSupervised semi
            ? new AaeSemiSupervisedTask(semi, Optimizer, 1, 1)
            : new AaeSupervisedTask((AaeSupervised)aae, Optimizer, 1);
        try
        {
            using var loader = new DataLoader(data, new LoaderOptions
            {
                BatchSize = 16,
                Seed = 1,
                Labelled = aae is AaeSemiSupervised && withFew ? few ?? LabelBudget.Choose(data, 6, 5) : null,
            });
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

    private static Dictionary<string, float[]> Values(Module aae) =>
        aae.NamedParameters().ToDictionary(p => p.Path, p => p.Parameter.ToArray<float>());
}
