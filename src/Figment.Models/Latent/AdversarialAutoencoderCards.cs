using Figment.Models.Distributions;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>The cards of the adversarial autoencoders.</summary>
internal static class AdversarialAutoencoderCards
{
    private const string Paper =
        "A. Makhzani, J. Shlens, N. Jaitly, I. Goodfellow, B. Frey: Adversarial Autoencoders, 2015";

    private static readonly Uri Link = new("https://arxiv.org/abs/1511.05644");

    // Half of Adam's usual memory, and a slower adversary: the discriminator must not run away from the encoder.
    private static readonly AdamOptimizerOptions adam = new() { LearningRate = 1e-3, Beta1 = 0.5 };

    public static IReadOnlyList<ModelCard> All { get; } =
    [
        new()
        {
            Id = "aae",
            Title = "Adversarial autoencoder",
            Paper = Paper,
            Link = Link,
            Summary = "An autoencoder whose codes a discriminator holds to any distribution that can be drawn: a "
                + "Gaussian, a flower of Gaussians, a swiss roll.",
            Family = "Latent",
            Defaults = new AaeOptions(),
            Model = typeof(Aae),
            Presets =
            [
                new("aae-mnist", "784-1000-1000-8 with a Gaussian prior of standard deviation 5, on MNIST",
                    "Makhzani et al. 2015, table 1 and appendix A.1",
                    new TrainOptions
                    {
                        Model = new AaeOptions { Prior = new GaussianPrior { Sigma = 5 }, AdversarialRate = 0.5 },
                        Data = new() { Source = "mnist" },
                        Optimizer = adam,
                        Plan = new()
                        {
                            Epochs = 50,
                            Batch = 256,
                            EmaDecay = 0.999,
                            Schedule = new CosineScheduleOptions { Floor = 0.01 },
                        },
                    },
                    new Expectation("parzen", 300, 10_000,
                        "340 ± 2 nats: Parzen window of 10,000 samples, sigma chosen on validation"), "about 15 min"),
                new("aae-mnist-mixture", "two latent numbers in a flower of ten Gaussians",
                    "Makhzani et al. 2015, figure 4, without labels",
                    Flat(new MixturePrior()), null, "about 6 min"),
                new("aae-mnist-swiss-roll", "two latent numbers on a swiss roll",
                    "Makhzani et al. 2015, figure 4, without labels",
                    Flat(new SwissRollPrior()), null, "about 6 min"),
            ],
            Create = (options, shape, rng) => new Aae((AaeOptions)options, shape, rng),
            Train = (options, aae, optimizer) =>
                new AaeTask((Aae)aae, optimizer, ((AaeOptions)options).AdversarialRate),
        },
        new()
        {
            Id = "aae-supervised",
            Title = "Supervised adversarial autoencoder",
            Paper = Paper,
            Link = Link,
            Summary = "An adversarial autoencoder whose decoder is told the class: what is left for the code is the "
                + "style, and classes can be drawn.",
            Family = "Latent",
            Defaults = new AaeSupervisedOptions(),
            Model = typeof(AaeSupervised),
            Presets =
            [
                new("aae-supervised-mnist", "784-1000-1000-2 and the label, with a Gaussian prior, on MNIST",
                    "Makhzani et al. 2015, section 4, with two numbers of style instead of 15",
                    Labels(new AaeSupervisedOptions(), 2e-3, epochs: 10), null, "about 5 min"),
            ],
            Create = (options, shape, rng) => new AaeSupervised((AaeSupervisedOptions)options, shape, rng),
            Train = (options, aae, optimizer) => new AaeSupervisedTask((AaeSupervised)aae, optimizer,
                ((AaeSupervisedOptions)options).AdversarialRate),
        },
        new()
        {
            Id = "aae-semi-supervised",
            Title = "Semi-supervised adversarial autoencoder",
            Paper = Paper,
            Link = Link,
            Summary = "An adversarial autoencoder that parts its code into class and style, and learns the classes' "
                + "names from a hundred labels: a classifier, and it draws classes.",
            Family = "Latent",
            Defaults = new AaeSemiSupervisedOptions(),
            Model = typeof(AaeSemiSupervised),
            Presets =
            [
                new("aae-semi-supervised-mnist", "100 labels: 784-1000-1000-10 and ten classes, on MNIST",
                    "Makhzani et al. 2015, section 5 and table 2",
                    Labels(new AaeSemiSupervisedOptions(), 1e-3, epochs: 20), null, "about 20 min"),
                new("aae-semi-supervised-mnist-1000", "the same with 1,000 labels",
                    "Makhzani et al. 2015, section 5 and table 2",
                    Labels(new AaeSemiSupervisedOptions { Labelled = 1000 }, 1e-3, epochs: 20), null,
                    "about 20 min"),
            ],
            Create = (options, shape, rng) => new AaeSemiSupervised((AaeSemiSupervisedOptions)options, shape, rng),
            Train = (options, aae, optimizer) => new AaeSemiSupervisedTask((AaeSemiSupervised)aae, optimizer,
                ((AaeSemiSupervisedOptions)options).AdversarialRate,
                ((AaeSemiSupervisedOptions)options).ClassificationRate),
        },
    ];

    private static TrainOptions Labels(ModelOptions model, double rate, double epochs) => new()
    {
        Model = model,
        Data = new() { Source = "mnist" },
        Optimizer = adam with { LearningRate = rate },
        Plan = new() { Epochs = epochs, Batch = 100, Schedule = new CosineScheduleOptions { Floor = 0.01 } },
    };

    private static TrainOptions Flat(LatentPrior prior) => new()
    {
        Model = new AaeOptions { Latent = 2, Prior = prior, AdversarialRate = 0.2 },
        Data = new() { Source = "mnist" },
        Optimizer = adam,
        Plan = new() { Epochs = 20, Batch = 256, Schedule = new CosineScheduleOptions { Floor = 0.01 } },
    };
}
