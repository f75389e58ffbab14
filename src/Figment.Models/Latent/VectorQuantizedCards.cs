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
    ];
}
