using Figment.Data;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>Measures how often the categories that a model found without labels are not the labels' classes.</summary>
internal static class CategoryError
{
    public const string Metric = "category-error";

    private const int AtOnce = 500;

    public static Measurement Measure(TrainedModel trained, EvaluateRequest request, Split split,
        IProgress<WorkEvent> progress, CancellationToken cancellation)
    {
        if (request.Against is not null || request.Over is not null || request.Map)
            throw new FigmentException($"{Metric} goes with none of against, over and map",
                "measure each model by itself", isUsage: true);
        var model = trained.As<ISortsImages>("sort images into categories of its own", "infogan does");
        var data = trained.Data(progress, cancellation);
        var source = ImageSubset.Spread(data[split], request.Limit);
        if (source.Count == 0)
            throw new FigmentException($"{source.Name} is empty", "choose another --split", isUsage: true);
        if (!source.HasLabels)
            throw new FigmentException($"{source.Name} has no labels to compare categories with", isUsage: true);
        var done = 0;
        var found = Likelihood.Scores(source, data.Transform.ForEvaluation(), AtOnce, request.Seed, images =>
        {
            done += (int)images.Size(0);
            progress.Report(new Advanced($"sorting {source.Name}", done, source.Count, "images"));
            return model.CategoryLogits(images).ArgMax(1);
        }, trained.Device, cancellation);
        long[] classes = [.. Enumerable.Range(0, source.Count).Select(i => (long)source.Label(i))];
        var (errors, _) = CategoryAgreement.Errors([.. found.Select(category => (long)category)], classes,
            model.Categories, source.ClassNames.Count);
        var estimate = Estimate.Of(errors);
        return new Measurement(Metric, "%", estimate.Mean, estimate.StandardError, new Protocol
        {
            Data = data.Name,
            DataHash = source.ContentHash,
            Split = split.ToString().ToLowerInvariant(),
            Examples = estimate.Count,
            Binarization = data.BinarizationName,
            Estimator = $"best one-to-one assignment of {model.Categories} categories, chosen on the same examples",
            Draws = 0,
            Seed = request.Seed,
        });
    }
}
