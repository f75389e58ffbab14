// Adversarial Autoencoders, supervised. A. Makhzani, J. Shlens, N. Jaitly, I. Goodfellow, B. Frey, 2015, section 4.
// https://arxiv.org/abs/1511.05644
//
//   min E |x - x^(z, y)|^2 / 2   and   min_q max_D  E_p(z) [ log D(z) ] + E_q(z) [ log(1 - D(z)) ]   (equation 1)
//
// The decoder is told the class, so that the code need not carry it: what is left for z is the style. The adversary
// holds q(z) to the prior, the codes of all classes together, and not those of each class, q(z|y): that z should tell
// nothing of y is a hope, which `figment probe` measures.
//
// Deviations from the paper: those of Aae.cs; two numbers of style unless asked for otherwise (the paper's 15 carry the
// class too, as long as trainings here are).
//
//   encoder        x -> z           q(z|x), deterministic
//   decoder        z, y -> x^       y the label as a one-hot vector
//   discriminator  z -> logit       D(z) = sigmoid(logit)
using System.ComponentModel.DataAnnotations;
using Figment.Data;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>Options of the supervised adversarial autoencoder.</summary>
public sealed record AaeSupervisedOptions : ModelOptions, IValidatableObject
{
    /// <summary>J, numbers of the style z.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 2;

    /// <summary>K, classes of the data's labels.</summary>
    [Range(2, 10_000)]
    public int Classes { get; init; } = 10;

    /// <summary>Units of the encoder's hidden layers, first to last; the decoder has the same, reversed, and so has the
    /// discriminator, as they are.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Hidden { get; init; } = [1000, 1000];

    /// <summary>What follows each hidden layer.</summary>
    public Nonlinearity Nonlinearity { get; init; } = Nonlinearity.Relu;

    /// <summary>The distribution that the styles of all images together are to have.</summary>
    public LatentPrior Prior { get; init; } = new GaussianPrior { Sigma = 0.2 };

    /// <summary>Learning rate of the discriminator and the generator, as a multiple of the optimiser's, which is the
    /// reconstruction's.</summary>
    [Range(0.0, 1e3)]
    public double AdversarialRate { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Prior.Misfit(Latent);
}

/// <summary>The adversarial autoencoder whose decoder is told the class. Its code in the verbs is z, then y as K
/// numbers: those of an image are one-hot, the class with which it is reconstructed best.</summary>
public sealed partial class AaeSupervised : Module, IDrawsSamples, IDrawsClasses, IEncodesImages
{
    private readonly Sequential encoder; // x (B, C, H, W) -> z (B, J)
    private readonly Sequential decoder; // z, y (B, J + K) -> logits of x^ (B, C, H, W)
    private readonly Sequential discriminator; // z (B, J) -> logit (B, 1)

    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public AaeSupervised(AaeSupervisedOptions options, ImageShape shape, Rng rng)
    {
        (StyleSize, Classes, Prior) = (options.Latent, options.Classes, options.Prior);
        (encoder, decoder) = CodingNetworks.FullyConnected(shape, options.Hidden, options.Nonlinearity, StyleSize,
            LatentSize, mapsPerChannel: 1, rng);
        discriminator = new Sequential(
            CodingNetworks.Stack([StyleSize, .. options.Hidden, 1], options.Nonlinearity, rng));
    }

    /// <summary>J, the numbers of a style.</summary>
    public int StyleSize { get; }

    /// <summary>K</summary>
    public int Classes { get; }

    /// <summary>J + K: the style, then the class.</summary>
    public int LatentSize => StyleSize + Classes;

    /// <summary>p(z).</summary>
    public LatentPrior Prior { get; }

    internal Sequential Encoder => encoder;

    internal Sequential Decoder => decoder;

    internal Sequential Discriminator => discriminator;

    /// <summary>z of each image.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <returns>(B, J)</returns>
    public Tensor Style(Tensor x) => encoder.Call(x);

    /// <summary>Styles drawn from the prior.</summary>
    /// <returns>(count, J)</returns>
    public Tensor Drawn(long count, Rng rng) => Prior.Sample(count, StyleSize, rng);

    /// <summary>|x - x^(z, y)|^2 / 2 of each image, summed over pixels.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <param name="z">Their styles, (B, J).</param>
    /// <param name="labels">Their classes, (B), Int64.</param>
    /// <returns>(B)</returns>
    public Tensor Errors(Tensor x, Tensor z, Tensor labels) =>
        0.5 * (x - Decode(StyleAndClass.Join(z, StyleAndClass.OneHot(labels, Classes)))).Square().Sum([1, 2, 3]);

    /// <summary>The class with which each image is reconstructed best: of all y the one for which p(x|z, y) is largest,
    /// pixels being Gaussian.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <param name="z">Their styles, (B, J).</param>
    /// <returns>(B), Int64</returns>
    public Tensor BestClass(Tensor x, Tensor z) => Ops.Stack([.. Nn.Decode.Steps(Classes, label =>
        Errors(x, z, Tensor.Full([x.Size(0)], label, DType.Int64, x.Device)))], 1).ArgMin(1);

    public Tensor Sample(int count, Rng rng, bool mean) =>
        SampleOf(rng.Integers(0, Classes, [count]), rng, mean);

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) =>
        Decode(StyleAndClass.Join(Drawn(labels.Size(0), rng), StyleAndClass.OneHot(labels, Classes)));

    public Tensor Encode(Tensor images)
    {
        var z = Style(images);
        return StyleAndClass.Join(z, StyleAndClass.OneHot(BestClass(images, z), Classes));
    }

    public Tensor Decode(Tensor z) => decoder.Call(z).Sigmoid();

    // A deterministic code: there is nothing to draw.
    public Tensor Reconstruct(Tensor images, Rng? rng) => Decode(Encode(images));
}

/// <summary>Trains a supervised adversarial autoencoder: the reconstruction with the labels, then the game on
/// styles.</summary>
public sealed class AaeSupervisedTask : ITrainingTask
{
    private readonly AaeSupervised aae;
    private readonly Player reconstruction;
    private readonly CodeGame game;

    /// <param name="aae">The model.</param>
    /// <param name="optimizer">Makes a player's optimiser.</param>
    /// <param name="adversarialRate">Learning rate of discriminator and generator, as a multiple of the
    /// optimiser's.</param>
    public AaeSupervisedTask(AaeSupervised aae, Func<Module, Optimizer> optimizer, double adversarialRate)
    {
        this.aae = aae;
        var autoencoder = new Sequential(aae.Encoder, aae.Decoder);
        reconstruction = new Player("reconstruction", optimizer(autoencoder), autoencoder);
        game = new CodeGame(aae.Discriminator, aae.Encoder, optimizer, adversarialRate);
    }

    public Module Module => aae;

    public IReadOnlyList<Player> Players => [reconstruction, game.Discriminator, game.Generator];

    public void Step(Batch batch, StepContext step)
    {
        var (x, labels) = (batch.Images, batch.Labels ?? throw new InvalidOperationException(
            "aae-supervised learns from labels, and these data have none: choose labelled data, or train an aae"));
        step.Minimize(reconstruction, () => aae.Errors(x, aae.Style(x), labels).Mean());
        game.Judge(step, () => aae.Drawn(x.Size(0), step.Rng), () => aae.Style(x));
        game.Deceive(step, () => aae.Style(x));
    }
}
