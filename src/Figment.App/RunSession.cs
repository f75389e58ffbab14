using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models;
using Figment.Models.Adversarial;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Distributed;

namespace Figment.App;

/// <summary>A model with its data, made from a configuration and ready to train. It owns what it made.</summary>
internal sealed class RunSession : IDisposable
{
    private const int PreviewImages = 64;
    private const int PreviewPoints = 1_000;
    private const int EvaluationBatch = 500;
    private const int EvaluationPoints = 10_000;

    // Draws of the latent variables where a plan keeps what is best by the log-likelihood of a model that has a bound.
    private const int EvaluationDraws = 50;

    private readonly IProgress<WorkEvent> progress;
    private string? told; // the alarm that was raised last

    private RunSession(Configuration configuration, DataSplits data, Device device, Ranks ranks,
        IProgress<WorkEvent> progress)
    {
        this.progress = progress;
        (Configuration, Data, Device) = (configuration, data, device);
        var options = configuration.Options;
        using var root = new Rng(options.Seed);
        using var initialisation = root.Stream("initialisation");
        Module = configuration.Card.Create(options.Model, data.Shape, initialisation);
        // Drawn on the CPU, so that every device begins with the same weights.
        Module.To(device);
        // Convolutions on a CPU are faster with channels last; files keep the logical order.
        if (Module.Parameters().Any(weight => weight.Rank == 4)) Module.To(MemoryFormat.ChannelsLast);
        Task = configuration.Card.Train(options.Model, Module, options.Optimizer.Create);
        Loader = new DataLoader(data.Train, new LoaderOptions
        {
            BatchSize = options.Plan.Batch,
            Seed = options.Seed,
            Transform = data.Transform,
            Rank = ranks.Rank,
            Ranks = ranks.Size,
            Labelled = options.Model is ILearnsFromFewLabels few ? Labelled(data, few.Labelled, options.Seed) : null,
        });
    }

    // Which labels are looked at; the probe and other verbs still see all.
    private static IImageSource Labelled(DataSplits data, int count, ulong seed) =>
        !data.Train.HasLabels ? throw new FigmentException($"{data.Name} has no labels",
            "choose mnist or fashion-mnist, or a folder of class folders", isUsage: true)
        : count > data.Train.Count ? throw new FigmentException(
            $"{data.Train.Name} has {data.Train.Count} images, not {count}", "ask for fewer labels", isUsage: true)
        : count == 0 ? data.Train
        : LabelBudget.Choose(data.Train, count, Rng.StreamSeed(seed, "labels"));

    public Configuration Configuration { get; }

    public DataSplits Data { get; }

    public Module Module { get; }

    public ITrainingTask Task { get; }

    public DataLoader Loader { get; }

    public Device Device { get; }

    public long TotalSteps => Configuration.Options.Plan.TotalSteps(Loader.BatchesPerEpoch);

    /// <summary>Opens the data and makes the model.</summary>
    public static RunSession Open(Configuration configuration, Device device, IProgress<WorkEvent> progress,
        CancellationToken cancellation,
        Ranks? ranks = null)
    {
        var data = DataSets.Open(configuration.Options.Data, null, new DataProgressEvents(progress), cancellation);
        foreach (var note in data.Notes) progress.Report(new Remark(note));
        return new RunSession(configuration, data, device, ranks ?? Ranks.Alone, progress);
    }

    /// <summary>Draws the preview of a training: samples where the model can, as a picture.</summary>
    public Func<Rng, Picture>? Preview => Module is not IDrawsSamples model ? null : rng =>
    {
        if (Module is GanLab lab) return ToPicture(LabPicture.Draw(lab, Data, Modes, rng));
        if (Data.Transform.AreNumbers)
            return ToPicture(PointPlot.Draw(model.Sample(PreviewPoints, rng, mean: false).ToArray<float>(), Data));
        var samples = model.Sample(PreviewImages, rng, mean: true);
        var pixels = Data.Transform.ToPicture(samples.To(Torch.Device.Cpu).Contiguous().AsSpan<float>(),
            Data.Train.Shape);
        var picture = new ImageGrid { Columns = 8 }.Tile(pixels, Data.Transform.Window(Data.Train.Shape));
        return ToPicture(picture);
    };

    private PointModes? Modes => PointSets.ModesOf(Configuration.Options.Data.Source);

    private static Picture ToPicture(Image picture) =>
        new(picture.Encode(ImageFormat.Png), picture.Width, picture.Height, picture.Channels);

    /// <summary>Measures a model on held-out data during training: log p(x) where it is exact, else the bound (and the
    /// log-likelihood by importance sampling, where the plan keeps what is best by it), else the squared error of its
    /// reconstructions; of a classifier the share it tells right; of a laboratory the divergence of its samples from
    /// the data.</summary>
    public Func<Rng, IReadOnlyDictionary<string, double>>? Evaluate => Data.Validation.Count == 0 ? null : Module switch
    {
        IGivesDensity exact => rng => Means(rng,
            ("log-likelihood", EvaluationBatch, images => exact.LowerBound(images, rng))),
        IScoresExamples { TightensWithDraws: true } model
            when Configuration.Options.Plan.BestBy == "log-likelihood" => rng => Means(rng,
            ("elbo", EvaluationBatch, images => model.LowerBound(images, rng)),
            ("log-likelihood", 10 * EvaluationBatch / EvaluationDraws,
                images => model.LogLikelihood(images, rng, EvaluationDraws))),
        IScoresExamples model => rng => Means(rng,
            ("elbo", EvaluationBatch, images => model.LowerBound(images, rng))),
        IRecognizesClasses classifier when Data.Validation.HasLabels => rng => Told(classifier, rng.Device),
        IEncodesImages model => rng => Means(rng, ("reconstruction", EvaluationBatch,
            images => (images - model.Reconstruct(images, null)).Square().Sum([1, 2, 3]))),
        GanLab lab => rng => LabMeasures.Of(lab,
            LabMeasures.Read(Data.Validation, Data.Transform, EvaluationPoints), Modes, rng),
        _ => null,
    };

    private Dictionary<string, double> Told(IRecognizesClasses classifier, Device device)
    {
        double Mean(Func<Tensor, Tensor, Tensor> score) => Likelihood.ScoresOf(Data.Validation,
            Data.Transform.ForEvaluation(), EvaluationBatch, Configuration.Options.Seed,
            batch => score(classifier.Logits(batch.Images), batch.Labels!), device).Average();
        return new Dictionary<string, double>
        {
            ["accuracy"] = Mean((logits, labels) => logits.ArgMax(1).Eq(labels)),
            ["cross-entropy"] = Mean((logits, labels) => logits.CrossEntropy(labels, reduction: Reduction.None)),
        };
    }

    private Dictionary<string, double> Means(Rng rng,
        params ReadOnlySpan<(string Name, int Batch, Func<Tensor, Tensor> Score)> metrics)
    {
        var means = new Dictionary<string, double>();
        foreach (var (name, batch, score) in metrics)
            means[name] = Likelihood.Mean(Data.Validation, Data.Transform.ForEvaluation(), batch,
                Configuration.Options.Seed, score, rng.Device).Mean;
        if (Module is IGivesPosterior posterior && Data.Validation.Count > 1) Watch(posterior, means, rng.Device);
        return means;
    }

    // How much the code tells, beside the bound: a bound alone does not show that a code is left unused.
    private void Watch(IGivesPosterior model, Dictionary<string, double> means, Device device)
    {
        var meter = new PosteriorMeter();
        Likelihood.Mean(Data.Validation, Data.Transform.ForEvaluation(), EvaluationBatch, Configuration.Options.Seed,
            images =>
            {
                var q = model.Posterior(images);
                meter.Add(q.Mu, q.LogVar);
                return q.KlToStandardNormal();
            }, device);
        var figures = meter.Figures();
        means["code/active"] = figures.ActiveUnits;
        means["code/aggregate-kl"] = figures.AggregateKl;
        for (var j = 0; j < figures.Kl.Count; j++) means[$"code/kl.{j}"] = figures.Kl[j];
        if (figures.Alarm is { } alarm && alarm != told) progress.Report(new Remark(told = alarm));
    }

    public void Dispose()
    {
        Loader.Dispose();
        foreach (var player in Task.Players) player.Optimizer.Dispose();
        Task.Memory?.Dispose();
        Module.Dispose();
    }
}
