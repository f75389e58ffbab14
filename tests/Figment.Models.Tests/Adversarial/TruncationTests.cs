using Figment.Data.Images;
using Figment.Models.Adversarial;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>Noise without its tails, and the models that draw from it.</summary>
public class TruncationTests : EngineTest
{
    private static readonly ImageShape Shape = new(1, 16, 16);

    /// <summary>Against rejection itself: the same share below each of a row of places, within four standard
    /// errors.</summary>
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.5)]
    [InlineData(2)]
    [InlineData(6)]
    public void Numbers_are_normal_within_the_threshold(double threshold) => TensorScope.Run(() =>
    {
        const int Count = 60_000;
        using var rng = new Rng(1);
        var z = TruncatedNoise.Draw(Count / 3, 3, threshold, rng);
        Assert.Equal([Count / 3L, 3], z.Shape.ToArray());
        var drawn = z.ToArray<float>();
        Assert.All(drawn, value => Assert.InRange(value, -threshold, threshold));
        var kept = Enumerable.Range(0, 100).SelectMany(_ => rng.Normal([Count]).ToArray<float>())
            .Where(value => Math.Abs(value) <= threshold).Take(Count).ToArray();
        Assert.Equal(Count, kept.Length);
        for (var place = -0.9; place < 1; place += 0.2)
        {
            var at = place * Math.Min(threshold, 2);
            var (mine, expected) = (Share(drawn, at), Share(kept, at));
            Assert.InRange(mine - expected, -4 * Error(expected), 4 * Error(expected));
        }

        static double Share(float[] values, double below) => values.Count(value => value < below) / (double)Count;
        static double Error(double share) => Math.Sqrt(2 * share * (1 - share) / Count);
    });

    [Fact]
    public void A_threshold_of_nothing_is_refused()
    {
        using var rng = new Rng(2);
        Assert.Throws<ArgumentOutOfRangeException>(() => TruncatedNoise.Draw(2, 3, 0, rng));
    }

    /// <summary>Nearly no noise makes all images of a class alike, and leaves the classes apart.</summary>
    [Theory]
    [InlineData("acgan", true)]
    [InlineData("sngan", true)]
    [InlineData("sngan", false)]
    [InlineData("sagan", true)]
    [InlineData("biggan", true)]
    [InlineData("wgan-gp", false)]
    public void Samples_of_truncated_noise_vary_less(string model, bool classes) => TensorScope.Run(() =>
        NoGrad.Run(() =>
        {
            using var rng = new Rng(3);
            using Module module = model switch
            {
                "acgan" => new Acgan(new AcganOptions { Classes = 3, Latent = 5, Channels = 4 }, Shape, rng),
                "sngan" => new Sngan(new SnganOptions
                {
                    Classes = classes ? 3 : 0,
                    Latent = 5,
                    GeneratorChannels = 8,
                    DiscriminatorChannels = 8,
                }, Shape, rng),
                "sagan" => new Sagan(new SaganOptions { Classes = 3, Latent = 5, Channels = 2 }, Shape, rng),
                "biggan" => new BigGan(new BigGanOptions { Classes = 3, LatentPart = 3, Channels = 2 }, Shape, rng),
                _ => new WganGp(new WganGpOptions { Latent = 5, Channels = 4 }, Shape, rng),
            };
            foreach (var parameter in module.Parameters())
                parameter.AddInPlace(0.2 * rng.Normal(parameter.Shape.ToArray()));
            SpectralNorm.SettleAll(module);
            module.Eval();
            var truncating = (ITruncatesNoise)module;
            Tensor Drawn(double threshold, long? label) => truncating.SampleTruncated(6,
                label is { } one ? Tensor.Full([6], one, DType.Int64) : null, threshold, rng);
            var (still, moved) = (Drawn(1e-5, classes ? 1 : null), Drawn(1, classes ? 1 : null));
            Assert.Equal([6L, 1, 16, 16], still.Shape.ToArray());
            Assert.True(Spread(still) < 1e-3);
            Assert.True(Spread(moved) > 100 * Spread(still));
            Assert.InRange(moved.Min().ToDouble(), 0, 1);
            Assert.InRange(moved.Max().ToDouble(), 0, 1);
            if (!classes) return;
            Assert.True((Drawn(1e-5, 2) - still).Abs().Max().ToDouble() > 100 * Spread(still));
            Assert.Equal([6L, 1, 16, 16], Drawn(1, null).Shape.ToArray());
        }));

    [Fact]
    public void InfoGan_sorts_images_by_its_recognition() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(4);
        using var infogan = new InfoGan(new InfoGanOptions { Categories = 4, Channels = 4, Units = 6 }, Shape, rng);
        infogan.Eval();
        ISortsImages sorts = infogan;
        var x = rng.Uniform([5, 1, 16, 16]);
        Assert.Equal(4, sorts.Categories);
        Assert.Equal(infogan.Discriminate((2 * x) - 1).Q[.., ..4].ToArray<float>(),
            sorts.CategoryLogits(x).ToArray<float>());
    }));

    private static double Spread(Tensor images) => (images - images[..1]).Abs().Max().ToDouble();
}
