using Figment.Data;
using Figment.Data.Loading;
using Figment.Models.Distributions;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>The cards of the models that learn a latent code.</summary>
internal static class LatentCards
{
    private const string Paper = "D. P. Kingma, M. Welling: Auto-Encoding Variational Bayes, 2014";

    private static readonly Uri Link = new("https://arxiv.org/abs/1312.6114");

    // Shared by the VAE and the IWAE, so that only the bound differs between their figures.
    private static readonly DataOptions Static = new() { Source = "binarized-mnist" };

    private static readonly PlanOptions Burda = new()
    {
        Epochs = 800,
        Batch = 100,
        Schedule = new CosineScheduleOptions { Floor = 0.01 },
        EvaluationInterval = 5_000,
        BestBy = "log-likelihood",
        Goal = MetricGoal.Maximize,
        PreviewInterval = 20_000,
        CheckpointInterval = 5_000,
    };

    public static IReadOnlyList<ModelCard> All { get; } =
    [
        new()
        {
            Id = "vae",
            Title = "Variational autoencoder",
            Paper = Paper,
            Link = Link,
            Summary = "Fully connected; learns a code whose distribution is known, so that codes can be drawn, "
                + "walked and edited.",
            Family = "Latent",
            Defaults = new VaeOptions(),
            Model = typeof(Vae),
            Presets =
            [
                new("vae-mnist", "784-400-20 on MNIST", "ours",
                    new TrainOptions
                    {
                        Model = new VaeOptions(),
                        Data = new() { Source = "mnist", Binarize = Binarization.Dynamic },
                        Optimizer = new AdamOptimizerOptions { LearningRate = 2e-3 },
                        Plan = new() { Epochs = 20, Schedule = new CosineScheduleOptions { Floor = 0.02 } },
                    },
                    new Expectation("elbo", -101, 1, "plain PyTorch reaches -101 with the same network"), "about 25 s"),
                new("vae-mnist-2d", "two latent numbers, for the picture of the manifold",
                    "Kingma and Welling 2014, figure 4",
                    new TrainOptions
                    {
                        Model = new VaeOptions { Latent = 2, Hidden = [400, 200] },
                        Data = new() { Source = "mnist", Binarize = Binarization.Dynamic },
                        Optimizer = new AdamOptimizerOptions { LearningRate = 2e-3 },
                        Plan = new() { Epochs = 12, Schedule = new CosineScheduleOptions { Floor = 0.02 } },
                    },
                    null, "about 15 s"),
                new("vae-binarized-mnist", "784-200-200-50 on static binarised MNIST",
                    "Burda et al. 2016, table 1, one stochastic layer, k = 1",
                    new TrainOptions
                    {
                        Model = new VaeOptions { Latent = 50, Hidden = [200, 200], Nonlinearity = Nonlinearity.Tanh },
                        Data = Static,
                        Plan = Burda,
                    },
                    new Expectation("log-likelihood", -91, 200,
                        "-89.9 nats: static, importance sampling with 200 draws"), "about 25 min"),
            ],
            Create = (options, shape, rng) => Vae.FullyConnected((VaeOptions)options, shape, rng),
            Train = (options, vae, optimizer) => new VaeTask((Vae)vae, optimizer(vae), ((VaeOptions)options).Beta),
        },
        new()
        {
            Id = "iwae",
            Title = "Importance weighted autoencoder",
            Paper = "Y. Burda, R. Grosse, R. Salakhutdinov: Importance Weighted Autoencoders, 2016",
            Link = new("https://arxiv.org/abs/1509.00519"),
            Summary = "The variational autoencoder trained by the tighter bound of k weighted samples: higher "
                + "likelihoods from the same networks.",
            Family = "Latent",
            Defaults = new IwaeOptions(),
            Model = typeof(Vae),
            Presets =
            [
                new("iwae-binarized-mnist", "784-200-200-50, k = 5, on static binarised MNIST",
                    "Burda et al. 2016, table 1, one stochastic layer, k = 5; the schedule of vae-binarized-mnist",
                    new TrainOptions
                    {
                        Model = new IwaeOptions { Latent = 50, Hidden = [200, 200], Samples = 5 },
                        Data = Static,
                        Plan = Burda,
                    },
                    new Expectation("log-likelihood", 0.6, 5000,
                        "-87.1 nats with k = 50, -89.9 of the VAE: static, 5,000 and 200 draws",
                        Over: "vae-binarized-mnist"), "about 55 min"),
            ],
            Create = (options, shape, rng) => Iwae.Create((IwaeOptions)options, shape, rng),
            Train = (options, vae, optimizer) =>
                new IwaeTask((Vae)vae, optimizer(vae), ((IwaeOptions)options).Samples),
        },
        new()
        {
            Id = "conv-vae",
            Title = "Convolutional variational autoencoder",
            Paper = Paper,
            Link = Link,
            Summary = "The variational autoencoder with convolutions: for images of 28, 32 or 64 pixels, grey or "
                + "colour.",
            Family = "Latent",
            Defaults = new ConvVaeOptions(),
            Model = typeof(Vae),
            Presets =
            [
                new("conv-vae-mnist", "convolutional, 32 latent numbers, on MNIST", "ours",
                    new TrainOptions
                    {
                        Model = new ConvVaeOptions(),
                        Data = new() { Source = "mnist", Binarize = Binarization.Dynamic },
                        Plan = new() { Epochs = 10, Schedule = new CosineScheduleOptions { Floor = 0.02 } },
                    },
                    null, "about 3 min"),
                new("conv-vae-fashion", "convolutional, Gaussian grey pixels, on Fashion-MNIST", "ours",
                    new TrainOptions
                    {
                        Model = new ConvVaeOptions { Pixels = new GaussianPixels() },
                        Data = new() { Source = "fashion-mnist" },
                        Plan = new() { Epochs = 10, Schedule = new CosineScheduleOptions { Floor = 0.02 } },
                    },
                    null, "about 3 min"),
            ],
            Create = (options, shape, rng) => ConvVae.Create((ConvVaeOptions)options, shape, rng),
            Train = (options, vae, optimizer) => new VaeTask((Vae)vae, optimizer(vae), ((ConvVaeOptions)options).Beta),
        },
    ];
}
