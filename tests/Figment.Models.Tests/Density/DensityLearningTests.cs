using Figment.Data;
using Figment.Data.Catalog;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models.Density;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>Short seeded trainings that must reach a number, and controls that must not (docs/design/README.md, kind B).</summary>
[Trait("speed", "slow")]
public class DensityLearningTests(ITestOutputHelper output) : EngineTest
{
    private static readonly ImageShape Small = new(1, 14, 14);

    /// <summary>Test nats of 14x14 binarised MNIST: each model better than the one before by at least one nat and three
    /// standard errors of the paired difference.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Bernoulli_Markov_FVSBN_NADE_in_this_order(ulong seed) => TensorScope.Run(() =>
    {
        using var rng = new Rng(seed);
        var (train, test) = (Digits(Split.Train, 50_000), Digits(Split.Test, 5_000));
        using var bernoulli = new Bernoulli(new(), Small);
        using var markov = new Markov(new(), Small, rng);
        using var shuffled = new Markov(new() { PixelOrder = PixelOrder.Random }, Small, rng);
        foreach (var model in (IFitsByCounting[])[bernoulli, markov, shuffled]) model.Count(train, Tensor.Zeros([50_000], DType.Int64));
        using var fvsbn = new Fvsbn(new(), Small, rng);
        Train(fvsbn, fvsbn.LogProbability, train, rng, rate: 2e-2, epochs: 2);
        using var nade = new Nade(new() { Hidden = 150 }, Small, rng);
        Train(nade, x => nade.LogProbability(x, Tensor.Zeros([x.Size(0)], DType.Int64)), train, rng, rate: 5e-3, epochs: 2);

        var nats = new Module[] { bernoulli, markov, fvsbn, nade }.Select(model => Nats(model, test)).ToArray();
        var loose = Nats(shuffled, test);
        output.WriteLine($"seed {seed}: {string.Join(", ", nats.Select(n => $"{n.Average():F2}"))}; shuffled Markov {loose.Average():F2}");
        for (var i = 1; i < nats.Length; i++)
        {
            var gains = nats[i - 1].Zip(nats[i], (worse, better) => worse - better).ToArray();
            var (mean, error) = (gains.Average(), Math.Sqrt(gains.Select(g => g * g).Average() - Math.Pow(gains.Average(), 2)) / Math.Sqrt(gains.Length));
            Assert.True(mean >= Math.Max(1, 3 * error), $"model {i} gains {mean:F2} ± {error:F2} nats");
        }

        // Neighbours in a random order tell little of each other.
        Assert.True(nats[0].Average() - loose.Average() < 0.5 * (nats[0].Average() - nats[1].Average()),
            $"a chain through shuffled pixels reaches {loose.Average():F2} nats");
    });

    /// <summary>8x8 patches of photographs, 63 real numbers, in nats a patch over the Gaussian of full covariance.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RNADE_gains_ten_nats_a_patch_over_a_Gaussian(ulong seed) => TensorScope.Run(() =>
    {
        using var rng = new Rng(seed);
        var data = Open(new DataOptions { Source = "photo-patches" });
        var train = data.Train.Pick([.. Enumerable.Range(0, 100_000).Select(i => i * 4)], data.Transform, seed).Images;
        var test = data.Test.Pick([.. Enumerable.Range(0, 10_000).Select(i => i * 5)], data.Transform.ForEvaluation(), 9).Images;
        using var rnade = new Rnade(new() { Hidden = 128, Components = 6, Scale = 0.1 }, data.Shape, rng);
        Train(rnade, rnade.LogProbability, train, rng, rate: 4e-3, epochs: 2);
        using var gaussian = new Gaussian(new() { Ridge = 0 }, data.Shape);
        NoGrad.Run(() => gaussian.Count(train, Tensor.Zeros([train.Size(0)], DType.Int64)));
        double[] Scores(Module model) => [.. test.Split(1000).SelectMany(x => TinyDensities.LogP(model, x))];
        var gains = Scores(rnade).Zip(Scores(gaussian), (mine, its) => mine - its).ToArray();
        var (mean, error) = (gains.Average(), Math.Sqrt(gains.Select(g => g * g).Average() - Math.Pow(gains.Average(), 2)) / 100);
        output.WriteLine($"seed {seed}: {mean:F2} ± {error:F2} nats a patch over the Gaussian");
        Assert.True(mean >= 10, $"{mean:F2} ± {error:F2} nats");
    });

    // Adam, batch 100, the rate falling to a hundredth along a cosine.
    private static void Train(Module model, Func<Tensor, Tensor> logProbability, Tensor data, Rng rng, double rate, int epochs)
    {
        using var adam = new Adam(model, rate);
        var (batches, steps) = (data.Size(0) / 100, epochs * (data.Size(0) / 100));
        Tensor? order = null;
        for (var step = 0L; step < steps; step++)
        {
            if (step % batches == 0) order = rng.Permutation(data.Size(0));
            adam.LearningRate = rate * (0.01 + (0.99 * 0.5 * (1 + Math.Cos(Math.PI * step / steps))));
            TensorScope.Run(() =>
            {
                var x = data.IndexSelect(0, order!.Narrow(0, step % batches * 100, 100));
                adam.ZeroGrad();
                TensorScope.Run(() => -logProbability(x).Mean()).Backward();
                adam.Step();
            });
        }
    }

    private static double[] Nats(Module model, Tensor images) => TinyDensities.LogP(model, images).Select(log => -log).ToArray();

    private static Tensor Digits(Split split, int count)
    {
        var data = Open(new DataOptions { Source = "mnist" });
        var images = (split == Split.Train ? data.Train : data.Test).Pick([.. Enumerable.Range(0, count)], new ImageTransform()).Images;
        return (images.AvgPool2d([2, 2]) >= 0.5).To(DType.Float32);
    }

    private static DataSplits Open(DataOptions options)
    {
        try
        {
            return DataSets.Open(options);
        }
        catch (DataUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }
}
