// InfoGAN: Interpretable Representation Learning by Information Maximizing Generative Adversarial Nets.
// X. Chen, Y. Duan, R. Houthooft, J. Schulman, I. Sutskever, P. Abbeel, 2016. https://arxiv.org/abs/1606.03657
//
//   min_G,Q max_D V(D, G) - lambda L_I(G, Q)                                                       (equation 6)
//   L_I = E_c,x~G(z,c) [ log Q(c|x) ] + H(c) <= I(c; G(z, c))                                      (equation 5)
//
// Deviations from the paper: DCGAN's convolutions, for any size; the noise and channels are options; Q is trained in
// the discriminator's step and, as the authors' code does it, its term is in both players' losses; the continuous
// codes' Q(c|x) has a variance of 1, so that log Q is a squared error.
//
//   generator      z, c -> x in [-1, 1]   c: one category, and numbers uniform in [-1, 1]          (section 7.2)
//   discriminator  x -> h -> logit        D(x) = sigmoid(logit)
//   recognition    h -> Q(c|x)            shares h with D                                          (section 6)
using System.ComponentModel.DataAnnotations;
using Figment.Data;
using Figment.Data.Images;
using Figment.Models.Adversarial.Game;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>Options of InfoGAN.</summary>
public sealed record InfoGanOptions : ModelOptions
{
    /// <summary>Values of the categorical code.</summary>
    [Range(2, 10_000)]
    public int Categories { get; init; } = 10;

    /// <summary>Continuous codes, uniform in [-1, 1].</summary>
    [Range(0, 100)]
    public int Continuous { get; init; } = 2;

    /// <summary>Numbers in z, the noise that no code explains.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 62;

    /// <summary>p(z). Narrow noise leaves the kinds of images to the category.</summary>
    public LatentPrior Prior { get; init; } = new UniformPrior { Bound = 1 };

    /// <summary>Channels where the image is largest; each halving doubles them.</summary>
    [Range(1, 1024)]
    public int Channels { get; init; } = 64;

    /// <summary>Units of the fully connected layer after the code, and of the one from which D and Q read
    /// (appendix C.1).</summary>
    [Range(1, 65_536)]
    public int Units { get; init; } = 1024;

    /// <summary>Units of Q's own layer.</summary>
    [Range(1, 65_536)]
    public int RecognitionUnits { get; init; } = 128;

    /// <summary>lambda of the categorical code.</summary>
    [Range(0.0, 1e3)]
    public double CategoryWeight { get; init; } = 1;

    /// <summary>lambda of the continuous codes, 1 in the authors' code. Where slant and width go into them, the
    /// category is left to the kinds of images.</summary>
    [Range(0.0, 1e3)]
    public double ContinuousWeight { get; init; } = 1;

    /// <summary>How the two play.</summary>
    public GameOptions Game { get; init; } = new();
}

/// <summary>D and Q on one trunk.</summary>
internal sealed partial class InfoGanDiscriminator : Module
{
    private readonly Sequential trunk; // x -> h (B, units)
    private readonly Linear source; // h -> logit
    private readonly Sequential recognition; // h -> Q's numbers

    public InfoGanDiscriminator(InfoGanOptions options, DcganNetworks networks, Rng rng)
    {
        trunk = new Sequential([.. networks.Trunk.Layers, new Flatten(),
            new Linear(networks.Features.Length, options.Units, rng, bias: false), new BatchNorm1d(options.Units),
            new LeakyRelu(0.1)]);
        source = new Linear(options.Units, 1, rng);
        recognition = new Sequential(
            new Linear(options.Units, options.RecognitionUnits, rng, bias: false),
            new BatchNorm1d(options.RecognitionUnits), new LeakyRelu(0.1),
            new Linear(options.RecognitionUnits, options.Categories + options.Continuous, rng));
    }

    /// <param name="x">(B, C, H, W) in [-1, 1].</param>
    /// <returns>D's logit, (B); and Q's: logits of the category, then means of the continuous codes.</returns>
    public (Tensor Source, Tensor Q) Call(Tensor x)
    {
        var h = trunk.Call(x);
        return (source.Call(h).Squeeze(1), recognition.Call(h));
    }
}

/// <summary>c, the codes that are to be found again in the image.</summary>
/// <param name="Category">(B), Int64.</param>
/// <param name="Numbers">(B, continuous), in [-1, 1].</param>
public sealed record InfoGanCode(Tensor Category, Tensor Numbers);

/// <summary>InfoGAN: a generator whose codes can be read off its images. Its categories are learnt without labels;
/// they are what <c>--class</c> asks for.</summary>
public sealed partial class InfoGan : Module, IDrawsSamples, IDecodesClasses, ISortsImages
{
    private readonly Sequential generator; // (B, J + categories + continuous) -> x in [-1, 1]
    private readonly InfoGanDiscriminator discriminator;
    private readonly InfoGanOptions options;

    /// <param name="options">Sizes.</param>
    /// <param name="shape">Of one image: even sides of at least 8.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public InfoGan(InfoGanOptions options, ImageShape shape, Rng rng)
    {
        this.options = options;
        var networks = DcganNetworks.Make("infogan", shape, options.Units, options.Channels, CriticNorm.Batch, rng);
        var code = options.Latent + options.Categories + options.Continuous;
        generator = new Sequential([new Linear(code, options.Units, rng, bias: false), new BatchNorm1d(options.Units),
            new Relu(), .. networks.Generator.Layers]);
        discriminator = new InfoGanDiscriminator(options, networks, rng);
    }

    public int Classes => options.Categories;

    int ISortsImages.Categories => options.Categories;

    internal Module Generator => generator;

    internal Module Discriminator => discriminator;

    /// <summary>c ~ P(c).</summary>
    public InfoGanCode DrawCode(long count, Rng rng) =>
        new(rng.Integers(0, options.Categories, [count]), rng.Uniform([count, options.Continuous], -1, 1));

    /// <summary>z ~ p(z), (count, J).</summary>
    public Tensor Noise(long count, Rng rng) => options.Prior.Sample(count, options.Latent, rng);

    /// <summary>G(z, c).</summary>
    /// <returns>(B, C, H, W) in [-1, 1].</returns>
    public Tensor Generate(Tensor z, InfoGanCode c) =>
        generator.Call(CodeOf(z, c));

    /// <summary>D's logit, (B); and Q's answers: logits of the category, then the means of the numbers.</summary>
    /// <param name="x">(B, C, H, W) in [-1, 1].</param>
    public (Tensor Source, Tensor Q) Discriminate(Tensor x) => discriminator.Call(x);

    /// <summary>-log Q(c|x), the mean over the images and without its constant: the categories' and the
    /// numbers'.</summary>
    /// <param name="q">(B, categories + continuous)</param>
    /// <param name="c">The codes of the images.</param>
    public (Tensor Category, Tensor Numbers) NotRecognized(Tensor q, InfoGanCode c)
    {
        var K = options.Categories;
        return (q[.., ..K].CrossEntropy(c.Category),
            0.5 * (q[.., K..] - c.Numbers).Square().Sum([1]).Mean()); // N(mean, 1)
    }

    public Tensor CategoryLogits(Tensor images) => Discriminate((2 * images) - 1).Q[.., ..options.Categories];

    public Tensor Sample(int count, Rng rng, bool mean) => Draw(DrawCode(count, rng), rng);

    public Tensor SampleOf(Tensor labels, Rng rng, bool mean) =>
        Draw(DrawCode(labels.Size(0), rng) with { Category = labels }, rng);

    /// <summary>Numbers of z, categories and numbers of c.</summary>
    public int LatentSize => options.Latent + options.Categories + options.Continuous;

    public Range ClassPart => options.Latent..(options.Latent + options.Categories);

    public Tensor ClassCodes(Tensor labels) => labels.OneHot(options.Categories).To(DType.Float32);

    public Tensor DrawCodes(long count, Rng rng)
    {
        var c = DrawCode(count, rng);
        return CodeOf(Noise(count, rng), c);
    }

    /// <summary>Of (z, c).</summary>
    public Tensor Decode(Tensor z) => (generator.Call(z) + 1) / 2;

    private Tensor CodeOf(Tensor z, InfoGanCode c) => Ops.Cat([z, ClassCodes(c.Category), c.Numbers], 1);

    private Tensor Draw(InfoGanCode c, Rng rng) => (Generate(Noise(c.Category.Size(0), rng), c) + 1) / 2;
}

/// <summary>Trains the players, each with the information bound in its loss.</summary>
public sealed class InfoGanTask : ITrainingTask
{
    private readonly InfoGan model;
    private readonly InfoGanOptions options;
    private readonly GameOptions game;
    private readonly Augmenter augmenter;
    private readonly Player discriminator, generator;

    /// <param name="model">The model.</param>
    /// <param name="optimizer">Makes a player's optimiser.</param>
    /// <param name="options">The lambdas, and how the two play.</param>
    public InfoGanTask(InfoGan model, Func<Module, Optimizer> optimizer, InfoGanOptions options)
    {
        (this.model, this.options, game) = (model, options, options.Game);
        augmenter = game.Augmentation.Begin(model.Discriminator.Parameters()[0].Device);
        discriminator = new Player("discriminator", optimizer(model.Discriminator), model.Discriminator);
        generator = new Player("generator", optimizer(model.Generator), model.Generator);
        discriminator.Optimizer.LearningRate *= game.DiscriminatorRate;
        Draw = (count, rng) => (model.Noise(count, rng), model.DrawCode(count, rng));
    }

    /// <summary>Draws z and c.</summary>
    internal Func<long, Rng, (Tensor Z, InfoGanCode C)> Draw { get; init; }

    public Module Module => model;

    public Module? Memory => augmenter.Memory;

    public IReadOnlyList<Player> Players => [discriminator, generator];

    public void Step(Batch batch, StepContext step)
    {
        var real = (2 * batch.Images) - 1;
        var plays = game.GeneratorPlays(step) && step.IsActive(generator);
        var (z, c) = Draw(real.Size(0), step.Rng);
        var fake = plays ? model.Generate(z, c) : NoGrad.Run(() => model.Generate(z, c));
        (Tensor Source, Tensor Q) Judge(Tensor x) => model.Discriminate(augmenter.Apply(x, step.Rng));

        step.Minimize(discriminator, () =>
        {
            var still = fake.Detach();
            var (ofReal, ofFake) = (Judge(real), Judge(still));
            var source = game.DiscriminatorLoss(step, augmenter, x => model.Discriminate(x).Source,
                (real, ofReal.Source), (still, ofFake.Source));
            return source + MinusBound(ofFake.Q, c);
        });
        if (step.IsActive(discriminator)) game.Restraint.AfterStep(model.Discriminator);

        if (!plays) return;
        model.Discriminator.Freeze();
        step.Minimize(generator, () =>
        {
            var (source, q) = Judge(fake);
            var (category, numbers) = model.NotRecognized(q, c);
            step.Log("code/category", category);
            step.Log("code/numbers", numbers);
            return game.Loss.Generator(source) + MinusBound(q, c); // equation 6
        });
        model.Discriminator.Unfreeze();
    }

    // -lambda L_I without the entropy of the codes, which nobody can change.
    private Tensor MinusBound(Tensor q, InfoGanCode c)
    {
        var (category, numbers) = model.NotRecognized(q, c);
        return (options.CategoryWeight * category) + (options.ContinuousWeight * numbers);
    }
}
