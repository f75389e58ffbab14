using Figment.Data.Images;
using Figment.Models.Adversarial;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Figment.Training.Options;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>Codes of which a part says the class.</summary>
public class ClassCodesTests : EngineTest
{
    private static readonly ImageShape Shape = new(1, 16, 16);

    public static TheoryData<string> All => ["cgan", "acgan", "infogan", "sngan", "sagan", "biggan"];

    private static Module Make(string id, Rng rng)
    {
        ModelOptions options = id switch
        {
            "cgan" => new CganOptions { Latent = 5, Classes = 3 },
            "acgan" => new AcganOptions { Latent = 5, Classes = 3, Channels = 4 },
            "infogan" => new InfoGanOptions { Latent = 5, Categories = 3, Channels = 4 },
            "sngan" => new SnganOptions { Latent = 5, Classes = 3, GeneratorChannels = 8, DiscriminatorChannels = 8 },
            "sagan" => new SaganOptions { Latent = 5, Classes = 3, Channels = 8 },
            "sngan without" => new SnganOptions { Latent = 5, GeneratorChannels = 8, DiscriminatorChannels = 8 },
            "sagan without" => new SaganOptions { Latent = 5, Channels = 8 },
            _ => new BigGanOptions { LatentPart = 2, Embedding = 4, Classes = 3, Channels = 8 },
        };
        var module = Catalog.CardOf(options).Create(options, Shape, rng);
        // Conditional norms begin alike for all classes.
        NoGrad.Run(() =>
        {
            foreach (var parameter in module.Parameters())
                TensorScope.Run(() => parameter.AddInPlace(rng.Normal(parameter.Shape, 0, 0.1)));
        });
        module.Eval();
        return module;
    }

    /// <summary>Noise is drawn first, so one state of the generator gives samples and codes of the same noise.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void A_code_with_a_class_in_it_is_decoded_to_the_sample_of_that_class(string id) =>
        TensorScope.Run(() => NoGrad.Run(() =>
        {
            using var rng = new Rng(1);
            using var module = Make(id, rng);
            var model = (IDecodesClasses)module;
            using Rng one = new(3), other = new(3);
            var labels = Tensor.From([2L, 0, 1, 2], 4);
            var samples = model.SampleOf(labels, one, mean: true);
            var codes = model.DrawCodes(4, other);
            Assert.Equal([4L, model.LatentSize], codes.Shape.ToArray());
            var (from, length) = model.ClassPart.GetOffsetAndLength(model.LatentSize);
            Assert.Equal(id == "biggan" ? 4 : 3, length);
            codes[.., from..(from + length)] = model.ClassCodes(labels);
            Assert.True((model.Decode(codes) - samples).Abs().Max().ToDouble() < 1e-6);
        }));

    /// <summary>Half-way from a class to another the picture is that of neither.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void Between_two_classes_there_are_pictures(string id) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(2);
        using var module = Make(id, rng);
        var model = (IDecodesClasses)module;
        var (from, length) = model.ClassPart.GetOffsetAndLength(model.LatentSize);
        var ends = model.ClassCodes(Tensor.From([0L, 1], 2));
        var codes = model.DrawCodes(1, rng).Repeat(3, 1);
        codes[.., from..(from + length)] = Ops.Stack([ends[0], (ends[0] + ends[1]) / 2, ends[1]]);
        var pictures = model.Decode(codes);
        Assert.InRange(pictures.Min().ToDouble(), 0, 1);
        Assert.InRange(pictures.Max().ToDouble(), 0, 1);
        Assert.All([0, 2], end => Assert.False(pictures[1].AllClose(pictures[end])));
    }));

    [Theory]
    [InlineData("sngan without")]
    [InlineData("sagan without")]
    public void Without_classes_a_code_is_the_noise(string id) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(4);
        using var module = Make(id, rng);
        var model = (IDecodesClasses)module;
        using Rng one = new(5), other = new(5);
        Assert.Equal(5, model.LatentSize);
        Assert.Equal(1, model.PriorSigma);
        var samples = ((IDrawsSamples)module).Sample(3, one, mean: true);
        Assert.True(model.Decode(model.DrawCodes(3, other)).AllClose(samples));
    }));

    [Theory]
    [InlineData("gan")]
    [InlineData("dcgan")]
    [InlineData("cgan")]
    public void A_prior_of_the_plane_needs_a_code_of_two_numbers(string id)
    {
        ModelOptions Of(int latent) => id switch
        {
            "gan" => new GanOptions { Prior = new SwissRollPrior(), Latent = latent },
            "dcgan" => new DcganOptions { Prior = new SwissRollPrior(), Latent = latent },
            _ => new CganOptions { Prior = new SwissRollPrior(), Latent = latent },
        };
        var fault = Assert.Single(Catalog.Options.Check(new TrainOptions { Model = Of(100) }));
        Assert.Equal("model.latent", fault.Path);
        Assert.Contains("must be 2", fault.Message, StringComparison.Ordinal);
        Assert.Contains("prior.kind", fault.Message, StringComparison.Ordinal);
        Assert.Empty(Catalog.Options.Check(new TrainOptions { Model = Of(2) }));
    }
}
