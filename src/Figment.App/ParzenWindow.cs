using Figment.Data;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>Measures a trained model by a Parzen window of its samples.</summary>
internal static class ParzenWindow
{
    public const string Metric = "parzen";

    private const int SamplesAtOnce = 500, Usual = 10_000;

    public static Measurement Measure(TrainedModel trained, EvaluateRequest request, Split split,
        IProgress<WorkEvent> progress, CancellationToken cancellation)
    {
        if (request.Against is not null || request.Over is not null || request.Map)
            throw new FigmentException($"{Metric} goes with none of against, over and map",
                "measure each model by itself", isUsage: true);
        var count = request.Samples ?? Usual;
        if (count < 1) throw new FigmentException("samples must be at least 1", isUsage: true);
        var model = trained.As<IDrawsSamples>("draw samples");
        var data = trained.Data(progress, cancellation);
        if (data.Transform.Binarization != Binarization.None || data.Transform.IsReal || data.Train.IsBinary)
            throw new FigmentException($"{Metric} is for real pixels in [0, 1], but {trained.Run.Id} takes "
                + $"{data.Name} {data.BinarizationName}", "train on data that are not binarised", isUsage: true);
        var source = ImageSubset.Spread(data[split], request.Limit);
        if (source.Count == 0 || data.Validation.Count == 0)
            throw new FigmentException($"{(source.Count == 0 ? source.Name : data.Validation.Name)} is empty",
                "it needs validation images to choose its bandwidth on", isUsage: true);

        using var root = new Rng(request.Seed);
        using var rng = root.Stream("evaluation", trained.Device);
        return TensorScope.Run(() =>
        {
            var samples = Draw(model, trained, count, rng, progress, cancellation);
            var validation = Points(data.Validation, data, trained.Device, cancellation);
            var (sigma, _) = Parzen.ChooseSigma(samples, validation,
                Told("choosing sigma", (int)validation.Size(0)), cancellation);
            var points = Points(source, data, trained.Device, cancellation);
            var estimate = Estimate.Of(Parzen.LogDensities(samples, points, sigma,
                Told($"evaluating {trained.Run.Id} on {source.Name}", source.Count), cancellation));
            return new Measurement(Metric, "nats", estimate.Mean, estimate.StandardError, new Protocol
            {
                Data = data.Name,
                DataHash = source.ContentHash,
                Split = split.ToString().ToLowerInvariant(),
                Examples = estimate.Count,
                Binarization = data.BinarizationName,
                Estimator = Protocol.ParzenEstimator,
                Draws = 0,
                Samples = count,
                Sigma = sigma,
                Seed = request.Seed,
            });
        });

        Action<int> Told(string what, int count) =>
            done => progress.Report(new Advanced(what, done, count, "images"));
    }

    // Means of p(x|z), where a model has such: what pictures of samples show.
    private static Tensor Draw(IDrawsSamples model, TrainedModel trained, int count, Rng rng,
        IProgress<WorkEvent> progress, CancellationToken cancellation)
    {
        var parts = new List<Tensor>();
        for (var done = 0; done < count; done += SamplesAtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            var next = Math.Min(SamplesAtOnce, count - done);
            parts.Add(TensorScope.Run(() => NoGrad.Run(() => model.Sample(next, rng, mean: true).Flatten(1))));
            progress.Report(new Advanced($"drawing from {trained.Run.Id}", done + next, count, "samples"));
        }

        return Ops.Cat([.. parts]); // (samples, D)
    }

    private static Tensor Points(IImageSource source, DataSplits data, Device device, CancellationToken cancellation)
    {
        using var loader = DataLoader.Sequential(source, SamplesAtOnce, data.Transform.ForEvaluation(), 0);
        var parts = new List<Tensor>();
        foreach (var host in loader.RestOfEpoch(cancellation)) parts.Add(Batch.From(host, device).Images.Flatten(1));
        return Ops.Cat([.. parts]); // (images, D)
    }
}
