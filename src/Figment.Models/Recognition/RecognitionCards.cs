using Figment.Data;
using Figment.Training.Options;

namespace Figment.Models.Recognition;

/// <summary>The cards of the classifiers, which judge what other models draw.</summary>
internal static class RecognitionCards
{
    public static IReadOnlyList<ModelCard> All { get; } =
    [
        new()
        {
            Id = "lenet",
            Title = "Convolutional classifier",
            Paper = "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-Based Learning Applied to Document "
                + "Recognition, 1998",
            Link = new("https://doi.org/10.1109/5.726791"),
            Summary = "Tells the classes of small images; its features are those in which samples of other models are "
                + "measured.",
            Family = "Recognition",
            Defaults = new LeNetOptions(),
            Model = typeof(LeNet),
            Presets =
            [
                new("lenet-mnist", "16 and 32 maps, 128 features, on MNIST",
                    "ours, after LeCun et al. 1998, section II",
                    Net(new LeNetOptions(), new() { Source = "mnist" }, 15),
                    new Expectation("accuracy", 99.2, 0,
                        "99.05 % by LeNet-5, 99.2 % with distorted images (LeCun et al. 1998, section III.C)")
                    {
                        Unit = "%",
                    }, "about 3 min"),
                new("lenet-fashion", "32 and 64 maps, 128 features, on Fashion-MNIST",
                    "ours, after LeCun et al. 1998, section II",
                    Net(new LeNetOptions { Channels = 32, Shift = 1 },
                        new() { Source = "fashion-mnist", Flip = true }, 20),
                    new Expectation("accuracy", 92.5, 0, "91.6 % by two convolutions with pooling (the set's page)")
                    {
                        Unit = "%",
                    }, "about 12 min"),
            ],
            Create = (options, shape, rng) => new LeNet((LeNetOptions)options, shape, rng),
            Train = (options, net, optimizer) =>
                new LeNetTask((LeNet)net, optimizer(net), ((LeNetOptions)options).Shift),
        },
    ];

    private static TrainOptions Net(LeNetOptions model, DataOptions data, double epochs) => new()
    {
        Model = model,
        Data = data,
        Optimizer = new AdamOptimizerOptions { LearningRate = 1e-3 },
        Plan = new()
        {
            Epochs = epochs,
            Batch = 128,
            EmaDecay = 0.999,
            EvaluationInterval = 1_000,
            Schedule = new CosineScheduleOptions { Floor = 0.01 },
        },
    };
}
