using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>The cards of the adversarial networks with residual blocks and spectral normalisation.</summary>
internal static class ResidualGanCards
{
    public static IReadOnlyList<ModelCard> All { get; } =
    [
        new()
        {
            Id = "sngan",
            Title = "Spectrally normalised GAN",
            Paper = "T. Miyato, T. Kataoka, M. Koyama, Y. Yoshida: Spectral Normalization for Generative Adversarial "
                + "Networks, 2018",
            Link = new("https://arxiv.org/abs/1802.05957"),
            Summary = "Residual blocks, a discriminator whose weights are held to a largest singular value of 1, and "
                + "classes by projection.",
            Family = "Adversarial",
            Defaults = new SnganOptions(),
            Model = typeof(Sngan),
            Presets =
            [
                new("sngan-mnist", "32 channels on MNIST, by class", "Miyato and Koyama 2018, at 28x28",
                    Small("mnist", channels: 32, epochs: 4), ConditionalGanCards.ConditionedDigits, "about 20 min"),
                new("sngan-fashion", "64 channels on Fashion-MNIST, by class", "Miyato and Koyama 2018, at 28x28",
                    Small("fashion-mnist", channels: 64, epochs: 5), null, "about 30 min"),
            ],
            Create = (options, shape, rng) => new Sngan((SnganOptions)options, shape, rng),
            Train = (options, gan, optimizer) =>
                new Game.AdversarialTask((Sngan)gan, optimizer, ((SnganOptions)options).Game),
        },
        new()
        {
            Id = "sagan",
            Title = "Self-attention GAN",
            Paper = "H. Zhang, I. Goodfellow, D. Metaxas, A. Odena: Self-Attention Generative Adversarial Networks, "
                + "2018",
            Link = new("https://arxiv.org/abs/1805.08318"),
            Summary = "Residual blocks in which every place sees every other, spectral normalisation on both sides, "
                + "two time scales.",
            Family = "Adversarial",
            Defaults = new SaganOptions(),
            Model = typeof(Sagan),
            Presets =
            [
                new("sagan-cifar10", "16 channels on CIFAR-10, by class", "Zhang et al. 2018, at 32x32 and smaller",
                    new TrainOptions
                    {
                        Model = new SaganOptions { Classes = 10, Channels = 16 },
                        Data = new() { Source = "cifar10-jpeg" },
                        Optimizer = adam,
                        Plan = new() { Epochs = 4, Batch = 64, EmaDecay = 0.999 },
                    }, null, "about 30 min"),
            ],
            Create = (options, shape, rng) => new Sagan((SaganOptions)options, shape, rng),
            Train = (options, gan, optimizer) =>
                new Game.AdversarialTask((Sagan)gan, optimizer, ((SaganOptions)options).Game),
        },
        new()
        {
            Id = "biggan",
            Title = "BigGAN",
            Paper = "A. Brock, J. Donahue, K. Simonyan: Large Scale GAN Training for High Fidelity Natural Image "
                + "Synthesis, 2018",
            Link = new("https://arxiv.org/abs/1809.11096"),
            Summary = "Self-attention GAN with a shared class embedding, noise in every block, orthogonal weights and "
                + "truncation: from small 32x32 to the published 128x128.",
            Family = "Adversarial",
            Defaults = new BigGanOptions(),
            Model = typeof(BigGan),
            Presets =
            [
                new("biggan-cifar10", "16 channels on CIFAR-10", "Brock et al. 2018, at 32x32 and smaller",
                    new TrainOptions
                    {
                        Model = new BigGanOptions { Channels = 16 },
                        Data = new() { Source = "cifar10-jpeg" },
                        Optimizer = adam,
                        Plan = new() { Epochs = 4, Batch = 64, EmaDecay = 0.999 },
                    }, null, "about 30 min"),
            ],
            Create = (options, shape, rng) => new BigGan((BigGanOptions)options, shape, rng),
            Train = (options, gan, optimizer) =>
                new Game.AdversarialTask((BigGan)gan, optimizer, ((BigGanOptions)options).Game),
        },
    ];

    private static AdamOptimizerOptions adam => new() { LearningRate = 1e-4, Beta1 = 0, Beta2 = 0.9 };

    private static TrainOptions Small(string data, int channels, int epochs) => new()
    {
        Model = new SnganOptions
        {
            Classes = 10,
            GeneratorChannels = channels,
            DiscriminatorChannels = channels,
            Game = new() { Loss = new Game.HingeLoss(), DiscriminatorSteps = 2 },
        },
        Data = new() { Source = data },
        Optimizer = new AdamOptimizerOptions { LearningRate = 2e-4, Beta1 = 0, Beta2 = 0.9 },
        Plan = new() { Epochs = epochs, Batch = 64, EmaDecay = 0.999 },
    };
}
