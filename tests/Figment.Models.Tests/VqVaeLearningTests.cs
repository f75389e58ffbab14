using Figment.Data;
using Figment.Data.Catalog;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models.Distributions;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>Short seeded trainings that must reach a number, and a control that must not (docs/design/README.md, kind B).</summary>
public class VqVaeLearningTests : EngineTest
{
    private const int Codes = 128;

    [Theory]
    [Trait("speed", "slow")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_codebook_is_used_and_reconstructions_are_far_nearer_than_the_mean_image(ulong seed)
    {
        var (perplexity, error, ofMean, prior) = Train(seed, frozen: false);
        Assert.True(perplexity >= 0.4 * Codes, $"perplexity {perplexity:F1} of {Codes}");
        Assert.True(error <= 0.5 * ofMean, $"squared error {error:F4}, the mean image's {ofMean:F4}");
        Assert.True(prior < Math.Log(Codes) - 1, $"the prior spends {prior:F2} nats a code, without knowledge it is {Math.Log(Codes):F2}");
    }

    [Fact]
    [Trait("speed", "slow")]
    public void A_codebook_that_stays_as_it_began_does_not()
    {
        var (perplexity, _, _, _) = Train(1, frozen: true);
        Assert.True(perplexity < 0.4 * Codes, $"perplexity {perplexity:F1} with a frozen codebook");
    }

    private static (double Perplexity, double Error, double ErrorOfMean, double PriorNats) Train(ulong seed, bool frozen)
    {
        DataSplits data;
        try
        {
            data = DataSets.Open(new DataOptions { Source = "fashion-mnist" });
        }
        catch (DataUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }

        using var rng = new Rng(seed);
        using var model = new VqVae(new VqVaeOptions
        {
            Codes = Codes,
            CodeSize = 16,
            Channels = 32,
            Blocks = 1,
            PriorLayers = 3,
            PriorChannels = 32,
            Pixels = new GaussianPixels(),
        }, data.Shape, rng);
        var codebook = model.Autoencoder.Codebook;
        using var adam = new Adam(model.Autoencoder, 2e-3);
        using var priorAdam = new Adam(model.Prior, 2e-3);
        using var loader = new DataLoader(data.Train, new LoaderOptions { Seed = seed, BatchSize = 64 });
        for (var i = 0; i < 300; i++)
        {
            TensorScope.Run(() =>
            {
                var x = loader.NextBatch().Images;
                var (logPxz, codes) = model.Terms(x);
                adam.ZeroGrad();
                ((0.25 * codes.Commitment) - (logPxz.Mean() / 784)).Backward();
                adam.Step();
                if (!frozen) codebook.Update(codes.Z, codes.K, 0.99, rng);
                priorAdam.ZeroGrad();
                (-model.Prior.LogProbability(codes.K).Mean() / 49).Backward();
                priorAdam.Step();
            });
        }

        return TensorScope.Run(() => NoGrad.Run(() =>
        {
            var x = data.Test.Pick([.. Enumerable.Range(0, 1000)]).Images;
            var k = model.Autoencoder.Codebook.Nearest(model.Autoencoder.Encode(x));
            var p = k.Flatten().OneHot(Codes).To(DType.Float64).Mean([0]);
            var perplexity = Math.Exp(-(p * (p + 1e-12).Log()).Sum().ToDouble());
            var error = (model.Reconstruct(x, null) - x).Square().Mean().ToDouble();
            var ofMean = (x - x.Mean([0], keepdim: true)).Square().Mean().ToDouble();
            return (perplexity, error, ofMean, -model.Prior.LogProbability(k).Mean().ToDouble() / 49);
        }));
    }
}
