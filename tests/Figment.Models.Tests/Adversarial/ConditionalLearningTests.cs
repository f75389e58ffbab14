using System.Diagnostics;
using Figment.Data;
using Figment.Data.Catalog;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models.Adversarial;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>Short seeded trainings on digits: the digit that is asked for is drawn, and codes are found again; and
/// controls that must not get there (docs/design/README.md, kind B).</summary>
/// <remarks>Digits of 16x16, enlarged to the classifier's 28x28 by bilinear interpolation.</remarks>
[Trait("speed", "slow")]
public class ConditionalLearningTests(ITestOutputHelper output) : EngineTest
{
    private const int Images = 12_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_digit_that_is_asked_for_is_drawn(ulong seed) =>
        Assert.InRange(Agreement(seed, shuffled: false), 0.85, 1);

    [Fact]
    public void With_shuffled_labels_it_is_not() => Assert.InRange(Agreement(1, shuffled: true), 0, 0.5);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Codes_are_found_again_in_the_images(ulong seed)
    {
        var (first, last) = Recognition(seed, 1);
        Assert.InRange(first, -2.6, -1.7); // a guess has log 1/10 = -2.3, and ten steps teach a little
        Assert.InRange(last, -1, 0);
    }

    [Fact]
    public void Codes_that_nobody_asks_for_are_not_found()
    {
        var (_, last) = Recognition(1, 0);
        Assert.InRange(last, -3, -2.1);
    }

    // The share of samples that the classifier takes for the digit asked for.
    private double Agreement(ulong seed, bool shuffled)
    {
        var (mnist, judge) = (Mnist(), DigitClassifier.Load());
        using var rng = new Rng(seed);
        var options = new AcganOptions { Channels = 16, Latent = 16, ClassWeight = 2 };
        using var gan = new Acgan(options, mnist.Shape, rng);
        var clock = Stopwatch.StartNew();
        GameRun.Train(new AcganTask(gan, Adam, options), Some(mnist, shuffled), 1600,
            loading: new LoaderOptions { BatchSize = 32, Seed = seed, Transform = mnist.Transform },
            seed: seed);
        var time = clock.Elapsed.TotalSeconds;
        return TensorScope.Run(() => NoGrad.Run(() =>
        {
            gan.Eval();
            var asked = Tensor.From<long>([.. Enumerable.Range(0, 500).Select(i => i % 10L)], 500);
            var digits = judge.Judge(gan.SampleOf(asked, rng, mean: true).UpsampleBilinear2d([28, 28],
                alignCorners: false));
            var share = digits.Select((digit, i) => digit.Digit == i % 10 ? 1.0 : 0).Average();
            output.WriteLine($"seed {seed}: {share:P1} of the digits are those asked for, in {time:F1} s");
            return new { Share = share }.Share;
        }));
    }

    // log Q(c|x) of the category in the first and in the last steps, nats.
    private (double First, double Last) Recognition(ulong seed, double weight)
    {
        var mnist = Mnist();
        using var rng = new Rng(seed);
        var options = new InfoGanOptions { Channels = 8, Latent = 16, Units = 32, CategoryWeight = weight };
        using var gan = new InfoGan(options, mnist.Shape, rng);
        var clock = Stopwatch.StartNew();
        var rows = GameRun.Train(new InfoGanTask(gan, Adam, options), Some(mnist, false), 600,
            loading: new LoaderOptions { BatchSize = 32, Seed = seed, Transform = mnist.Transform }, seed: seed);
        var bound = rows.Select(row => -row["code/category"]).ToList();
        var (first, last) = (bound.Take(10).Average(), bound.TakeLast(20).Average());
        output.WriteLine($"seed {seed}: log Q {first:F3}, then {last:F3}, in {clock.Elapsed.TotalSeconds:F1} s");
        return (first, last);
    }

    private static Optimizer Adam(Module module) => new Adam(module, 1e-3, new AdamOptions { Beta1 = 0.5 });

    private static MemoryImages Some(DataSplits mnist, bool shuffled)
    {
        var source = mnist.Train;
        var pixels = new byte[Images * source.Shape.Length];
        for (var i = 0; i < Images; i++) source.Pixels(i).CopyTo(pixels.AsSpan(i * source.Shape.Length));
        var labels = Enumerable.Range(0, Images).Select(source.Label).ToArray();
        if (shuffled) new Random(1).Shuffle(labels);
        return new MemoryImages("digits", source.Shape, pixels, labels);
    }

    private static DataSplits Mnist()
    {
        try
        {
            return DataSets.Open(new DataOptions { Source = "mnist", Size = 16 });
        }
        catch (DataUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }
}
