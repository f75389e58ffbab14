// Adversarial Autoencoders. A. Makhzani, J. Shlens, N. Jaitly, I. Goodfellow, B. Frey, 2015.
// https://arxiv.org/abs/1511.05644
//
//   min E |x - x^|^2 / 2   and   min_q max_D  E_p(z) [ log D(z) ] + E_q(z) [ log(1 - D(z)) ],
//   q(z) = integral of q(z|x) p_data(x) dx, the aggregated posterior                         (equation 1)
//
// Deviations from the paper: Adam unless asked for otherwise, PyTorch's initial weights in place of N(0, 0.01^2); the
// generator's loss is the non-saturating one, -log D(q(x)).
//
//   encoder        x -> z        q(z|x): z itself, or mu and log sigma^2 of a Gaussian       (section 2)
//   decoder        z -> x^       in [0, 1] by a sigmoid                                      (appendix A.1)
//   discriminator  z -> logit    D(z) = sigmoid(logit), the probability that z is p(z)'s
//   prior          p(z)          anything that can be drawn                                  (section 2.2)
using System.ComponentModel.DataAnnotations;
using Figment.Data;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>What an adversarial autoencoder's encoder gives.</summary>
public enum AaePosterior
{
    /// <summary>The code itself; the only randomness of q(z) is the data's.</summary>
    Deterministic,

    /// <summary>Mean and variance of a Gaussian from which the code is drawn.</summary>
    Gaussian,
}

/// <summary>Options of the adversarial autoencoder.</summary>
public sealed record AaeOptions : ModelOptions, IValidatableObject
{
    /// <summary>Numbers in the latent code z.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 8;

    /// <summary>Units of the encoder's hidden layers, first to last; the decoder has the same, reversed, and so has the
    /// discriminator, as they are.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Hidden { get; init; } = [1000, 1000];

    /// <summary>What follows each hidden layer.</summary>
    public Nonlinearity Nonlinearity { get; init; } = Nonlinearity.Relu;

    /// <summary>The distribution that the codes are to have.</summary>
    public LatentPrior Prior { get; init; } = new GaussianPrior();

    /// <summary>Whether a code is given or drawn.</summary>
    public AaePosterior Posterior { get; init; }

    /// <summary>Learning rate of the discriminator and the generator, as a multiple of the optimiser's, which is the
    /// reconstruction's.</summary>
    [Range(0.0, 1e3)]
    public double AdversarialRate { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Prior.Misfit(Latent);
}

/// <summary>The adversarial autoencoder: codes that a discriminator cannot tell from the prior's.</summary>
public sealed partial class Aae : Module, IDrawsSamples, IEncodesImages
{
    private readonly Sequential encoder; // x (B, C, H, W) -> z (B, J), or mu, logVar (B, 2 J)
    private readonly Sequential decoder; // z (B, J) -> logits of x^ (B, C, H, W)
    private readonly Sequential discriminator; // z (B, J) -> logit (B, 1)
    private readonly AaePosterior posterior;

    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public Aae(AaeOptions options, ImageShape shape, Rng rng)
    {
        (LatentSize, Prior, posterior) = (options.Latent, options.Prior, options.Posterior);
        var numbers = posterior == AaePosterior.Gaussian ? 2 * LatentSize : LatentSize;
        (encoder, decoder) = CodingNetworks.FullyConnected(shape, options.Hidden, options.Nonlinearity, numbers,
            LatentSize, mapsPerChannel: 1, rng);
        discriminator = new Sequential(
            CodingNetworks.Stack([LatentSize, .. options.Hidden, 1], options.Nonlinearity, rng));
    }

    /// <summary>J, the numbers in one code.</summary>
    public int LatentSize { get; }

    /// <summary>p(z).</summary>
    public LatentPrior Prior { get; }

    public double? PriorSigma => (Prior as GaussianPrior)?.Sigma;

    internal Sequential Encoder => encoder;

    internal Sequential Decoder => decoder;

    internal Sequential Discriminator => discriminator;

    /// <summary>A code of each image from q(z|x).</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <param name="rng">Draws it where the posterior is Gaussian; null takes the mean.</param>
    /// <returns>(B, J)</returns>
    public Tensor Code(Tensor x, Rng? rng)
    {
        var h = encoder.Call(x);
        if (posterior == AaePosterior.Deterministic) return h;
        var halves = h.Chunk(2, 1); // 2 of (B, J)
        return rng is null ? halves[0]
            : new DiagonalGaussian(halves[0], halves[1]).Sample(rng.Normal(halves[0].Shape));
    }

    /// <summary>Codes drawn from the prior.</summary>
    /// <returns>(count, J)</returns>
    public Tensor Drawn(long count, Rng rng) => Prior.Sample(count, LatentSize, rng);

    /// <summary>The mean over the images of |x - x^|^2 / 2, summed over pixels.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <param name="z">Their codes, (B, J).</param>
    public Tensor ReconstructionLoss(Tensor x, Tensor z) =>
        0.5 * (x - Decode(z)).Square().Sum([1, 2, 3]).Mean();

    /// <summary>The logit of D(z), the probability that a code is the prior's.</summary>
    /// <param name="z">(B, J)</param>
    /// <returns>(B)</returns>
    public Tensor Discriminate(Tensor z) => CodeGame.Logits(discriminator, z);

    public Tensor Sample(int count, Rng rng, bool mean) => Decode(Drawn(count, rng)); // z ~ p(z)

    public Tensor Encode(Tensor images) => Code(images, null);

    public Tensor Decode(Tensor z) => decoder.Call(z).Sigmoid();

    public Tensor Reconstruct(Tensor images, Rng? rng) => Decode(Code(images, rng));
}

/// <summary>Trains an adversarial autoencoder in the paper's two phases: the reconstruction, then the regularisation by
/// the discriminator and by the encoder as its generator. Each of the three has an optimiser of its own.</summary>
public sealed class AaeTask : ITrainingTask
{
    private readonly Aae aae;
    private readonly Player reconstruction;
    private readonly CodeGame game;

    /// <param name="aae">The model.</param>
    /// <param name="optimizer">Makes a player's optimiser.</param>
    /// <param name="adversarialRate">Learning rate of discriminator and generator, as a multiple of the
    /// optimiser's.</param>
    public AaeTask(Aae aae, Func<Module, Optimizer> optimizer, double adversarialRate)
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
        var x = batch.Images;
        step.Minimize(reconstruction, () => aae.ReconstructionLoss(x, aae.Code(x, step.Rng)));
        game.Judge(step, () => aae.Drawn(x.Size(0), step.Rng), () => aae.Code(x, step.Rng));
        game.Deceive(step, () => aae.Code(x, step.Rng));
    }
}
