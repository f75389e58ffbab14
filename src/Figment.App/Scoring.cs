using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>One model's way of giving scores, for as many sets as are asked for.</summary>
internal sealed class Scoring
{
    /// <summary>The metric of models that have a code but no p(x).</summary>
    public const string Reconstruction = "reconstruction";

    /// <summary>The metric of classifiers.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>Decoded codes in flight: the batch shrinks as the draws grow, and beyond it they come in
    /// parts.</summary>
    private const int ScoresAtOnce = 5000;

    /// <summary>Pixels in flight of an exact model, which may hold 256 numbers for each.</summary>
    private const int PixelsAtOnce = 250 * 784;

    private readonly TrainedModel trained;
    private readonly EvaluateRequest request;
    private readonly IProgress<WorkEvent> progress;
    private readonly CancellationToken cancellation;
    private readonly IEncodesImages? encoder; // where the figure is its reconstructions'
    private readonly IRecognizesClasses? classifier; // where the figure is the share that it tells right
    private readonly IScoresExamples? model;
    private readonly IGivesDensity? exact;
    private readonly bool isBound;

    public Scoring(TrainedModel trained, EvaluateRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation)
    {
        if (request.Metric is not (null or "elbo" or "log-likelihood" or Reconstruction or Accuracy))
            throw new FigmentException($"there is no metric '{request.Metric}'",
                "choose elbo, log-likelihood, reconstruction, accuracy, parzen, category-error, "
                + string.Join(", ", SampleMeasures.Names), isUsage: true);
        if (request.Draws < 1) throw new FigmentException("draws must be at least 1", isUsage: true);
        (this.trained, this.request, this.progress, this.cancellation) = (trained, request, progress, cancellation);
        var module = trained.Module;
        if (request.Metric == Reconstruction)
            encoder = trained.As<IEncodesImages>("encode images");
        else if (request.Metric == Accuracy || (request.Metric is null && module is IRecognizesClasses))
            classifier = trained.As<IRecognizesClasses>("tell classes");
        else if (request.Metric is null && module is not IScoresExamples)
            encoder = module as IEncodesImages;
        if (encoder is null && classifier is null)
            model = trained.As<IScoresExamples>("give likelihoods", module switch
            {
                IEncodesImages and IDrawsSamples => "it has no p(x); measure --metric reconstruction or parzen",
                IEncodesImages => "it has no p(x); measure --metric reconstruction",
                IDrawsSamples => "what draws samples can be measured by --metric parzen",
                _ => null,
            });
        exact = model as IGivesDensity;
        if (request.Metric == "log-likelihood" && model is { TightensWithDraws: false })
            throw new FigmentException($"{trained.Configuration.Card.Id} has a bound that no draws tighten",
                "measure --metric elbo", isUsage: true);
        isBound = model is not null && exact is null && request.Metric is not "log-likelihood";
        if (request.Map) trained.As<IGivesDensity>("give the bits of each pixel");
    }

    public (Measurement Measurement, double[] Scores) Measure(DataSplits data,
        Split split, string form, BitMap? map)
    {
        var source = ImageSubset.Spread(data[split], request.Limit);
        if (source.Count == 0)
            throw new FigmentException($"{source.Name} is empty", "choose another --split", isUsage: true);

        if (classifier is not null && !source.HasLabels)
            throw new FigmentException($"{source.Name} has no labels to tell", isUsage: true);

        using var root = new Rng(request.Seed);
        using var rng = root.Stream("evaluation", trained.Device);
        var batch = encoder is not null || classifier is not null ? 500
            : exact is not null ? Math.Clamp(PixelsAtOnce / trained.Shape.Length, 1, 500)
            : isBound ? 500 : Math.Clamp(ScoresAtOnce / request.Draws, 1, 500);
        var done = 0;
        var scores = Likelihood.ScoresOf(source, data.Transform.ForEvaluation(), batch, request.Seed, examples =>
        {
            var images = examples.Images;
            done += (int)images.Size(0);
            progress.Report(new Advanced($"evaluating {trained.Run.Id} on {source.Name}",
                done, source.Count, "images"));
            if (encoder is not null)
                return (images - encoder.Reconstruct(images, null)).To(DType.Float64).Square().Sum([1, 2, 3]);
            if (classifier is not null) // in percent
                return classifier.Logits(images).ArgMax(1).Eq(examples.Labels!).To(DType.Float64) * 100;
            if (exact is null)
                return isBound ? model!.LowerBound(images, rng) : ByImportance(images, rng);
            var pixels = exact.PixelLogProbabilities(images);
            map?.Add(images, pixels);
            // In double precision: a sum of thousands of single ones loses digits that a standard error shows.
            return pixels.To(DType.Float64).Sum([1, 2, 3]);
        }, trained.Device, cancellation);
        var estimate = Estimate.Of(scores);
        var (metric, estimator, draws) = encoder is not null ? (Reconstruction, "mean code", 0)
            : classifier is not null ? (Accuracy, "likeliest class", 0)
            : exact is not null ? ("log-likelihood", Protocol.ExactEstimator, 0)
            : isBound ? ("elbo", "elbo", 1) : ("log-likelihood", "importance sampling", request.Draws);
        var unit = encoder is not null ? "squared error an image" : classifier is not null ? "%" : "nats";
        return (new Measurement(metric, unit,
            estimate.Mean, estimate.StandardError, new Protocol
            {
                Data = data.Name,
                DataHash = source.ContentHash,
                Split = split.ToString().ToLowerInvariant(),
                Examples = estimate.Count,
                Binarization = form,
                Estimator = estimator,
                Draws = draws,
                Seed = request.Seed,
            })
        {
            BitsPerDimension = exact is null ? null : estimate.ToBitsPerDimension(trained.Shape.Length),
        }, scores);
    }

    // log 1/K sum_k w_k from parts of the K draws: memory is that of a part, however many there are.
    private Tensor ByImportance(Tensor images, Rng rng)
    {
        var atOnce = Math.Max(1, ScoresAtOnce / (int)images.Size(0));
        if (request.Draws <= atOnce) return model!.LogLikelihood(images, rng, request.Draws);
        var parts = new List<Tensor>(); // each log sum of its weights, (B)
        for (var left = request.Draws; left > 0; left -= atOnce)
            parts.Add(TensorScope.Run(() =>
            {
                cancellation.ThrowIfCancellationRequested();
                var draws = Math.Min(left, atOnce);
                return model!.LogLikelihood(images, rng, draws) + Math.Log(draws);
            }));
        return Ops.Stack([.. parts]).LogSumExp(0) - Math.Log(request.Draws);
    }
}
