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

/// <summary>A short seeded training that must reach numbers, and a control that must not (docs/design/README.md, kind B).</summary>
public class VqVae2LearningTests : EngineTest
{
    private const int Codes = 64, Steps = 500;

    private static readonly VqVae2Options Small = new()
    {
        Codes = Codes,
        CodeSize = 8,
        Channels = 16,
        Blocks = 1,
        BlockChannels = 16,
        TopPriorLayers = 3,
        TopPriorChannels = 24,
        BottomPriorLayers = 3,
        BottomPriorChannels = 24,
        Pixels = new GaussianPixels(),
    };

    private sealed record Reached(double TopPerplexity, double BottomPerplexity, double Error, double ErrorOfMean,
        double TopBits, double BottomBits, double BottomBitsOfAnotherTop);

    [Theory]
    [Trait("speed", "slow")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Both_codebooks_are_used_and_the_bottom_prior_reads_the_top(ulong seed)
    {
        var reached = Train(seed, frozen: false);
        Assert.True(reached.TopPerplexity >= 0.4 * Codes, $"{reached}");
        Assert.True(reached.BottomPerplexity >= 0.4 * Codes, $"{reached}");
        Assert.True(reached.Error <= 0.5 * reached.ErrorOfMean, $"{reached}");
        Assert.True(reached.TopBits < Math.Log2(Codes) - 0.5, $"{reached}");
        Assert.True(reached.BottomBits < reached.BottomBitsOfAnotherTop - 0.08, $"{reached}");
    }

    [Fact]
    [Trait("speed", "slow")]
    public void Codebooks_that_stay_as_they_began_do_not()
    {
        var reached = Train(1, frozen: true);
        Assert.True(reached.TopPerplexity < 0.4 * Codes, $"{reached}");
    }

    private static Reached Train(ulong seed, bool frozen)
    {
        DataSplits data;
        try
        {
            data = DataSets.Open(new DataOptions { Source = "mnist" });
        }
        catch (DataUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }

        using var rng = new Rng(seed);
        using var model = new VqVae2(Small, data.Shape, rng);
        var net = model.Autoencoder;
        using var adam = new Adam(net, 2e-3);
        using var topAdam = new Adam(model.TopPrior, 3e-3);
        using var bottomAdam = new Adam(model.BottomPrior, 3e-3);
        using var loader = new DataLoader(data.Train, new LoaderOptions { Seed = seed, BatchSize = 32 });
        for (var i = 0; i < Steps; i++)
        {
            TensorScope.Run(() =>
            {
                var (logPxe, top, bottom) = model.Terms(loader.NextBatch().Images);
                Descend(adam, (0.25 * (top.Commitment + bottom.Commitment)) - (logPxe.Mean() / 784));
                if (!frozen)
                {
                    net.Top.Update(top.Z, top.K, 0.99, rng);
                    net.Bottom.Update(bottom.Z, bottom.K, 0.99, rng);
                }

                Descend(topAdam, -model.TopPrior.LogProbability(top.K).Mean() / 16);
                Descend(bottomAdam, -model.BottomPrior.LogProbability(bottom.K, top.E).Mean() / 49);
            });
        }

        return TensorScope.Run(() => NoGrad.Run(() =>
        {
            var x = data.Test.Pick([.. Enumerable.Range(0, 500)]).Images;
            var (top, bottom) = net.Encode(x);
            double Bits(Tensor logP, int codes) => -logP.Mean().ToDouble() / (codes * Math.Log(2));
            return new Reached(Perplexity(top), Perplexity(bottom), (model.Reconstruct(x, null) - x).Square().Mean().ToDouble(),
                (x - x.Mean([0], keepdim: true)).Square().Mean().ToDouble(),
                Bits(model.TopPrior.LogProbability(top.K), 16),
                Bits(model.BottomPrior.LogProbability(bottom.K, top.E), 49),
                Bits(model.BottomPrior.LogProbability(bottom.K, top.E.Roll([1], [0])), 49));
        }));
    }

    private static void Descend(Adam optimizer, Tensor loss)
    {
        optimizer.ZeroGrad();
        loss.Backward();
        optimizer.Step();
    }

    private static double Perplexity(RoundedCodes codes)
    {
        var p = codes.K.Flatten().OneHot(Codes).To(DType.Float64).Mean([0]);
        return Math.Exp(-(p * (p + 1e-12).Log()).Sum().ToDouble());
    }
}
