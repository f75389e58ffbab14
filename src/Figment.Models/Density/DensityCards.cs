using Figment.Data;
using Figment.Data.Loading;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>The cards of models that give p(x) exactly: closed-form baselines and the NADE family.</summary>
internal static class DensityCards
{
    private const string Folder = "Density";

    private static readonly DataOptions Static = new() { Source = "binarized-mnist" };

    private static readonly PlanOptions OnePass = new()
    {
        Epochs = 1,
        Batch = 500,
        PreviewInterval = 0,
        CheckpointInterval = 10_000,
    };

    private static readonly PlanOptions Annealed = new()
    {
        Batch = 100,
        Schedule = new CosineScheduleOptions { Floor = 0.01 },
    };

    // The papers stop early on the validation split; here the checkpoint that is best on it counts.
    private static readonly PlanOptions EarlyStopped = Annealed with
    {
        EvaluationInterval = 500,
        BestBy = "log-likelihood",
        Goal = MetricGoal.Maximize,
        PreviewInterval = 5_000,
    };

    public static IReadOnlyList<ModelCard> All { get; } =
    [
        new()
        {
            Id = "bernoulli",
            Title = "Independent Bernoulli pixels",
            Paper = "C. M. Bishop: Pattern Recognition and Machine Learning, 2006",
            Link = new("https://www.microsoft.com/en-us/research/people/cmbishop/"),
            Summary = "Every pixel is a coin of its own: fitted in one pass, the baseline that every other model must "
                + "beat.",
            Family = Folder,
            Defaults = new BernoulliOptions(),
            Model = typeof(Bernoulli),
            Presets =
            [
                new("bernoulli-binarized-mnist", "784 coins on static binarised MNIST", "ours",
                    Counted(new BernoulliOptions(), "binarized-mnist"), null, "about 3 s"),
            ],
            Create = (options, shape, _) => new Bernoulli((BernoulliOptions)options, shape),
            Train = (_, model, _) => new CountingTask<Bernoulli>((Bernoulli)model),
        },
        new()
        {
            Id = "categorical",
            Title = "Independent pixels of several levels",
            Paper = "C. M. Bishop: Pattern Recognition and Machine Learning, 2006",
            Link = new("https://www.microsoft.com/en-us/research/people/cmbishop/"),
            Summary = "Every pixel has a histogram of its own: the baseline for grey and colour images.",
            Family = Folder,
            Defaults = new CategoricalOptions(),
            Model = typeof(Categorical),
            Presets =
            [
                new("categorical-mnist", "histograms of 16 grey levels on MNIST", "ours",
                    Counted(new CategoricalOptions { Levels = 16 }, "mnist"), null, "about 3 s"),
            ],
            Create = (options, shape, _) => new Categorical((CategoricalOptions)options, shape),
            Train = (_, model, _) => new CountingTask<Categorical>((Categorical)model),
        },
        new()
        {
            Id = "joint-categorical",
            Title = "One table for all combinations",
            Paper = "C. M. Bishop: Pattern Recognition and Machine Learning, 2006",
            Link = new("https://www.microsoft.com/en-us/research/people/cmbishop/"),
            Summary = "A histogram of colours, or of whole tiny images: assumes nothing and therefore needs "
                + "exponentially many numbers.",
            Family = Folder,
            Defaults = new JointCategoricalOptions(),
            Model = typeof(JointCategorical),
            Presets =
            [
                new("joint-categorical-mnist", "one histogram of 16 grey levels for all pixels of MNIST", "ours",
                    Counted(new JointCategoricalOptions { Levels = 16 }, "mnist"), null, "about 3 s"),
            ],
            Create = (options, shape, _) => new JointCategorical((JointCategoricalOptions)options, shape),
            Train = (_, model, _) => new CountingTask<JointCategorical>((JointCategorical)model),
        },
        new()
        {
            Id = "markov",
            Title = "Markov chain over pixels",
            Paper = "A. A. Markov: An example of statistical investigation of the text Eugene Onegin, 1913",
            Link = new("https://doi.org/10.1017/S0269889706001074"),
            Summary = "Each pixel depends on the k before it: fitted in one pass, and completes any mask exactly.",
            Family = Folder,
            Defaults = new MarkovOptions(),
            Model = typeof(Markov),
            Presets =
            [
                new("markov-binarized-mnist", "order 1 on static binarised MNIST", "ours",
                    Counted(new MarkovOptions(), "binarized-mnist"), null, "about 3 s"),
                new("markov-8-binarized-mnist", "order 8 on static binarised MNIST", "ours",
                    Counted(new MarkovOptions { Order = 8 }, "binarized-mnist"), null, "about 10 s"),
            ],
            Create = (options, shape, rng) => new Markov((MarkovOptions)options, shape, rng),
            Train = (_, model, _) => new CountingTask<Markov>((Markov)model),
        },
        new()
        {
            Id = "fvsbn",
            Title = "Fully visible sigmoid belief network",
            Paper = "B. J. Frey, G. E. Hinton, P. Dayan: Does the wake-sleep algorithm produce good density "
                + "estimators?, 1996",
            Link =
                new("https://papers.nips.cc/paper/1153-does-the-wake-sleep-algorithm-produce-good-density-estimators"),
            Summary = "One logistic regression a pixel on all pixels before it: no hidden unit, a convex loss.",
            Family = Folder,
            Defaults = new FvsbnOptions(),
            Model = typeof(Fvsbn),
            Presets =
            [
                new("fvsbn-binarized-mnist", "784 logistic regressions on static binarised MNIST", "ours",
                    new TrainOptions
                    {
                        Model = new FvsbnOptions(),
                        Data = Static,
                        Optimizer = new AdamOptimizerOptions { LearningRate = 1e-2 },
                        Plan = Annealed with { Epochs = 20 },
                    }, null, "about 1 min"),
            ],
            Create = (options, shape, rng) => new Fvsbn((FvsbnOptions)options, shape, rng),
            Train = (_, model, optimizer) => new LikelihoodTask("fvsbn", model, optimizer(model),
                (batch, _) => ((Fvsbn)model).LogProbability(batch.Images)),
        },
        new()
        {
            Id = "nade",
            Title = "Neural autoregressive distribution estimator",
            Paper = "H. Larochelle, I. Murray: The Neural Autoregressive Distribution Estimator, 2011",
            Link = new("https://proceedings.mlr.press/v15/larochelle11a.html"),
            Summary = "A hidden layer shared by all conditionals through a running sum: strong for its size, and "
                + "samples at once.",
            Family = Folder,
            Defaults = new NadeOptions(),
            Model = typeof(Nade),
            Presets =
            [
                new("nade-binarized-mnist", "784-500 on static binarised MNIST",
                    "Larochelle and Murray 2011, table 1 and section 6",
                    new TrainOptions
                    {
                        Model = new NadeOptions(),
                        Data = Static,
                        Optimizer = new AdamOptimizerOptions { LearningRate = 1.5e-2 },
                        Plan = EarlyStopped with { Epochs = 20, EmaDecay = 0.999 },
                    },
                    new Expectation("log-likelihood", -88.9, 1, "-88.33 nats: static binarised MNIST, exact"),
                    "about 6 min"),
            ],
            Create = (options, shape, rng) => new Nade((NadeOptions)options, shape, rng),
            Train = (_, model, optimizer) => new LikelihoodTask("nade", model, optimizer(model),
                (batch, _) => ((Nade)model).LogProbability(batch.Images, ClassLabels.Of(batch, ((Nade)model).Classes))),
        },
        new()
        {
            Id = "eonade",
            Title = "Orderless NADE",
            Paper = "B. Uria, I. Murray, H. Larochelle: A Deep and Tractable Density Estimator, 2014",
            Link = new("https://arxiv.org/abs/1310.1757"),
            Summary = "One network for every order of the pixels: completes any mask, and averages orders for a better "
                + "density.",
            Family = Folder,
            Defaults = new EoNadeOptions(),
            Model = typeof(EoNade),
            Presets =
            [
                new("eonade-binarized-mnist", "784-500 on static binarised MNIST",
                    "Uria et al. 2014, table 1, 1 hidden layer",
                    new TrainOptions
                    {
                        Model = new EoNadeOptions(),
                        Data = Static,
                        Optimizer = new AdamOptimizerOptions { LearningRate = 1e-3 },
                        Plan = Annealed with { Epochs = 200 },
                    }, null, "about 20 min"),
            ],
            Create = (options, shape, rng) => new EoNade((EoNadeOptions)options, shape, rng),
            Train = (_, model, optimizer) => new LikelihoodTask("eonade", model, optimizer(model), (batch, step) =>
                ((EoNade)model).Estimate(batch.Images, ((EoNade)model).DrawGiven(batch.Count, step.Rng))),
        },
        new()
        {
            Id = "gaussian",
            Title = "Gaussian of full covariance",
            Paper = "C. M. Bishop: Pattern Recognition and Machine Learning, 2006",
            Link = new("https://www.microsoft.com/en-us/research/people/cmbishop/"),
            Summary = "Means and correlations, fitted in one pass: the baseline for real numbers, such as patches of "
                + "photographs.",
            Family = Folder,
            Defaults = new GaussianOptions(),
            Model = typeof(Gaussian),
            Presets =
            [
                new("gaussian-patches", "maximum likelihood on 8x8 photo patches", "ours",
                    Counted(new GaussianOptions { Ridge = 0 }, "photo-patches"), null, "about 10 s"),
            ],
            Create = (options, shape, _) => new Gaussian((GaussianOptions)options, shape),
            Train = (_, model, _) => new CountingTask<Gaussian>((Gaussian)model),
        },
        new()
        {
            Id = "rnade",
            Title = "Real-valued NADE",
            Paper = "B. Uria, I. Murray, H. Larochelle: RNADE: The real-valued neural autoregressive "
                + "density-estimator, 2013",
            Link = new("https://arxiv.org/abs/1306.0186"),
            Summary = "Conditionals are mixtures of Gaussians: a density of real numbers, such as patches of "
                + "photographs.",
            Family = Folder,
            Defaults = new RnadeOptions(),
            Model = typeof(Rnade),
            Presets =
            [
                new("rnade-patches", "512 units, 10 Gaussians, on 8x8 photo patches", "Uria et al. 2013, section 3.2",
                    new TrainOptions
                    {
                        Model = new RnadeOptions { Scale = 0.1 },
                        Data = new() { Source = "photo-patches" },
                        Optimizer = new AdamOptimizerOptions { LearningRate = 4e-3 },
                        Plan = EarlyStopped with
                        {
                            Epochs = 2,
                            Batch = 200,
                            ClipNorm = 100,
                            EmaDecay = 0.999,
                            EvaluationInterval = 1_000,
                        },
                    },
                    new Expectation("log-likelihood", 10, 1, "none for these patches", Over: "gaussian-patches"),
                    "about 3 min"),
            ],
            Create = (options, shape, rng) => new Rnade((RnadeOptions)options, shape, rng),
            Train = (_, model, optimizer) => new LikelihoodTask("rnade", model, optimizer(model),
                (batch, _) => ((Rnade)model).LogProbability(batch.Images)),
        },
        new()
        {
            Id = "made",
            Title = "Masked autoencoder for distribution estimation",
            Paper = "M. Germain, K. Gregor, I. Murray, H. Larochelle: MADE: Masked Autoencoder for Distribution "
                + "Estimation, 2015",
            Link = new("https://arxiv.org/abs/1502.03509"),
            Summary = "An ordinary network whose masked weights keep the order: all conditionals in one pass.",
            Family = Folder,
            Defaults = new MadeOptions(),
            Model = typeof(Made),
            Presets =
            [
                new("made-binarized-mnist", "one hidden layer of 8000, one mask, on static binarised MNIST",
                    "Germain et al. 2015, table 5",
                    new TrainOptions
                    {
                        Model = new MadeOptions { Hidden = [8000] },
                        Data = Static,
                        Optimizer = new AdamWOptimizerOptions { LearningRate = 4e-3, WeightDecay = 0.1 },
                        Plan = EarlyStopped with { Epochs = 10, EmaDecay = 0.999 },
                    },
                    new Expectation("log-likelihood", -89.5, 1, "-88.40 nats: static binarised MNIST, exact"),
                    "about 5 min"),
            ],
            Create = (options, shape, rng) => new Made((MadeOptions)options, shape, rng),
            Train = (_, model, optimizer) => new LikelihoodTask("made", model, optimizer(model),
                (batch, step) => ((Made)model)
                    .LogProbability(batch.Images, (int)(step.StepIndex % ((Made)model).MaskCount))),
        },
    ];

    // What is fitted by counting has nothing to set but the model: one pass over the data.
    private static TrainOptions Counted(ModelOptions model, string source) =>
        new() { Model = model, Data = new() { Source = source }, Plan = OnePass };
}
