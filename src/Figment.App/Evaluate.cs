using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>What to measure.</summary>
public sealed record EvaluateRequest
{
    /// <summary>The model.</summary>
    public ModelSource Source { get; init; } = new();

    /// <summary><c>elbo</c> (one draw, a lower bound) or <c>log-likelihood</c> (importance sampling).</summary>
    public string Metric { get; init; } = "elbo";

    /// <summary>Draws of the latent variables an example, for the log-likelihood.</summary>
    public int Draws { get; init; } = 200;

    /// <summary><c>train</c>, <c>validation</c> or <c>test</c>.</summary>
    public string Split { get; init; } = "test";

    /// <summary>Decides the binarisation and the draws.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Only the first examples; 0 takes all.</summary>
    public int Limit { get; init; }
}

/// <summary>A figure with everything that it depends on.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Checkpoint">The checkpoint's step.</param>
/// <param name="Metric">What was measured.</param>
/// <param name="Unit">For example <c>nats</c>.</param>
/// <param name="Value">The mean over the examples.</param>
/// <param name="StandardError">Of the mean.</param>
/// <param name="Protocol">Data, split, binarisation, estimator, draws, seed: what a comparison must share.</param>
/// <param name="Text">The figure and its protocol in one line.</param>
public sealed record EvaluationResult(
    string Run, long Checkpoint, string Metric, string Unit, double Value, double StandardError,
    Protocol Protocol, string Text);

/// <summary>Measures trained models.</summary>
public static class Evaluate
{
    /// <summary>Numbers in flight: the batch shrinks as the draws grow.</summary>
    private const int ScoresAtOnce = 5000;

    /// <summary>Measures a model on a split of its data.</summary>
    /// <exception cref="FigmentException">The model cannot be measured so, or the split is empty.</exception>
    public static EvaluationResult Run(EvaluateRequest request, IProgress<WorkEvent> progress, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var isBound = request.Metric == "elbo";
        if (!isBound && request.Metric != "log-likelihood")
            throw new FigmentException($"there is no metric '{request.Metric}'", "choose elbo or log-likelihood", isUsage: true);
        if (!Enum.TryParse<Split>(request.Split, ignoreCase: true, out var split))
            throw new FigmentException($"there is no split '{request.Split}'", "choose train, validation or test", isUsage: true);
        if (!isBound && request.Draws < 1) throw new FigmentException("draws must be at least 1", isUsage: true);

        using var trained = TrainedModel.Open(request.Source, progress);
        var model = trained.As<IScoresExamples>("give likelihoods");
        var data = trained.Data(progress, cancellation);
        var source = data[split];
        if (request.Limit > 0 && request.Limit < source.Count)
            source = new ImageSubset($"{source.Name}, the first {request.Limit}", source, [.. Enumerable.Range(0, request.Limit)]);
        if (source.Count == 0) throw new FigmentException($"{source.Name} is empty", "choose another --split", isUsage: true);

        using var root = new Rng(request.Seed);
        using var rng = root.Stream("evaluation", trained.Device);
        var batch = isBound ? 500 : Math.Clamp(ScoresAtOnce / request.Draws, 1, 500);
        var done = 0;
        var estimate = Likelihood.Mean(source, data.Transform.ForEvaluation(), batch, request.Seed, images =>
        {
            done += (int)images.Size(0);
            progress.Report(new Advanced($"evaluating {trained.Run.Id} on {source.Name}", done, source.Count, "images"));
            return isBound ? model.LowerBound(images, rng) : model.LogLikelihood(images, rng, request.Draws);
        }, trained.Device, cancellation);
        var measurement = new Measurement(request.Metric, "nats", estimate.Mean, estimate.StandardError, new Protocol
        {
            Data = data.Name,
            DataHash = source.ContentHash,
            Split = request.Split.ToLowerInvariant(),
            Examples = estimate.Count,
            Binarization = data.BinarizationName,
            Estimator = isBound ? "elbo" : "importance sampling",
            Draws = isBound ? 1 : request.Draws,
            Seed = request.Seed,
        });
        return new EvaluationResult(trained.Run.Id, trained.Checkpoint.Manifest.Step, measurement.Metric, measurement.Unit,
            measurement.Value, measurement.StandardError, measurement.Protocol, measurement.ToString());
    }
}
