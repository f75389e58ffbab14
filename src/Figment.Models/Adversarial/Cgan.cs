// Conditional Generative Adversarial Nets. M. Mirza, S. Osindero, 2014. https://arxiv.org/abs/1411.1784
//
//   min_G max_D V(D, G) = E_p(x) [ log D(x|y) ] + E_p(z) [ log(1 - D(G(z|y)|y)) ]                (equation 2)
//
// Deviations from the paper: initial weights as in gan, Adam unless asked for otherwise.
//
//   generator      z, y -> x       z and the one-hot y through rectifiers of their own, then together  (section 4.1)
//   discriminator  x, y -> logit   x and y through maxout units of their own, then together; dropout
//   prior          p(z)            uniform on the unit cube; anything that can be drawn
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Adversarial.Game;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>Options of the conditional generative adversarial network. The sizes are the paper's.</summary>
public sealed record CganOptions : ModelOptions, IValidatableObject
{
    /// <summary>Number of classes, from the data's labels.</summary>
    [Range(1, 10_000)]
    public int Classes { get; init; } = 10;

    /// <summary>Numbers in z.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 100;

    /// <summary>p(z).</summary>
    public LatentPrior Prior { get; init; } = new UniformPrior();

    /// <summary>Units of the generator that see z.</summary>
    [Range(1, 65_536)]
    public int NoiseUnits { get; init; } = 200;

    /// <summary>Units of the generator that see y.</summary>
    [Range(1, 65_536)]
    public int LabelUnits { get; init; } = 1000;

    /// <summary>Units of the generator that see both.</summary>
    [Range(1, 65_536)]
    public int JointUnits { get; init; } = 1200;

    /// <summary>Maxout units of the discriminator that see x, and as many that see x and y together.</summary>
    [Range(1, 65_536)]
    public int ImageUnits { get; init; } = 240;

    /// <summary>Maxout units of the discriminator that see y.</summary>
    [Range(1, 65_536)]
    public int ClassUnits { get; init; } = 50;

    /// <summary>Probability that a unit of the discriminator is dropped.</summary>
    [Range(0.0, 0.99)]
    public double Dropout { get; init; } = 0.5;

    /// <summary>How the two play.</summary>
    public GameOptions Game { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Prior.Misfit(Latent);
}

/// <summary>G(z|y): two hidden layers side by side, one of both.</summary>
internal sealed partial class CganGenerator(CganOptions options, ImageShape shape, Rng rng)
    : Module<(Tensor Z, Tensor Y), Tensor>
{
    private readonly Linear ofNoise = new(options.Latent, options.NoiseUnits, rng);
    private readonly Linear ofLabel = new(options.Classes, options.LabelUnits, rng);
    private readonly Linear ofBoth = new(options.NoiseUnits + options.LabelUnits, options.JointUnits, rng);
    private readonly Linear toPixels = new(options.JointUnits, shape.Length, rng);

    protected override Tensor Forward((Tensor Z, Tensor Y) input)
    {
        var h = Ops.Cat([ofNoise.Call(input.Z), ofLabel.Call(input.Y)], 1).Relu();
        return toPixels.Call(ofBoth.Call(h).Relu()).Sigmoid().View(-1, shape.Channels, shape.Height, shape.Width);
    }
}

/// <summary>The logit of D(x|y).</summary>
internal sealed partial class CganDiscriminator(CganOptions options, ImageShape shape, Rng rng) : Module
{
    private readonly Maxout ofImage = new(shape.Length, options.ImageUnits, 5, rng);
    private readonly Maxout ofLabel = new(options.Classes, options.ClassUnits, 5, rng);
    private readonly Maxout ofBoth = new(options.ImageUnits + options.ClassUnits, options.ImageUnits, 4, rng);
    private readonly Linear score = new(options.ImageUnits, 1, rng);
    private readonly Dropout dropout = new(options.Dropout);

    /// <param name="x">(B, C, H, W)</param>
    /// <param name="y">One-hot, (B, classes).</param>
    /// <param name="rng">Draws what is dropped.</param>
    /// <returns>(B)</returns>
    public Tensor Call(Tensor x, Tensor y, Rng rng)
    {
        var h = Ops.Cat([ofImage.Call(x.Flatten(1)), ofLabel.Call(y)], 1);
        return score.Call(dropout.Call(ofBoth.Call(dropout.Call(h, rng)), rng)).Squeeze(1);
    }
}

/// <summary>The conditional generative adversarial network.</summary>
public sealed partial class Cgan : Module, IDrawsSamples, IDecodesClasses, IAdversaries
{
    private readonly CganGenerator generator;
    private readonly CganDiscriminator discriminator;
    private readonly LatentPrior prior;
    private readonly int latent;

    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public Cgan(CganOptions options, ImageShape shape, Rng rng)
    {
        (Classes, prior, latent) = (options.Classes, options.Prior, options.Latent);
        generator = new CganGenerator(options, shape, rng);
        discriminator = new CganDiscriminator(options, shape, rng);
        Gan.Initialize(generator, 0.05, rng);
        Gan.Initialize(discriminator, 0.005, rng);
    }

    public int Classes { get; }

    Module IAdversaries.Generator => generator;

    Module IAdversaries.Discriminator => discriminator;

    public Tensor Real(Tensor images) => images;

    public Tensor Noise(long count, Rng rng) => prior.Sample(count, latent, rng);

    public Tensor Generate(Tensor z, Tensor? y) => generator.Call((z, OneHot(y)));

    public Tensor Discriminate(Tensor x, Tensor? y, Rng rng) => discriminator.Call(x, OneHot(y), rng);

    public Tensor Sample(int count, Rng rng, bool mean) => SampleOf(rng.Integers(0, Classes, [count]), rng, mean);

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) => Generate(Noise(labels.Size(0), rng), labels);

    public int LatentSize => latent + Classes;

    public Range ClassPart => latent..LatentSize;

    public Tensor ClassCodes(Tensor labels) => OneHot(labels);

    public Tensor DrawCodes(long count, Rng rng) =>
        Ops.Cat([Noise(count, rng), OneHot(rng.Integers(0, Classes, [count]))], 1);

    /// <summary>Of (z, y).</summary>
    public Tensor Decode(Tensor z) => generator.Call((z[.., ..latent], z[.., latent..]));

    private Tensor OneHot(Tensor? y) => y!.OneHot(Classes).To(DType.Float32);
}
