using System.Diagnostics;
using Figment.Data;
using Figment.Data.Catalog;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models.Adversarial;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Figment.Training.Options;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>Short seeded trainings whose samples a classifier must take for digits, and controls that must not pass
/// (docs/design/README.md, kind B).</summary>
/// <remarks>Digits of 16x16, enlarged to the classifier's 28x28 by bilinear interpolation; its confidence is calibrated
/// on real digits that went the same way. Measured with averaged weights, as a preview is.</remarks>
[Trait("speed", "slow")]
public class DcganLearningTests(ITestOutputHelper output) : EngineTest
{
    private const int Samples = 300;

    /// <summary>Held is the mean of three seeds, whose figures are some three points apart; rounding moves each as
    /// much.</summary>
    [Fact]
    public void Seventy_of_a_hundred_samples_are_digits_and_all_ten_occur()
    {
        var found = new ulong[] { 1, 2, 3 }.Select(seed => Train(seed, 6000)).ToList();
        Assert.All(found, one => Assert.True(one.Digits == 10, $"{one.Digits} of 10 digits occur"));
        var sure = found.Average(one => one.Sure);
        Assert.True(sure >= 0.7, $"{sure:P1} of the samples are sure digits");
    }

    [Fact]
    public void An_untrained_generator_does_not_pass()
    {
        var (sure, digits) = Train(1, 1);
        Assert.True(sure < 0.7 && digits < 10, $"{sure:P0} of the samples are sure digits, {digits} of 10 occur");
    }

    /// <summary>It is always given the same noise, and so makes one picture.</summary>
    [Fact]
    public void A_collapsed_generator_does_not_pass()
    {
        var (_, digits) = Train(1, 300, collapsed: true);
        Assert.True(digits <= 1, $"{digits} of 10 digits occur");
    }

    private (double Sure, int Digits) Train(ulong seed, int steps, bool collapsed = false)
    {
        var (mnist, judge) = (Mnist(), DigitClassifier.Load());
        using var rng = new Rng(seed);
        var gan = new Dcgan(new DcganOptions { Channels = 32, Latent = 16 }, mnist.Shape, rng);
        using var players = new Rehearsal(gan, null,
            _ => collapsed ? Tensor.Ones([64, 16]) : rng.Normal([64, 16]));
        using var loader = new DataLoader(mnist.Train,
            new LoaderOptions { BatchSize = 64, Seed = seed, Transform = mnist.Transform, DropLast = true });
        using var run = new GameRun();
        var (clock, result) = (Stopwatch.StartNew(), (Sure: 0.0, Digits: 0));
        run.Start(players, new DcganOptions().Game, Adam, loader, steps, job => job with
        {
            Seed = seed,
            Plan = new PlanOptions
            {
                Steps = steps,
                Schedule = new CosineScheduleOptions { Floor = 0.05 },
                EmaDecay = 0.995,
                EvaluationInterval = steps,
            },
            Evaluate = draw =>
            {
                var z = collapsed ? Tensor.Ones([Samples, 16]) : gan.Noise(Samples, draw);
                result = Judge(judge, mnist, (gan.Generate(z, null) + 1) / 2);
                return new Dictionary<string, double> { ["sure"] = result.Sure };
            },
        });
        output.WriteLine($"seed {seed}: {result.Sure:P1} sure, {result.Digits} digits; "
            + $"{clock.Elapsed.TotalSeconds:F1} s");
        return result;
    }

    private static Adam Adam(Module module) => new(module, 2e-3, new AdamOptions { Beta1 = 0.5 });

    private static (double Sure, int Digits) Judge(DigitClassifier judge, DataSplits mnist, Tensor samples) =>
        TensorScope.Run(() => NoGrad.Run(() =>
        {
            var real = mnist.Test.Pick([.. Enumerable.Range(0, 2000)], mnist.Transform);
            Assert.True(judge.Calibrate(Enlarged(real.Images), real.Labels!) > 0.97);
            var sure = judge.Judge(Enlarged(samples)).Where(answer => answer.Confidence >= 0.8).ToList();
            return ((double)sure.Count / Samples, sure.Select(answer => answer.Digit).Distinct().Count());
        }));

    private static Tensor Enlarged(Tensor images) => images.UpsampleBilinear2d([28, 28], alignCorners: false);

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
