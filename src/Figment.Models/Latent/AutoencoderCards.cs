using Figment.Data;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>The cards of the models that learn a code without a prior.</summary>
internal static class AutoencoderCards
{
    private static readonly DataOptions Digits = new() { Source = "mnist" };

    private static readonly AdamOptimizerOptions Adam = new() { LearningRate = 2e-3 };

    private static readonly PlanOptions Annealed = new()
    {
        Epochs = 20,
        Schedule = new CosineScheduleOptions { Floor = 0.02 },
    };

    public static IReadOnlyList<ModelCard> All { get; } =
    [
        new()
        {
            Id = "ae",
            Title = "Autoencoder",
            Paper = "G. E. Hinton, R. R. Salakhutdinov: Reducing the Dimensionality of Data with Neural Networks, 2006",
            Link = new("https://doi.org/10.1126/science.1127647"),
            Summary = "Fully connected; learns a short code from which an image can be made again: principal "
                + "components when linear, a denoiser when its input is damaged.",
            Family = "Latent",
            Defaults = new AutoencoderOptions(),
            Model = typeof(Autoencoder),
            Presets =
            [
                new("ae-mnist", "784-400-32 with sigmoid units on MNIST", "ours",
                    new TrainOptions
                    {
                        Model = new AutoencoderOptions(), Data = Digits, Optimizer = Adam, Plan = Annealed,
                    },
                    null, "about 20 s"),
                new("ae-mnist-linear", "32 numbers without hidden layers: principal components",
                    "Baldi and Hornik 1989",
                    new TrainOptions
                    {
                        Model = new AutoencoderOptions { Hidden = [], Loss = new SquaredErrorLoss() },
                        Data = Digits,
                        Optimizer = Adam,
                        Plan = Annealed,
                    },
                    null, "about 10 s"),
                new("ae-mnist-denoising", "784-400-32 given half of the pixels, asked for all",
                    "Vincent et al. 2010, masking noise",
                    new TrainOptions
                    {
                        Model = new AutoencoderOptions { Noise = new MaskingCorruption { Fraction = 0.5 } },
                        Data = Digits,
                        Optimizer = Adam,
                        Plan = Annealed,
                    },
                    null, "about 25 s"),
            ],
            Create = (options, shape, rng) => Autoencoder.FullyConnected((AutoencoderOptions)options, shape, rng),
            Train = (options, model, optimizer) => new AutoencoderTask((Autoencoder)model, optimizer(model),
                ((AutoencoderOptions)options).Noise),
        },
        new()
        {
            Id = "conv-ae",
            Title = "Convolutional autoencoder",
            Paper = "J. Masci, U. Meier, D. Ciresan, J. Schmidhuber: Stacked Convolutional Auto-Encoders for "
                + "Hierarchical Feature Extraction, 2011",
            Link = new("https://doi.org/10.1007/978-3-642-21735-7_7"),
            Summary = "The autoencoder with convolutions and ReLU: for images of 28, 32 or 64 pixels, grey or colour.",
            Family = "Latent",
            Defaults = new ConvAutoencoderOptions(),
            Model = typeof(Autoencoder),
            Presets =
            [
                new("conv-ae-mnist", "convolutional, 32 numbers, on MNIST", "ours",
                    new TrainOptions
                    {
                        Model = new ConvAutoencoderOptions(), Data = Digits, Plan = Annealed with { Epochs = 10 },
                    },
                    null, "about 3 min"),
            ],
            Create = (options, shape, rng) => ConvAutoencoder.Create((ConvAutoencoderOptions)options, shape, rng),
            Train = (options, model, optimizer) => new AutoencoderTask((Autoencoder)model, optimizer(model),
                ((ConvAutoencoderOptions)options).Noise),
        },
    ];
}
