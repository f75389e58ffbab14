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

/// <summary>Short seeded trainings on MNIST that must reach a number, and controls that must not (docs/design/README.md,
/// kind B). Errors are squared, summed over an image, of the first 2,000 test images.</summary>
[Trait("speed", "slow")]
public class AutoencoderLearningTests(ITestOutputHelper output) : EngineTest
{
    private static readonly Corruption Noise = new MaskingCorruption { Fraction = 0.5 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_code_halves_the_error_of_the_mean_image(ulong seed) => TensorScope.Run(() =>
    {
        var mnist = Mnist();
        using var rng = new Rng(seed);
        using var model = Autoencoder.FullyConnected(new(), mnist.Shape, rng);
        Train(model, mnist, rng, 2, x => (x, x));
        var (own, mean) = (Error(model, mnist, x => x), MeanImageError(mnist));
        output.WriteLine($"seed {seed}: {own:F2} of {mean:F2}");
        Assert.True(own <= 0.5 * mean, $"{own:F2}, and the mean image {mean:F2}");
    });

    [Fact]
    public void Pairs_of_different_images_teach_nothing_but_the_mean_image() => TensorScope.Run(() =>
    {
        var mnist = Mnist();
        using var rng = new Rng(1);
        using var model = Autoencoder.FullyConnected(new(), mnist.Shape, rng);
        Train(model, mnist, rng, 2, x => (x, x.Roll([1], [0])));
        var (own, mean) = (Error(model, mnist, x => x), MeanImageError(mnist));
        output.WriteLine($"{own:F2} of {mean:F2}");
        Assert.True(own > 0.9 * mean, $"{own:F2}, and the mean image {mean:F2}");
    });

    /// <summary>The 32 principal components of the training images, by their covariance's eigenvectors, are the best that a
    /// linear autoencoder can do; training comes close.</summary>
    [Fact]
    public void The_linear_one_is_as_good_as_principal_components() => TensorScope.Run(() =>
    {
        var mnist = Mnist();
        using var rng = new Rng(1);
        using var model = Autoencoder.FullyConnected(new() { Hidden = [], Loss = new SquaredErrorLoss() }, mnist.Shape, rng);
        Train(model, mnist, rng, 6, x => (x, x), rate: 3e-3);
        var train = Images(mnist, test: false, 20_000).Flatten(1);
        var mean = train.Mean([0]);
        var (_, axes) = ((train - mean).T().MatMul(train - mean) / 20_000).LinalgEigh();
        var top = axes[TensorIndex.All, ^32..];
        var test = Images(mnist, test: true, 2000).Flatten(1) - mean;
        var pca = (test - test.MatMul(top).MatMul(top.T())).Square().Sum([1]).Mean().ToDouble();
        // The loss itself, as the output of a linear decoder is not limited to [0, 1].
        var own = NoGrad.Run(() => Images(mnist, test: true, 2000) is var x ? model.Loss(x, x).Mean().ToDouble() : 0);
        output.WriteLine($"{own:F3}, principal components {pca:F3}");
        Assert.InRange(own, 0.97 * pca, 1.03 * pca);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_denoising_one_repairs_what_a_plain_one_does_not(ulong seed) => TensorScope.Run(() =>
    {
        var mnist = Mnist();
        using var rng = new Rng(seed);
        using var plain = Autoencoder.FullyConnected(new(), mnist.Shape, rng);
        using var denoising = Autoencoder.FullyConnected(new() { Noise = Noise }, mnist.Shape, rng);
        Train(plain, mnist, rng, 2, x => (x, x));
        Train(denoising, mnist, rng, 2, x => (x, Noise.Apply(x, rng)));
        double Repaired(Autoencoder model)
        {
            using var same = new Rng(9);
            return Error(model, mnist, x => Noise.Apply(x, same));
        }

        var (repaired, left) = (Repaired(denoising), Repaired(plain));
        output.WriteLine($"seed {seed}: masked images {repaired:F2}, by the plain net {left:F2}; whole ones {Error(denoising, mnist, x => x):F2} and {Error(plain, mnist, x => x):F2}");
        Assert.True(repaired < 0.7 * left, $"masked images: {repaired:F2}, by the plain net {left:F2}");
    });

    [Fact]
    public void The_convolutional_one_learns_as_well() => TensorScope.Run(() =>
    {
        var mnist = Mnist();
        using var rng = new Rng(1);
        using var model = ConvAutoencoder.Create(new() { Channels = 16 }, mnist.Shape, rng);
        Train(model, mnist, rng, 1, x => (x, x));
        var (own, mean) = (Error(model, mnist, x => x), MeanImageError(mnist));
        output.WriteLine($"{own:F2} of {mean:F2}");
        Assert.True(own <= 0.35 * mean, $"{own:F2}, and the mean image {mean:F2}");
    });

    private static DataSplits Mnist()
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

    // Adam, batch 128, the rate falling along a cosine; pair gives what is asked for and what is encoded.
    private static void Train(Autoencoder model, DataSplits data, Rng rng, int epochs, Func<Tensor, (Tensor X, Tensor Input)> pair, double rate = 2e-3)
    {
        using var adam = new Adam(model, rate);
        using var loader = new DataLoader(data.Train, new LoaderOptions { Seed = rng.Seed, Transform = data.Transform });
        var steps = epochs * loader.BatchesPerEpoch;
        for (var i = 0; i < steps; i++)
        {
            adam.LearningRate = rate * (1 + Math.Cos(Math.PI * i / steps)) / 2;
            TensorScope.Run(() =>
            {
                var (x, input) = pair(loader.NextBatch().Images);
                adam.ZeroGrad();
                TensorScope.Run(() => model.Loss(x, input).Mean()).Backward();
                adam.Step();
            });
        }
    }

    private static Tensor Images(DataSplits data, bool test, int count) =>
        (test ? data.Test : data.Train).Pick([.. Enumerable.Range(0, count)], data.Transform.ForEvaluation(), seed: 9).Images;

    private static double Error(Autoencoder model, DataSplits data, Func<Tensor, Tensor> input) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        var x = Images(data, test: true, 2000);
        return new { Value = (x - model.Reconstruct(input(x), null)).Square().Sum([1, 2, 3]).Mean().ToDouble() }.Value;
    }));

    private static double MeanImageError(DataSplits data) => TensorScope.Run(() =>
    {
        var mean = Images(data, test: false, 10_000).Mean([0]);
        return new { Value = (Images(data, test: true, 2000) - mean).Square().Sum([1, 2, 3]).Mean().ToDouble() }.Value;
    });
}
