// Generative Adversarial Nets. I. Goodfellow, J. Pouget-Abadie, M. Mirza, B. Xu, D. Warde-Farley, S. Ozair,
// A. Courville, Y. Bengio, 2014. https://arxiv.org/abs/1406.2661
//
//   min_G max_D V(D, G) = E_p(x) [ log D(x) ] + E_p(z) [ log(1 - D(G(z))) ]                     (equation 1)
//   D*(x) = p(x) / (p(x) + p_g(x)),   V(D*, G) = -log 4 + 2 JSD(p || p_g)                       (equations 2 and 6)
//
// Deviations from the paper: Adam unless asked for otherwise, both losses to choose from. Initial weights are the
// authors' code's: uniform within 0.05 in the generator, within 0.005 in the discriminator, biases 0.
//
//   generator      z -> x          rectifiers, a sigmoid at the end (as in the authors' code)
//   discriminator  x -> logit      D(x) = sigmoid(logit): maxout units, dropout before each layer
//   prior          p(z)            uniform; anything that can be drawn
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Adversarial.Game;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>Options of the fully connected generative adversarial network.</summary>
public sealed record GanOptions : ModelOptions, IValidatableObject
{
    /// <summary>Numbers in z.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 100;

    /// <summary>p(z).</summary>
    public LatentPrior Prior { get; init; } = new UniformPrior { Bound = 1.7320508 };

    /// <summary>Units of the generator's hidden layers.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Generator { get; init; } = [1200, 1200];

    /// <summary>Units of the discriminator's hidden layers, each the largest of its pieces.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Discriminator { get; init; } = [240, 240];

    /// <summary>Linear pieces of a maxout unit (Goodfellow et al. 2013, https://arxiv.org/abs/1302.4389).</summary>
    [Range(1, 64)]
    public int Pieces { get; init; } = 5;

    /// <summary>Probability that a unit of the discriminator is dropped.</summary>
    [Range(0.0, 0.99)]
    public double Dropout { get; init; } = 0.5;

    /// <summary>Probability that a pixel is dropped before it.</summary>
    [Range(0.0, 0.99)]
    public double InputDropout { get; init; } = 0.2;

    /// <summary>How the two play.</summary>
    public GameOptions Game { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Prior.Misfit(Latent);
}

/// <summary>The generative adversarial network of 2014.</summary>
public sealed partial class Gan : Module, IDrawsSamples, IDrawsCodes, IAdversaries
{
    private readonly Sequential generator; // z (B, J) -> x (B, C, H, W) in [0, 1]
    private readonly Sequential discriminator; // x -> logit (B, 1)
    private readonly LatentPrior prior;
    private readonly int latent;

    /// <param name="options">Sizes and distributions.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public Gan(GanOptions options, ImageShape shape, Rng rng)
    {
        (prior, latent) = (options.Prior, options.Latent);
        List<Layer> up = [], down = [new Flatten(), new Dropout(options.InputDropout)];
        var units = latent;
        foreach (var next in options.Generator)
        {
            up.AddRange([new Linear(units, next, rng), new Relu()]);
            units = next;
        }

        up.AddRange([new Linear(units, shape.Length, rng), new Sigmoid(),
            new Unflatten(1, shape.Channels, shape.Height, shape.Width)]);
        units = shape.Length;
        foreach (var next in options.Discriminator)
        {
            down.AddRange([new Maxout(units, next, options.Pieces, rng), new Dropout(options.Dropout)]);
            units = next;
        }

        generator = new Sequential([.. up]);
        discriminator = new Sequential([.. down, new Linear(units, 1, rng)]);
        Initialize(generator, 0.05, rng);
        Initialize(discriminator, 0.005, rng);
    }

    /// <summary>Weights uniform within a bound, biases 0, as in the authors' code.</summary>
    internal static void Initialize(Module network, double bound, Rng rng)
    {
        foreach (var parameter in network.Parameters())
        {
            if (parameter.Rank > 1) Init.Uniform(parameter, rng, -bound, bound);
            else Init.Zeros(parameter);
        }
    }

    /// <summary>J, the numbers in z.</summary>
    public int LatentSize => latent;

    public double? PriorSigma => (prior as GaussianPrior)?.Sigma;

    Module IAdversaries.Generator => generator;

    Module IAdversaries.Discriminator => discriminator;

    public Tensor Real(Tensor images) => images;

    public Tensor Noise(long count, Rng rng) => prior.Sample(count, latent, rng);

    public Tensor Generate(Tensor z, Tensor? y) => generator.Call(z);

    public Tensor Discriminate(Tensor x, Tensor? y, Rng rng) => discriminator.Call(x, rng).Squeeze(1);

    public Tensor DrawCodes(long count, Rng rng) => Noise(count, rng);

    public Tensor Decode(Tensor z) => generator.Call(z);

    public Tensor Sample(int count, Rng rng, bool mean) => Decode(Noise(count, rng));
}
