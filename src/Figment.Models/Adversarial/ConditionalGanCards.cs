using Figment.Models.Adversarial.Game;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>The cards of the adversarial networks that are told a class, or find classes.</summary>
internal static class ConditionalGanCards
{
    private static readonly AdamOptimizerOptions adam = new() { LearningRate = 2e-4, Beta1 = 0.5 };

    /// <summary>That digits are of the class that was asked for, said by a classifier that is right on 99.4 % of real
    /// ones.</summary>
    public static Expectation ConditionedDigits { get; } =
        new("agreement", 95, 10_000, "none with this classifier") { Unit = "%", Extractor = "lenet-mnist" };

    public static IReadOnlyList<ModelCard> All { get; } =
    [
        new()
        {
            Id = "cgan",
            Title = "Conditional generative adversarial network",
            Paper = "M. Mirza, S. Osindero: Conditional Generative Adversarial Nets, 2014",
            Link = new("https://arxiv.org/abs/1411.1784"),
            Summary = "The fully connected game with the class as an input of both players.",
            Family = "Adversarial",
            Defaults = new CganOptions(),
            Model = typeof(Cgan),
            Presets =
            [
                new("cgan-mnist", "the paper's sizes on MNIST, with a gradient penalty",
                    "Mirza and Osindero 2014, section 4.1; loss, penalty and Adam are ours",
                    new TrainOptions
                    {
                        Model = new CganOptions
                        {
                            Dropout = 0,
                            Game = new()
                            {
                                Loss = new WassersteinLoss(),
                                Restraint = new GradientPenalty(),
                                DiscriminatorSteps = 2,
                            },
                        },
                        Data = new() { Source = "mnist" },
                        Optimizer = adam,
                        Plan = new() { Epochs = 40, Batch = 100, EmaDecay = 0.999 },
                    }, ConditionedDigits, "about 20 min"),
            ],
            Create = (options, shape, rng) => new Cgan((CganOptions)options, shape, rng),
            Train = (options, gan, optimizer) => new AdversarialTask((Cgan)gan, optimizer, ((CganOptions)options).Game),
        },
        new()
        {
            Id = "acgan",
            Title = "GAN with an auxiliary classifier",
            Paper = "A. Odena, C. Olah, J. Shlens: Conditional Image Synthesis with Auxiliary Classifier GANs, 2016",
            Link = new("https://arxiv.org/abs/1610.09585"),
            Summary = "A convolutional game whose discriminator also says the class: clear classes, less variety in "
                + "each.",
            Family = "Adversarial",
            Defaults = new AcganOptions(),
            Model = typeof(Acgan),
            Presets =
            [
                new("acgan-mnist", "32 channels on MNIST", "Odena et al. 2016, section 3, at 28x28",
                    new TrainOptions
                    {
                        Model = new AcganOptions { Channels = 32 },
                        Data = new() { Source = "mnist" },
                        Optimizer = adam,
                        Plan = new() { Epochs = 15, Batch = 128 },
                    }, ConditionedDigits, "about 15 min"),
            ],
            Create = (options, shape, rng) => new Acgan((AcganOptions)options, shape, rng),
            Train = (options, gan, optimizer) => new AcganTask((Acgan)gan, optimizer, (AcganOptions)options),
        },
        new()
        {
            Id = "infogan",
            Title = "InfoGAN",
            Paper = "X. Chen et al.: InfoGAN: Interpretable Representation Learning by Information Maximizing "
                + "Generative Adversarial Nets, 2016",
            Link = new("https://arxiv.org/abs/1606.03657"),
            Summary = "A game whose generator must leave its codes readable in the image: categories and directions "
                + "found without labels.",
            Family = "Adversarial",
            Defaults = new InfoGanOptions(),
            Model = typeof(InfoGan),
            Presets =
            [
                new("infogan-mnist", "a code of ten values and two numbers on MNIST",
                    "Chen et al. 2016, section 7.2 and appendix C.1, with 32 channels",
                    new TrainOptions
                    {
                        Model = new InfoGanOptions { Channels = 32, Game = new() { DiscriminatorRate = 0.2 } },
                        Data = new() { Source = "mnist" },
                        Optimizer = new AdamOptimizerOptions { LearningRate = 1e-3, Beta1 = 0.5 },
                        Plan = new() { Epochs = 25, Batch = 128 },
                    }, new Expectation("category-error", 10, 0,
                        "5 %: the categorical code against the classes, best assignment")
                    {
                        Unit = "%",
                        IsLimit = true,
                        Seeds = 3,
                    }, "about 25 min"),
            ],
            Create = (options, shape, rng) => new InfoGan((InfoGanOptions)options, shape, rng),
            Train = (options, gan, optimizer) => new InfoGanTask((InfoGan)gan, optimizer, (InfoGanOptions)options),
        },
    ];
}
