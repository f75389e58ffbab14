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

/// <summary>Short seeded trainings that must reach a number, and a control that must not (docs/design/README.md, kind B).</summary>
public class VaeLearningTests : EngineTest
{
    private static readonly ImageTransform Binarized = new() { Binarization = Binarization.Dynamic };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Two_epochs_of_MNIST_reach_minus_120_nats(ulong seed)
    {
        var mnist = Mnist();
        using var rng = new Rng(seed);
        using var vae = Vae.FullyConnected(new VaeOptions(), mnist.Shape, rng);
        var (elbo, kl) = Train(vae, mnist, rng, epochs: 2);
        Assert.True(elbo >= -120, $"test ELBO {elbo:F2} nats");
        Assert.True(kl > 5, $"KL {kl:F2} nats");
        Assert.True(DistinctPictures(vae, rng) == 20, "two codes decode to one picture");
    }

    [Fact]
    public void A_decoder_that_ignores_z_does_not()
    {
        var mnist = Mnist();
        using var rng = new Rng(1);
        using var vae = Vae.FullyConnected(new VaeOptions(), mnist.Shape, rng);
        var weight = vae.NamedParameters().First(p => p.Path == "decoder.0.weight").Parameter;
        NoGrad.Run(() => TensorScope.Run(() => { weight.ZeroInPlace(); }));
        weight.RequiresGrad = false;
        var (elbo, kl) = Train(vae, mnist, rng, epochs: 2);
        Assert.True(elbo < -150, $"test ELBO {elbo:F2} nats without z");
        Assert.True(kl < 5, $"KL {kl:F2} nats without z");
        Assert.True(DistinctPictures(vae, rng) < 20);
    }

    [Fact]
    [Trait("speed", "slow")]
    public void The_convolutional_one_learns_as_well()
    {
        var mnist = Mnist();
        using var rng = new Rng(1);
        using var vae = ConvVae.Create(new ConvVaeOptions { Channels = 16 }, mnist.Shape, rng);
        var (elbo, kl) = Train(vae, mnist, rng, epochs: 2);
        Assert.True(elbo >= -125, $"test ELBO {elbo:F2} nats");
        Assert.True(kl > 5, $"KL {kl:F2} nats");
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

    // Adam at 1e-3, batch 128; the bound and KL of the first 2,000 test images.
    private static (double Elbo, double Kl) Train(Vae vae, DataSplits data, Rng rng, int epochs)
    {
        using var adam = new Adam(vae, 1e-3);
        using var loader = new DataLoader(data.Train, new LoaderOptions { Seed = rng.Seed, Transform = Binarized });
        for (var i = 0; i < epochs * loader.BatchesPerEpoch; i++)
        {
            TensorScope.Run(() =>
            {
                adam.ZeroGrad();
                var x = loader.NextBatch().Images;
                TensorScope.Run(() => Bound(vae, x, rng).Elbo.Mean().Neg()).Backward();
                adam.Step();
            });
        }

        return TensorScope.Run(() => NoGrad.Run(() =>
        {
            var test = data.Test.Pick([.. Enumerable.Range(0, 2000)], Binarized, seed: 9).Images;
            var (elbo, kl) = Bound(vae, test, rng);
            return (elbo.Mean().ToDouble(), kl.Mean().ToDouble());
        }));
    }

    private static (Tensor Elbo, Tensor Kl) Bound(Vae vae, Tensor x, Rng rng)
    {
        var (logPxz, kl) = vae.Terms(x, rng.Normal([x.Size(0), vae.LatentSize]));
        return (logPxz - kl, kl);
    }

    private static int DistinctPictures(Vae vae, Rng rng) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        var pictures = vae.Sample(20, rng, mean: true).Flatten(1);
        return Enumerable.Range(0, 20).Count(i => Enumerable.Range(0, i).All(j => (pictures[i] - pictures[j]).Abs().Max().ToDouble() > 0.1));
    }));
}
