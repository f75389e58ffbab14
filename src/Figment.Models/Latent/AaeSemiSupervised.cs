// Adversarial Autoencoders, semi-supervised. A. Makhzani, J. Shlens, N. Jaitly, I. Goodfellow, B. Frey, 2015, part 5.
// https://arxiv.org/abs/1511.05644
//
//   reconstruction   min E |x - x^(z, y)|^2 / 2
//   regularisation   q(z) against p(z), q(y) against Cat(y), by a discriminator each                (equation 1, twice)
//   classification   min E -log q(y|x), over the labelled images alone
//
// All images take part in the first two, without labels. Held to one-hot vectors, y becomes a choice of one of K,
// and what a choice of K can tell best of an image is its cluster; the labelled images name the clusters.
//
// Deviations from the paper: Aae.cs's. The two discriminators learn, then the encoder deceives one and the other.
//
//   encoder              x -> z, a     q(z|x), deterministic, and q(y|x) = softmax(a)
//   decoder              z, y -> x^
//   style discriminator  z -> logit    against p(z), a Gaussian
//   class discriminator  y -> logit    against Cat(y), every class as likely, as one-hot vectors
using System.ComponentModel.DataAnnotations;
using Figment.Data;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>Options of the semi-supervised adversarial autoencoder.</summary>
public sealed record AaeSemiSupervisedOptions : ModelOptions, ILearnsFromFewLabels, IValidatableObject
{
    /// <summary>Training images whose labels are learned from, as many of each class; the seed decides which. 0 takes
    /// all.</summary>
    [Range(0, int.MaxValue)]
    public int Labelled { get; init; } = 100;

    /// <summary>J, numbers of the style z.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 10;

    /// <summary>K, classes of the data's labels.</summary>
    [Range(2, 10_000)]
    public int Classes { get; init; } = 10;

    /// <summary>Units of the encoder's hidden layers, first to last; the decoder has the same, reversed, and so have
    /// the discriminators, as they are.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Hidden { get; init; } = [1000, 1000];

    /// <summary>What follows each hidden layer.</summary>
    public Nonlinearity Nonlinearity { get; init; } = Nonlinearity.Relu;

    /// <summary>The distribution that the styles are to have.</summary>
    public LatentPrior Prior { get; init; } = new GaussianPrior();

    /// <summary>Learning rate of the discriminators and the generators, as a multiple of the optimiser's, which is the
    /// reconstruction's.</summary>
    [Range(0.0, 1e3)]
    public double AdversarialRate { get; init; } = 0.3;

    /// <summary>Learning rate of the classification, likewise.</summary>
    [Range(0.0, 1e3)]
    public double ClassificationRate { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var fault in Prior.Misfit(Latent)) yield return fault;
        if (Labelled > 0 && Labelled < Classes)
            yield return new ValidationResult($"must be at least {Classes}, one of each class, or 0 for all",
                [nameof(Labelled)]);
    }
}

/// <summary>The adversarial autoencoder that learns style and class from all images, and the classes' names from few
/// labels. Its code in the verbs is z, then q(y|x) as K numbers.</summary>
public sealed partial class AaeSemiSupervised : Module, IDrawsSamples, IDrawsClasses, IEncodesImages, IRecognizesClasses
{
    private readonly Sequential encoder; // x (B, C, H, W) -> z, a (B, J + K)
    private readonly Sequential decoder; // z, y (B, J + K) -> logits of x^ (B, C, H, W)
    private readonly Sequential styleDiscriminator; // z (B, J) -> logit (B, 1)
    private readonly Sequential classDiscriminator; // y (B, K) -> logit (B, 1)

    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public AaeSemiSupervised(AaeSemiSupervisedOptions options, ImageShape shape, Rng rng)
    {
        (StyleSize, Classes, Prior) = (options.Latent, options.Classes, options.Prior);
        FeatureSize = options.Hidden[^1];
        (encoder, decoder) = CodingNetworks.FullyConnected(shape, options.Hidden, options.Nonlinearity, LatentSize,
            LatentSize, mapsPerChannel: 1, rng);
        Sequential Judge(int numbers) => new(
            CodingNetworks.Stack([numbers, .. options.Hidden, 1], options.Nonlinearity, rng));
        (styleDiscriminator, classDiscriminator) = (Judge(StyleSize), Judge(Classes));
    }

    /// <summary>J, the numbers of a style.</summary>
    public int StyleSize { get; }

    /// <summary>K</summary>
    public int Classes { get; }

    /// <summary>J + K: the style, then the class.</summary>
    public int LatentSize => StyleSize + Classes;

    /// <summary>p(z).</summary>
    public LatentPrior Prior { get; }

    /// <summary>Units of the encoder's last hidden layer.</summary>
    public int FeatureSize { get; }

    /// <summary>-log q(y|x), the mean over labelled images.</summary>
    /// <param name="logits">a, (B, K)</param>
    /// <param name="labels">(B), Int64.</param>
    public static Tensor ClassificationLoss(Tensor logits, Tensor labels) => logits.CrossEntropy(labels);

    internal Sequential Encoder => encoder;

    internal Sequential Decoder => decoder;

    internal Sequential StyleDiscriminator => styleDiscriminator;

    internal Sequential ClassDiscriminator => classDiscriminator;

    /// <summary>z of each image, and the logits a of q(y|x).</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <returns>(B, J) and (B, K)</returns>
    public (Tensor Z, Tensor A) Codes(Tensor x)
    {
        var h = encoder.Call(x); // (B, J + K)
        return (h.Narrow(1, 0, StyleSize), h.Narrow(1, StyleSize, Classes));
    }

    /// <summary>Styles drawn from the prior.</summary>
    /// <returns>(count, J)</returns>
    public Tensor Drawn(long count, Rng rng) => Prior.Sample(count, StyleSize, rng);

    /// <summary>The mean over the images of |x - x^|^2 / 2, summed over pixels.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    public Tensor ReconstructionLoss(Tensor x) => 0.5 * (x - Decode(Encode(x))).Square().Sum([1, 2, 3]).Mean();

    public Tensor Logits(Tensor images) => Codes(images).A;

    public Tensor Features(Tensor images) =>
        encoder.Layers.SkipLast(1).Aggregate(images, (x, layer) => layer.Call(x));

    public Tensor Sample(int count, Rng rng, bool mean) =>
        SampleOf(rng.Integers(0, Classes, [count]), rng, mean);

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) =>
        Decode(StyleAndClass.Join(Drawn(labels.Size(0), rng), StyleAndClass.OneHot(labels, Classes)));

    public Tensor Encode(Tensor images)
    {
        var (z, a) = Codes(images);
        return StyleAndClass.Join(z, a.Softmax(1));
    }

    public Tensor Decode(Tensor z) => decoder.Call(z).Sigmoid();

    // A deterministic code: there is nothing to draw.
    public Tensor Reconstruct(Tensor images, Rng? rng) => Decode(Encode(images));
}

/// <summary>Trains a semi-supervised adversarial autoencoder: reconstruction, two games on codes, and classification of
/// the labelled images. Each of the six has an optimiser of its own.</summary>
public sealed class AaeSemiSupervisedTask : ITrainingTask
{
    private readonly AaeSemiSupervised aae;
    private readonly Player reconstruction, classification;
    private readonly CodeGame styles, classes;

    /// <param name="aae">The model.</param>
    /// <param name="optimizer">Makes a player's optimiser.</param>
    /// <param name="adversarialRate">Learning rate of discriminators and generators, as a multiple of the
    /// optimiser's.</param>
    /// <param name="classificationRate">Learning rate of the classification, likewise.</param>
    public AaeSemiSupervisedTask(AaeSemiSupervised aae, Func<Module, Optimizer> optimizer, double adversarialRate,
        double classificationRate)
    {
        this.aae = aae;
        var autoencoder = new Sequential(aae.Encoder, aae.Decoder);
        reconstruction = new Player("reconstruction", optimizer(autoencoder), autoencoder);
        styles = new CodeGame(aae.StyleDiscriminator, aae.Encoder, optimizer, adversarialRate, "style-");
        classes = new CodeGame(aae.ClassDiscriminator, aae.Encoder, optimizer, adversarialRate, "class-");
        classification = new Player("classification", optimizer(aae.Encoder), aae.Encoder);
        classification.Optimizer.LearningRate *= classificationRate;
    }

    public Module Module => aae;

    public IReadOnlyList<Player> Players =>
    [
        reconstruction, styles.Discriminator, classes.Discriminator, styles.Generator, classes.Generator,
        classification,
    ];

    public void Step(Batch batch, StepContext step)
    {
        var (x, labelled) = (batch.Images, batch.Labelled ?? throw new InvalidOperationException(
            "aae-semi-supervised takes a batch of labelled images beside each batch, and these data have no labels"));
        step.Minimize(reconstruction, () => aae.ReconstructionLoss(x));
        var (z, a) = NoGrad.Run(() => aae.Codes(x));
        styles.Judge(step, () => aae.Drawn(x.Size(0), step.Rng), () => z);
        classes.Judge(step, () => StyleAndClass.Classes(x.Size(0), aae.Classes, step.Rng), () => a.Softmax(1));
        styles.Deceive(step, () => aae.Codes(x).Z);
        classes.Deceive(step, () => aae.Codes(x).A.Softmax(1));
        step.Minimize(classification, () =>
        {
            var logits = aae.Codes(labelled.Images).A;
            step.Log("classification/accuracy", logits.ArgMax(1).Eq(labelled.Labels!).To(DType.Float32).Mean());
            return AaeSemiSupervised.ClassificationLoss(logits, labelled.Labels!);
        });
    }
}
