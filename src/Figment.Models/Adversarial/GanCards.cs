using Figment.Models.Adversarial.Game;
using Figment.Models.Distributions;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>The cards of the adversarial networks without classes.</summary>
internal static class GanCards
{
    // Half of Adam's usual memory (Radford et al. 2015, section 4).
    private static readonly AdamOptimizerOptions adam = new() { LearningRate = 2e-4, Beta1 = 0.5 };

    public static IReadOnlyList<ModelCard> All { get; } =
    [
        new()
        {
            Id = "gan",
            Title = "Generative adversarial network",
            Paper = "I. Goodfellow et al.: Generative Adversarial Nets, 2014",
            Link = new("https://arxiv.org/abs/1406.2661"),
            Summary = "A fully connected generator against a maxout discriminator: the first, to learn how the game "
                + "works.",
            Family = "Adversarial",
            Defaults = new GanOptions(),
            Model = typeof(Gan),
            Presets =
            [
                new("gan-mnist", "100-1200-1200-784 against maxout 240-240 on MNIST, with an R1 penalty",
                    "Goodfellow et al. 2014, table 1; the penalty of 0.3, less dropout and Adam are ours",
                    new TrainOptions
                    {
                        Model = new GanOptions
                        {
                            Dropout = 0.2,
                            InputDropout = 0,
                            Game = new() { Restraint = new R1Penalty { Gamma = 0.3 } },
                        },
                        Data = new() { Source = "mnist" },
                        Optimizer = adam,
                        Plan = new() { Epochs = 50, Batch = 100, EmaDecay = 0.999 },
                    },
                    new Expectation("parzen", 220, 10_000,
                        "225 ± 2 nats: Parzen window of 10,000 samples, sigma chosen on validation"), "about 20 min"),
            ],
            Create = (options, shape, rng) => new Gan((GanOptions)options, shape, rng),
            Train = (options, gan, optimizer) => new AdversarialTask((Gan)gan, optimizer, ((GanOptions)options).Game),
        },
        new()
        {
            Id = "dcgan",
            Title = "Deep convolutional GAN",
            Paper = "A. Radford, L. Metz, S. Chintala: Unsupervised Representation Learning with Deep Convolutional "
                + "Generative Adversarial Networks, 2015",
            Link = new("https://arxiv.org/abs/1511.06434"),
            Summary = "Convolutions on both sides, with any loss, restraint and augmentation of the family: the "
                + "workhorse for small images.",
            Family = "Adversarial",
            Defaults = new DcganOptions(),
            Model = typeof(Dcgan),
            Presets =
            [
                new("dcgan-mnist", "32 channels on MNIST", "Radford et al. 2015, section 4, at 28x28",
                    Convolutional(new DcganOptions { Channels = 32 }, "mnist", epochs: 10), null, "about 8 min"),
                new("dcgan-fashion", "64 channels on Fashion-MNIST", "Radford et al. 2015, section 4, at 28x28",
                    Convolutional(new DcganOptions(), "fashion-mnist", epochs: 12), null, "about 25 min"),
                new("dcgan-stacked-mnist", "32 channels on Stacked MNIST, to count its modes",
                    "Metz et al. 2016 (https://arxiv.org/abs/1611.02163), section 3.3.1",
                    Convolutional(new DcganOptions { Channels = 32 }, "stacked-mnist", epochs: 10), null,
                    "about 20 min"),
            ],
            Create = (options, shape, rng) => new Dcgan((DcganOptions)options, shape, rng),
            Train = (options, gan, optimizer) =>
                new AdversarialTask((Dcgan)gan, optimizer, ((DcganOptions)options).Game),
        },
        new()
        {
            Id = "wgan",
            Title = "Wasserstein GAN",
            Paper = "M. Arjovsky, S. Chintala, L. Bottou: Wasserstein GAN, 2017",
            Link = new("https://arxiv.org/abs/1701.07875"),
            Summary = "A critic with clipped weights whose loss falls as the samples improve; superseded by wgan-gp.",
            Family = "Adversarial",
            Defaults = new WganOptions(),
            Model = typeof(Wgan),
            Presets =
            [
                new("wgan-mnist", "32 channels on MNIST", "Arjovsky et al. 2017, algorithm 1, at 28x28",
                    new TrainOptions
                    {
                        Model = new WganOptions { Channels = 32 },
                        Data = new() { Source = "mnist" },
                        Optimizer = new RmsPropOptimizerOptions { LearningRate = 5e-5 },
                        Plan = new() { Epochs = 20, Batch = 64 },
                    }, null, "about 15 min"),
            ],
            Create = (options, shape, rng) => new Wgan((WganOptions)options, shape, rng),
            Train = (options, gan, optimizer) =>
                new AdversarialTask((Wgan)gan, optimizer, Wgan.Game((WganOptions)options)),
        },
        new()
        {
            Id = "wgan-gp",
            Title = "Wasserstein GAN with gradient penalty",
            Paper = "I. Gulrajani et al.: Improved Training of Wasserstein GANs, 2017",
            Link = new("https://arxiv.org/abs/1704.00028"),
            Summary = "A critic whose slope is held to 1: slow a step, hard to break, loses few modes.",
            Family = "Adversarial",
            Defaults = new WganGpOptions(),
            Model = typeof(WganGp),
            Presets =
            [
                new("wgan-gp-mnist", "32 channels on MNIST", "Gulrajani et al. 2017, algorithm 1, at 28x28",
                    new TrainOptions
                    {
                        Model = new WganGpOptions { Channels = 32 },
                        Data = new() { Source = "mnist" },
                        Optimizer = penalized,
                        Plan = new() { Epochs = 20, Batch = 64 },
                    }, null, "about 20 min"),
                new("wgan-gp-stacked-mnist", "32 channels on Stacked MNIST, 12,000 steps of the generator",
                    "Gulrajani et al. 2017, algorithm 1; the task is that of Metz et al. 2016 "
                        + "(https://arxiv.org/abs/1611.02163), section 3.3.1",
                    new TrainOptions
                    {
                        Model = new WganGpOptions { Channels = 32 },
                        Data = new() { Source = "stacked-mnist" },
                        Optimizer = penalized,
                        Plan = new() { Steps = 60_000, Batch = 64, EmaDecay = 0.999, MetricInterval = 500 },
                    },
                    new Expectation("modes", 900, 26_000,
                        "959 of 1,000, KL 0.73: 26,000 samples, a classifier of digits on each channel")
                    {
                        Unit = "of 1,000",
                        Extractor = "lenet-mnist",
                    }, "about 30 min"),
            ],
            Create = (options, shape, rng) => new WganGp((WganGpOptions)options, shape, rng),
            Train = (options, gan, optimizer) =>
                new AdversarialTask((WganGp)gan, optimizer, WganGp.Game((WganGpOptions)options)),
        },
    ];

    private static AdamOptimizerOptions penalized => new() { LearningRate = 1e-4, Beta1 = 0, Beta2 = 0.9 };

    private static TrainOptions Convolutional(DcganOptions model, string data, int epochs) => new()
    {
        Model = model,
        Data = new() { Source = data },
        Optimizer = adam,
        Plan = new() { Epochs = epochs, Batch = 128 },
    };
}
