using Figment.Data.Loading;
using Figment.Models.Distributions;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>The cards of the models whose codes are vectors of a codebook.</summary>
internal static class VectorQuantizedCards
{
    public static IReadOnlyList<ModelCard> All { get; } =
    [
        new()
        {
            Id = "vqvae",
            Title = "Vector-quantised autoencoder",
            Paper = "A. van den Oord, O. Vinyals, K. Kavukcuoglu: Neural Discrete Representation Learning, 2017",
            Link = new Uri("https://arxiv.org/abs/1711.00937"),
            Summary = "Images as grids of codebook numbers, and a gated PixelCNN that draws such grids, by class if "
                + "wanted.",
            Family = "Latent",
            Defaults = new VqVaeOptions(),
            Model = typeof(VqVae),
            Presets =
            [
                new("vqvae-fashion", "512 codes of 32 numbers on a 7x7 grid, Fashion-MNIST", "ours",
                    new TrainOptions
                    {
                        Model = new VqVaeOptions(),
                        Data = new() { Source = "fashion-mnist" },
                        Optimizer = new AdamOptimizerOptions { LearningRate = 1e-3 },
                        Plan = new()
                        {
                            Epochs = 10, Batch = 64, EmaDecay = 0.999,
                            Schedule = new CosineScheduleOptions { Floor = 0.02 },
                        },
                    },
                    null, "about 10 min"),
                new("vqvae-mnist-classes", "the prior by class, MNIST", "ours",
                    new TrainOptions
                    {
                        Model = new VqVaeOptions { Codes = 128, Classes = 10, Pixels = new BernoulliPixels() },
                        Data = new() { Source = "mnist", Binarize = Binarization.Dynamic },
                        Optimizer = new AdamOptimizerOptions { LearningRate = 1e-3 },
                        Plan = new()
                        {
                            Epochs = 5, Batch = 64, EmaDecay = 0.999,
                            Schedule = new CosineScheduleOptions { Floor = 0.02 },
                        },
                    },
                    null, "about 5 min"),
            ],
            Create = (options, shape, rng) => new VqVae((VqVaeOptions)options, shape, rng),
            Train = (options, model, optimizer) => new VqVaeTask((VqVae)model,
                (optimizer(((VqVae)model).Autoencoder), optimizer(((VqVae)model).Prior)), (VqVaeOptions)options),
        },
        new()
        {
            Id = "vqvae2",
            Title = "Two-level vector-quantised autoencoder",
            Paper = "A. Razavi, A. van den Oord, O. Vinyals: Generating Diverse High-Fidelity Images with VQ-VAE-2, "
                + "2019",
            Link = new Uri("https://arxiv.org/abs/1906.00446"),
            Summary = "Images as a coarse and a fine grid of codebook numbers, and gated PixelCNNs that draw the "
                + "coarse grid, by class if wanted, and the fine one given it.",
            Family = "Latent",
            Defaults = new VqVae2Options(),
            Model = typeof(VqVae2),
            Presets =
            [
                new("vqvae2-fashion", "512 codes of 32 numbers on grids of 4x4 and 7x7, Fashion-MNIST", "ours",
                    new TrainOptions
                    {
                        Model = new VqVae2Options(),
                        Data = new() { Source = "fashion-mnist" },
                        Optimizer = new AdamOptimizerOptions { LearningRate = 1e-3 },
                        Plan = new()
                        {
                            Epochs = 12, Batch = 64, EmaDecay = 0.999,
                            Schedule = new CosineScheduleOptions { Floor = 0.02 },
                        },
                    },
                    null, "about 40 min"),
                new("vqvae2-mnist-classes", "both priors by class, MNIST", "ours",
                    new TrainOptions
                    {
                        Model = new VqVae2Options
                        {
                            Codes = 128, Channels = 32, Blocks = 1, TopPriorChannels = 48, BottomPriorChannels = 48,
                            Classes = 10, Pixels = new BernoulliPixels(),
                        },
                        Data = new() { Source = "mnist", Binarize = Binarization.Dynamic },
                        Optimizer = new AdamOptimizerOptions { LearningRate = 2e-3 },
                        Plan = new()
                        {
                            Epochs = 5, Batch = 64, EmaDecay = 0.999,
                            Schedule = new CosineScheduleOptions { Floor = 0.02 },
                        },
                    },
                    null, "about 5 min"),
            ],
            Create = (options, shape, rng) => new VqVae2((VqVae2Options)options, shape, rng),
            Train = (options, model, optimizer) =>
            {
                var m = (VqVae2)model;
                return new VqVae2Task(m, (optimizer(m.Autoencoder), optimizer(m.TopPrior), optimizer(m.BottomPrior)),
                    (VqVae2Options)options);
            },
        },
    ];
}
