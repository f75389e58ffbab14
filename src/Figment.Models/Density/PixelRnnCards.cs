using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>The cards of the pixel recurrent networks.</summary>
internal static class PixelRnnCards
{
    private const string Paper =
        "A. van den Oord, N. Kalchbrenner, K. Kavukcuoglu: Pixel Recurrent Neural Networks, 2016";

    private static readonly Uri Link = new("https://arxiv.org/abs/1601.06759");

    public static IReadOnlyList<ModelCard> All { get; } =
    [
        new()
        {
            Id = "pixelrnn-row-lstm",
            Title = "PixelRNN, Row LSTM",
            Paper = Paper,
            Link = Link,
            Summary = "Exact density by an LSTM from row to row; each pixel sees a triangle above it. Faster than the "
                + "Diagonal BiLSTM.",
            Family = "Density",
            Defaults = new RowLstmOptions(),
            Model = typeof(RowLstm),
            Presets =
            [
                new("row-lstm-binarized-mnist", "one layer, h = 32, on static binarised MNIST",
                    "van den Oord et al. 2016, MNIST; optimiser and schedule ours",
                    new TrainOptions
                    {
                        Model = new RowLstmOptions(),
                        Data = new() { Source = "binarized-mnist" },
                        Optimizer = new AdamOptimizerOptions { LearningRate = 6e-3 },
                        Plan = new()
                        {
                            Epochs = 13, Batch = 32, ClipNorm = 1, EmaDecay = 0.998,
                            Schedule = new CosineScheduleOptions { Floor = 0.01, Warmup = 100 },
                            EvaluationInterval = 4_000, PreviewInterval = 5_000,
                        },
                    },
                    new Expectation("log-likelihood", -85.5, 1, "-80.54 nats: static, test split"), "about 30 min"),
            ],
            Create = (options, shape, rng) => new RowLstm((RowLstmOptions)options, shape, rng),
            Train = (options, model, optimizer) => ((RowLstm)model).Train("row-lstm", optimizer(model)),
        },
        new()
        {
            Id = "pixelrnn-diagonal-bilstm",
            Title = "PixelRNN, Diagonal BiLSTM",
            Paper = Paper,
            Link = Link,
            Summary = "Exact density by two LSTMs along the diagonals; each pixel sees all pixels before it.",
            Family = "Density",
            Defaults = new DiagonalBiLstmOptions(),
            Model = typeof(DiagonalBiLstm),
            Presets =
            [
                new("diagonal-bilstm-binarized-mnist", "one layer, h = 32, on static binarised MNIST",
                    "van den Oord et al. 2016, MNIST; optimiser and schedule ours",
                    new TrainOptions
                    {
                        Model = new DiagonalBiLstmOptions(),
                        Data = new() { Source = "binarized-mnist" },
                        Optimizer = new AdamOptimizerOptions { LearningRate = 6e-3 },
                        Plan = new()
                        {
                            Epochs = 2.5, Batch = 32, ClipNorm = 1, EmaDecay = 0.998,
                            Schedule = new CosineScheduleOptions { Floor = 0.01, Warmup = 100 },
                            EvaluationInterval = 2_000, PreviewInterval = 5_000,
                        },
                    },
                    new Expectation("log-likelihood", -85, 1, "-80.75 nats: static, test split"), "about 8 min"),
            ],
            Create = (options, shape, rng) => new DiagonalBiLstm((DiagonalBiLstmOptions)options, shape, rng),
            Train = (options, model, optimizer) => ((DiagonalBiLstm)model).Train("diagonal-bilstm", optimizer(model)),
        },
    ];
}
