// Conditional Image Synthesis with Auxiliary Classifier GANs. A. Odena, C. Olah, J. Shlens, 2016.
// https://arxiv.org/abs/1610.09585
//
//   L_S = E [ log P(S = real | x) ] + E [ log P(S = fake | G(z, y)) ]                             (equation 2)
//   L_C = E [ log P(C = y | x) ] + E [ log P(C = y | G(z, y)) ]                                   (equation 3)
//   D maximises L_S + L_C, G maximises L_C - L_S                                                  (section 3)
//
// Deviations from the paper: G's share of L_S is any loss of the family, at first the non-saturating one; networks are
// DCGAN's at every size, without the paper's dropout and noise; the class enters as a one-hot beside z.
//
//   generator      z, y -> x in [-1, 1]
//   discriminator  x -> features, from which one layer gives S's logit and another C's
using System.ComponentModel.DataAnnotations;
using Figment.Data;
using Figment.Data.Images;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>Options of the GAN with an auxiliary classifier.</summary>
public sealed record AcganOptions : ModelOptions
{
    /// <summary>Number of classes, from the data's labels.</summary>
    [Range(2, 10_000)]
    public int Classes { get; init; } = 10;

    /// <summary>Numbers in z, Gaussian.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 100;

    /// <summary>Channels where the image is largest; each halving doubles them.</summary>
    [Range(1, 1024)]
    public int Channels { get; init; } = 64;

    /// <summary>What L_C counts beside L_S.</summary>
    [Range(0.0, 1e3)]
    public double ClassWeight { get; init; } = 1;

    /// <summary>How the two play.</summary>
    public GameOptions Game { get; init; } = new();
}

/// <summary>D: what both answers are read from, and the two that read.</summary>
internal sealed partial class AcganDiscriminator(DcganNetworks networks, int classes, Rng rng) : Module
{
    private readonly Sequential trunk = networks.Trunk;
    private readonly Linear source = new(networks.Features.Length, 1, rng);
    private readonly Linear category = new(networks.Features.Length, classes, rng);

    /// <param name="x">(B, C, H, W) in [-1, 1].</param>
    /// <returns>The logit of P(S = real | x), (B), and those of P(C | x), (B, classes).</returns>
    public (Tensor Source, Tensor Category) Call(Tensor x)
    {
        var h = trunk.Call(x).Flatten(1);
        return (source.Call(h).Squeeze(1), category.Call(h));
    }
}

/// <summary>The GAN with an auxiliary classifier.</summary>
public sealed partial class Acgan : Module, IDrawsSamples, IDecodesClasses, ITruncatesNoise
{
    private readonly Sequential generator; // (B, J + classes) -> x in [-1, 1]
    private readonly AcganDiscriminator discriminator;
    private readonly int latent;

    /// <param name="options">Sizes.</param>
    /// <param name="shape">Of one image: even sides of at least 8.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public Acgan(AcganOptions options, ImageShape shape, Rng rng)
    {
        (Classes, latent) = (options.Classes, options.Latent);
        var networks = DcganNetworks.Make("acgan", shape, latent + Classes, options.Channels, CriticNorm.Batch, rng);
        generator = networks.Generator;
        discriminator = new AcganDiscriminator(networks, Classes, rng);
    }

    public int Classes { get; }

    internal Module Generator => generator;

    internal Module Discriminator => discriminator;

    /// <summary>G(z, y).</summary>
    /// <param name="z">(B, J)</param>
    /// <param name="y">(B), Int64.</param>
    /// <returns>(B, C, H, W) in [-1, 1].</returns>
    public Tensor Generate(Tensor z, Tensor y) =>
        generator.Call(Ops.Cat([z, ClassCodes(y)], 1));

    /// <summary>The logit of P(S = real | x), (B), and those of P(C | x), (B, classes).</summary>
    /// <param name="x">(B, C, H, W) in [-1, 1].</param>
    public (Tensor Source, Tensor Category) Discriminate(Tensor x) => discriminator.Call(x);

    public Tensor Sample(int count, Rng rng, bool mean) => SampleOf(rng.Integers(0, Classes, [count]), rng, mean);

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) => Draw(labels, Noise(labels.Size(0), rng));

    public Tensor SampleTruncated(int count, Tensor? labels, double threshold, Rng rng) =>
        Draw(labels ?? rng.Integers(0, Classes, [count]), TruncatedNoise.Draw(count, latent, threshold, rng));

    private Tensor Draw(Tensor y, Tensor z) => (Generate(z, y) + 1) / 2;

    public int LatentSize => latent + Classes;

    public Range ClassPart => latent..LatentSize;

    public Tensor ClassCodes(Tensor labels) => labels.OneHot(Classes).To(DType.Float32);

    public Tensor DrawCodes(long count, Rng rng) =>
        Ops.Cat([Noise(count, rng), ClassCodes(rng.Integers(0, Classes, [count]))], 1);

    /// <summary>Of (z, y).</summary>
    public Tensor Decode(Tensor z) => (generator.Call(z) + 1) / 2;

    internal Tensor Noise(long count, Rng rng) => rng.Normal([count, latent]);
}

/// <summary>Trains both players on both parts of the loss.</summary>
public sealed class AcganTask : ITrainingTask
{
    private readonly Acgan model;
    private readonly AcganOptions options;
    private readonly GameOptions game;
    private readonly Augmenter augmenter;
    private readonly Player discriminator, generator;

    /// <param name="model">The model.</param>
    /// <param name="optimizer">Makes a player's optimiser.</param>
    /// <param name="options">The weight of L_C, and how the two play.</param>
    public AcganTask(Acgan model, Func<Module, Optimizer> optimizer, AcganOptions options)
    {
        (this.model, this.options, game) = (model, options, options.Game);
        augmenter = game.Augmentation.Begin(model.Discriminator.Parameters()[0].Device);
        discriminator = new Player("discriminator", optimizer(model.Discriminator), model.Discriminator);
        generator = new Player("generator", optimizer(model.Generator), model.Generator);
        discriminator.Optimizer.LearningRate *= game.DiscriminatorRate;
        Noise = model.Noise;
    }

    /// <summary>Draws z.</summary>
    internal Func<long, Rng, Tensor> Noise { get; init; }

    public Module Module => model;

    public Module? Memory => augmenter.Memory;

    public IReadOnlyList<Player> Players => [discriminator, generator];

    public void Step(Batch batch, StepContext step)
    {
        var (real, y) = ((2 * batch.Images) - 1, batch.LabelsFor(model.Classes)!);
        var plays = game.GeneratorPlays(step) && step.IsActive(generator);
        var z = Noise(real.Size(0), step.Rng);
        var fake = plays ? model.Generate(z, y) : NoGrad.Run(() => model.Generate(z, y));
        (Tensor Source, Tensor Category) Judge(Tensor x) => model.Discriminate(augmenter.Apply(x, step.Rng));

        step.Minimize(discriminator, () =>
        {
            var still = fake.Detach();
            var (ofReal, ofFake) = (Judge(real), Judge(still));
            step.Log("class/right", ofReal.Category.ArgMax(1).Eq(y).To(DType.Float32).Mean());
            var source = game.DiscriminatorLoss(step, augmenter, x => model.Discriminate(x).Source,
                (real, ofReal.Source), (still, ofFake.Source)); // -L_S
            return source + (options.ClassWeight * (ofReal.Category.CrossEntropy(y) + ofFake.Category.CrossEntropy(y)));
        });
        if (step.IsActive(discriminator)) game.Restraint.AfterStep(model.Discriminator);

        if (!plays) return;
        model.Discriminator.Freeze();
        step.Minimize(generator, () =>
        {
            var (source, category) = Judge(fake);
            step.Log("class/agreement", category.ArgMax(1).Eq(y).To(DType.Float32).Mean());
            return game.Loss.Generator(source) + (options.ClassWeight * category.CrossEntropy(y)); // L_S - L_C
        });
        model.Discriminator.Unfreeze();
    }
}
