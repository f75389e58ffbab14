using Figment.Data;
using Figment.Data.Catalog;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>Five samples against one, of the same networks, images and steps (docs/design/README.md, kind B).</summary>
[Trait("speed", "slow")]
public class IwaeLearningTests(ITestOutputHelper output) : EngineTest
{
    private const int Scored = 1000, Draws = 100;
    private static readonly ImageTransform Binarized = new() { Binarization = Binarization.Dynamic };

    /// <summary>The control is the bound of one sample: another seed of it gains nothing of that size.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Five_samples_gain_over_one(ulong seed)
    {
        var mnist = Mnist();
        var (one, five, other) = (Trained(mnist, 1, seed), Trained(mnist, 5, seed), Trained(mnist, 1, seed + 10));
        (double Mean, double Error) Gain(double[] mine)
        {
            var gains = mine.Zip(one, (a, b) => a - b).ToArray();
            var mean = gains.Average();
            return (mean, Math.Sqrt(gains.Average(g => (g - mean) * (g - mean)) / gains.Length));
        }

        var (gain, none) = (Gain(five), Gain(other));
        output.WriteLine($"seed {seed}: {one.Average():F2} nats; five samples {gain.Mean:+0.00} ± {gain.Error:F2}, another seed {none.Mean:+0.00;-0.00} ± {none.Error:F2}");
        Assert.True(gain.Mean >= Math.Max(3, 3 * gain.Error), $"{gain.Mean:F2} ± {gain.Error:F2} nats");
        Assert.True(gain.Mean > Math.Abs(none.Mean), $"{gain.Mean:F2} nats, and {none.Mean:F2} by another seed alone");
    }

    // The log-likelihood of test images after two epochs of the k-sample bound.
    private static double[] Trained(DataSplits data, int samples, ulong seed)
    {
        using var rng = new Rng(seed);
        using var vae = Iwae.Create(new IwaeOptions(), data.Shape, rng);
        using var adam = new Adam(vae, 1e-3);
        using var loader = new DataLoader(data.Train, new LoaderOptions { Seed = seed, Transform = Binarized });
        for (var i = 0; i < 2 * loader.BatchesPerEpoch; i++)
            TensorScope.Run(() =>
            {
                adam.ZeroGrad();
                var x = loader.NextBatch().Images;
                TensorScope.Run(() => -Vae.ImportanceBound(vae.LogWeights(x, rng.Normal([samples, x.Size(0), vae.LatentSize]))).Mean()).Backward();
                adam.Step();
            });

        return TensorScope.Run(() => NoGrad.Run(() =>
        {
            using var noise = new Rng(9); // the same of all, so that their scores are pairs
            var test = data.Test.Pick([.. Enumerable.Range(0, Scored)], Binarized, seed: 9).Images;
            return test.Split(50).SelectMany(x => vae.LogLikelihood(x, noise, Draws).To(DType.Float64).ToArray<double>()).ToArray();
        }));
    }

    private static DataSplits Mnist()
    {
        try
        {
            return DataSets.Open(new DataOptions { Source = "mnist", Binarize = Binarization.Dynamic });
        }
        catch (DataUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }
}
