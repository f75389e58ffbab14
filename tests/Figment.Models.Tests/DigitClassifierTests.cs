using Figment.Data;
using Figment.Data.Catalog;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models.Latent;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>A judge is of use only if it knows digits and is not sure of what is none.</summary>
public class DigitClassifierTests : EngineTest
{
    [Fact]
    public void It_knows_digits_and_doubts_noise_and_untrained_samples() => TensorScope.Run(() =>
    {
        var judge = DigitClassifier.Load();
        var mnist = Open();
        var train = mnist.Train.Pick([.. Enumerable.Range(0, 2000)], new ImageTransform());
        judge.Calibrate(train.Images, train.Labels!);

        var test = mnist.Test.Pick([.. Enumerable.Range(0, 2000)], new ImageTransform());
        var labels = test.Labels!.ToArray<long>();
        var judged = judge.Judge(test.Images);
        Assert.InRange(judged.Where((j, i) => j.Digit == labels[i]).Count(), 1950, 2000);
        Assert.InRange(judged.Count(j => j.Confidence >= 0.8), 1850, 2000);

        using var rng = new Rng(1);
        Assert.InRange(judge.Judge(rng.Uniform([100, 1, 28, 28])).Count(j => j.Confidence >= 0.8), 0, 5);
        using var untrained = Vae.FullyConnected(new VaeOptions(), new ImageShape(1, 28, 28), rng);
        Assert.InRange(judge.Judge(untrained.Sample(100, rng, mean: true)).Count(j => j.Confidence >= 0.8), 0, 5);
    });

    private static DataSplits Open()
    {
        try
        {
            return DataSets.Open(new DataOptions { Source = "mnist" });
        }
        catch (DataUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }
}
