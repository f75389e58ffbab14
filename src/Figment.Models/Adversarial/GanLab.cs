// A laboratory for adversarial games: points of a line or a plane, of which everything can be seen. After
// L. Metz, B. Poole, D. Pfau, J. Sohl-Dickstein: Unrolled Generative Adversarial Networks, 2017.
// https://arxiv.org/abs/1611.02163
//
//   any loss of the game between two fully connected networks                        (2017, section 3.1, appendix A)
//   D*(x) = p(x) / (p(x) + p_g(x)), which D should be at the optimum       (Goodfellow et al. 2014, proposition 1)
//   v(x) = -grad L_G(D(x)), the way that the generator is pulled at x
//
// Deviations from the paper: rectifiers on both sides, sizes, losses and restraints by option; nothing is unrolled.
//
//   generator      z -> x          real numbers, without bounds
//   discriminator  x -> score
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Adversarial.Game;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>Options of the laboratory.</summary>
public sealed record GanLabOptions : ModelOptions, IValidatableObject
{
    /// <summary>Numbers in z.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 8;

    /// <summary>p(z).</summary>
    public LatentPrior Prior { get; init; } = new GaussianPrior();

    /// <summary>Units of the generator's hidden layers.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Generator { get; init; } = [128, 128];

    /// <summary>Units of the discriminator's hidden layers.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Discriminator { get; init; } = [128, 128];

    /// <summary>How the two play.</summary>
    public GameOptions Game { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var fault in Prior.Misfit(Latent)) yield return fault;
        if (Game.Augmentation is not NoAugmentation)
            yield return new ValidationResult("must not augment: points are no images", [nameof(Game)]);
    }
}

/// <summary>A generative adversarial network on points of a line or a plane.</summary>
public sealed partial class GanLab : Module, IDrawsSamples, IAdversaries
{
    private readonly Sequential generator; // z (B, J) -> x (B, 1, 1, D)
    private readonly Sequential discriminator; // x -> score (B, 1)
    private readonly LatentPrior prior;
    private readonly AdversarialLoss loss;
    private readonly int latent;

    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one point, 1x1x1 or 1x1x2.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">The data are no points of a line or a plane.</exception>
    public GanLab(GanLabOptions options, ImageShape shape, Rng rng)
    {
        if (shape.Length > 2)
            throw new ArgumentException($"gan-lab plays on points of one or two numbers, and {shape} are more: "
                + "use a set of points such as ring-of-8, or a .csv file of two columns (data.source).");
        (prior, loss, latent) = (options.Prior, options.Game.Loss, options.Latent);
        Dimensions = shape.Length;
        List<Layer> up = [], down = [new Flatten()];
        var units = latent;
        foreach (var next in options.Generator)
        {
            up.AddRange([new Linear(units, next, rng), new Relu()]);
            units = next;
        }

        up.AddRange([new Linear(units, Dimensions, rng), new Unflatten(1, 1, 1, Dimensions)]);
        units = Dimensions;
        foreach (var next in options.Discriminator)
        {
            down.AddRange([new Linear(units, next, rng), new LeakyRelu(0.2)]);
            units = next;
        }

        generator = new Sequential([.. up]);
        discriminator = new Sequential([.. down, new Linear(units, 1, rng)]);
    }

    /// <summary>Numbers in a point, 1 or 2.</summary>
    public int Dimensions { get; }

    /// <summary>Whether the discriminator says a probability, sigmoid(score), whose optimum is D*.</summary>
    public bool SaysProbability => loss is LogLoss;

    Module IAdversaries.Generator => generator;

    Module IAdversaries.Discriminator => discriminator;

    public Tensor Real(Tensor images) => images;

    public Tensor Noise(long count, Rng rng) => prior.Sample(count, latent, rng);

    public Tensor Generate(Tensor z, Tensor? y) => generator.Call(z);

    public Tensor Discriminate(Tensor x, Tensor? y, Rng rng) => Score(x);

    /// <summary>The discriminator's logit or score.</summary>
    /// <param name="x">(B, ...) of <see cref="Dimensions"/> numbers.</param>
    /// <returns>(B)</returns>
    public Tensor Score(Tensor x) => discriminator.Call(x).Squeeze(1);

    /// <summary>v(x), the way in which the generator's loss pulls a point that it had made.</summary>
    /// <param name="x">(B, D)</param>
    /// <returns>(B, D)</returns>
    public Tensor Pull(Tensor x) => NoGrad.Off(() =>
    {
        var at = x.Detach();
        at.RequiresGrad = true;
        return -x.Size(0) * Autograd.Grad([loss.Generator(Score(at))], [at])[0]!; // the loss is a mean over points
    });

    public Tensor Sample(int count, Rng rng, bool mean) => generator.Call(Noise(count, rng));
}
