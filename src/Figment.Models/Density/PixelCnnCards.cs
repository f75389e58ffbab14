using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>The cards of the densities made of masked convolutions.</summary>
internal static class PixelCnnCards
{
    public static IReadOnlyList<ModelCard> All { get; } =
    [
        new()
        {
            Id = "pixelcnn",
            Title = "PixelCNN",
            Paper = "A. van den Oord, N. Kalchbrenner, K. Kavukcuoglu: Pixel Recurrent Neural Networks, 2016",
            Link = new Uri("https://arxiv.org/abs/1601.06759"),
            Summary = "Masked convolutions give the exact log-likelihood of an image in one pass; samples are drawn "
                + "pixel by pixel.",
            Family = "Density",
            Defaults = new PixelCnnOptions(),
            Model = typeof(PixelCnn),
            Presets =
            [
                new("pixelcnn-binarized-mnist", "7 layers of 32 channels, 7x7, on static binarised MNIST",
                    "van den Oord et al. 2016, table 4 (sizes ours: the paper does not give them)",
                    new TrainOptions
                    {
                        Model = new PixelCnnOptions { Kernel = 7 },
                        Data = new() { Source = "binarized-mnist" },
                        Optimizer = new AdamOptimizerOptions { LearningRate = 6e-3 },
                        Plan = new()
                        {
                            Epochs = 10, Batch = 16, ClipNorm = 20, EmaDecay = 0.999,
                            Schedule = new CosineScheduleOptions { Floor = 0.01, Warmup = 100 },
                            EvaluationInterval = 10_000, PreviewInterval = 10_000,
                        },
                    },
                    new Expectation("log-likelihood", -84, 1, "-81.30 nats: static, exact"),
                    "about 80 min with one thread"),
            ],
            Create = (options, shape, rng) => new PixelCnn((PixelCnnOptions)options, shape, rng),
            Train = (options, model, optimizer) => PixelCnn.Task((PixelCnn)model, optimizer(model)),
        },
        new()
        {
            Id = "gated-pixelcnn",
            Title = "Gated PixelCNN",
            Paper = "A. van den Oord et al.: Conditional Image Generation with PixelCNN Decoders, 2016",
            Link = new Uri("https://arxiv.org/abs/1606.05328"),
            Summary = "PixelCNN with gates and without a blind spot; with classes it draws the class asked for.",
            Family = "Density",
            Defaults = new GatedPixelCnnOptions(),
            Model = typeof(GatedPixelCnn),
            Presets =
            [
                new("gated-pixelcnn-binarized-mnist", "7 layers of 32 channels on static binarised MNIST", "ours",
                    new TrainOptions
                    {
                        Model = new GatedPixelCnnOptions(),
                        Data = new() { Source = "binarized-mnist" },
                        Optimizer = new AdamOptimizerOptions { LearningRate = 6e-3 },
                        Plan = new()
                        {
                            Epochs = 4, Batch = 32, ClipNorm = 20, EmaDecay = 0.998,
                            Schedule = new CosineScheduleOptions { Floor = 0.01, Warmup = 100 },
                            EvaluationInterval = 2_000, PreviewInterval = 5_000,
                        },
                    },
                    new Expectation("log-likelihood", -83, 1, "-81.50 nats with dynamic binarisation; none for static"),
                    "about 30 min with one thread"),
            ],
            Create = (options, shape, rng) => new GatedPixelCnn((GatedPixelCnnOptions)options, shape, rng),
            Train = (options, model, optimizer) => GatedPixelCnn.Task((GatedPixelCnn)model, optimizer(model)),
        },
        new()
        {
            Id = "pixelcnn-pp",
            Title = "PixelCNN++",
            Paper = "T. Salimans, A. Karpathy, X. Chen, D. P. Kingma: PixelCNN++, 2017",
            Link = new Uri("https://arxiv.org/abs/1701.05517"),
            Summary = "A U of gated residual layers with a mixture of discretised logistics: the strongest of the "
                + "family on colour.",
            Family = "Density",
            Defaults = new PixelCnnPpOptions(),
            Model = typeof(PixelCnnPp),
            Presets =
            [
                new("pixelcnn-pp-fashion", "24 channels, two halvings, on Fashion-MNIST with 256 grey levels", "ours",
                    new TrainOptions
                    {
                        Model = new PixelCnnPpOptions(),
                        Data = new() { Source = "fashion-mnist" },
                        Plan = new()
                        {
                            Epochs = 4, Batch = 32, EmaDecay = 0.999,
                            Schedule = new CosineScheduleOptions { Floor = 0.02 },
                        },
                    },
                    null, "about 1 h"),
                new("pixelcnn-pp-cifar10", "160 channels, 5 layers, 10 components: the published size on CIFAR-10",
                    "Salimans et al. 2017, section 3 (2.92 bits/dim)",
                    new TrainOptions
                    {
                        Model = new PixelCnnPpOptions { Channels = 160, Layers = 5, Components = 10, Dropout = 0.5 },
                        Data = new() { Source = "cifar10-mini" },
                        Plan = new() { Epochs = 100, Batch = 16, EmaDecay = 0.9995 },
                    },
                    null, "weeks; a GPU is needed"),
            ],
            Create = (options, shape, rng) => new PixelCnnPp((PixelCnnPpOptions)options, shape, rng),
            Train = (options, model, optimizer) => PixelCnnPp.Task((PixelCnnPp)model, optimizer(model)),
        },
    ];
}
