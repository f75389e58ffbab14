using System.Globalization;
using Figment.Data;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>Measures of what a model draws, mostly in the features of a classifier.</summary>
internal sealed class SampleMeasures
{
    private const int AtOnce = SetMeasures.AtOnce, Usual = 10_000, StackedModes = 26_000, PixelNeighbors = 2_000;

    private readonly TrainedModel trained;
    private readonly EvaluateRequest request;
    private readonly IProgress<WorkEvent> progress;
    private readonly CancellationToken cancellation;
    private readonly DataSplits data;
    private readonly IImageSource source;
    private readonly Split split;
    private readonly Rng rng;
    private readonly Extractor? extractor;

    private SampleMeasures(TrainedModel trained, EvaluateRequest request, Split split, Rng rng, Extractor? extractor,
        DataSplits data, IProgress<WorkEvent> progress, CancellationToken cancellation)
    {
        (this.trained, this.request, this.split, this.rng) = (trained, request, split, rng);
        (this.extractor, this.data) = (extractor, data);
        (this.progress, this.cancellation) = (progress, cancellation);
        source = ImageSubset.Spread(data[split], request.Limit);
    }

    /// <summary>The names of the measures.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["fd", "kd", "is", "precision", "density", "modes", "agreement", "memorisation"];

    /// <summary>Measures a model by one of them.</summary>
    /// <exception cref="FigmentException">The model cannot be measured so, or the classifier is missing.</exception>
    public static Measurement Measure(TrainedModel trained, EvaluateRequest request, Split split,
        IProgress<WorkEvent> progress, CancellationToken cancellation)
    {
        if (request.Against is not null || request.Over is not null || request.Map)
            throw new FigmentException($"{request.Metric} goes with none of against, over and map",
                "measure each model by itself", isUsage: true);
        var data = trained.Data(progress, cancellation);
        if (data[split].Count == 0)
            throw new FigmentException($"{data[split].Name} is empty", "choose another --split", isUsage: true);
        using var root = new Rng(request.Seed);
        using var rng = root.Stream("evaluation", trained.Device);
        // Points are judged as they are, and pixels may be: a classifier is only asked where it is needed.
        var isJudged = request.Metric is not "modes" and not "memorisation" || request.Extractor is not null
            || (request.Metric == "modes" && !trained.IsPoints);
        using var extractor = isJudged
            ? Extractor.Open(request.Extractor, request.Source, data.Name, progress, cancellation) : null;
        return TensorScope.Run(() => NoGrad.Run(() =>
            new SampleMeasures(trained, request, split, rng, extractor, data, progress, cancellation).Measured()));
    }

    private Measurement Measured() => request.Metric switch
    {
        _ when SetMeasures.Names.Contains(request.Metric) => Compared(),
        "is" => Score(),
        "modes" => CountModes(),
        "agreement" => Agreement(),
        _ => Memorised(),
    };

    private Measurement Compared()
    {
        var rows = DataFeatures(source);
        var figure = SetMeasures.Between(request.Metric!, rows, SampleFeatures(Usual, out var drawn), progress,
            cancellation);
        return Figure(figure.Figure, "", figure.Estimator, drawn, source.Count,
            [.. figure.Also.Select(also => (also.Name, "", also.Figure))]);
    }

    private Measurement Score()
    {
        var logits = Drawn(Usual, images => extractor!.Read(images, extractor.Logits), out var drawn);
        if (logits.Size(1) != extractor!.Classes)
            throw new FigmentException("is needs samples of which the classifier sees the whole", isUsage: true);
        return Figure(InceptionScore.OverSplits(logits), "", "mean of 10 parts", drawn, 0);
    }

    private Measurement CountModes()
    {
        if (extractor is null)
        {
            var known = PointSets.ModesOf(data.Name) ?? throw new FigmentException($"{data.Name} has no known modes",
                "choose ring-of-8, grid-of-25 or two-bumps", isUsage: true);
            var points = Modes.Of(Drawn(Usual, images => images.Flatten(1), out var all), known);
            return Figure(points.Found, $"of {known.Centers.Count}", "within 3 sigma", all, 0,
                ("kl", "nats", points.Kl), ("high-quality", "", points.HighQuality!.Value));
        }

        var classes = extractor.Classes;
        // The number that the channels' digits write: one of classes ^ channels modes.
        var told = Drawn(trained.Shape.Channels > 1 ? StackedModes : Usual, images => extractor.Read(images,
            view => extractor.Logits(view).ArgMax(1, keepdim: true)), out var drawn);
        var places = (int)told.Size(1);
        var numbers = told.ToArray<long>();
        var modes = new int[drawn];
        for (var i = 0; i < drawn; i++)
            for (var place = 0; place < places; place++)
                modes[i] = (modes[i] * classes) + (int)numbers[(i * places) + place];
        var count = (int)Math.Pow(classes, places);
        var figures = Modes.Of(modes, count);
        return Figure(figures.Found, string.Create(CultureInfo.InvariantCulture, $"of {count:N0}"), "likeliest class",
            drawn, 0, ("kl", "nats", figures.Kl));
    }

    private Measurement Agreement()
    {
        var model = trained.As<IDrawsClasses>("draw a class that is asked for");
        if (model.Classes == 0)
            throw new FigmentException($"{trained.Run.Id} was trained without classes",
                $"train one with them: --set model.classes=10", isUsage: true);
        if (model.Classes != extractor!.Classes)
            throw new FigmentException($"{extractor.Name} tells {extractor.Classes} classes, and "
                + $"{trained.Run.Id} draws {model.Classes}", "name a classifier of the same data", isUsage: true);
        var right = Drawn(Usual, (from, count) =>
        {
            // Class after class, so that all come equally often.
            var labels = Tensor.From<long>([.. Enumerable.Range(from, count).Select(i => (long)(i % model.Classes))],
                trained.Device, count);
            return extractor.Read(model.SampleOf(labels, rng, mean: true), extractor.Logits).ArgMax(1).Eq(labels)
                .To(DType.Float64).Unsqueeze(1) * 100;
        }, out var drawn);
        return Figure(Estimate.Of(right.ToArray<double>()), "%", "likeliest class, all classes equally often",
            drawn, 0);
    }

    private Measurement Memorised()
    {
        if (split == Split.Train)
            throw new FigmentException("memorisation compares samples with new images", "choose --split test",
                isUsage: true);
        var most = extractor is null ? PixelNeighbors : Usual;
        var samples = SampleFeatures(most, out var drawn);
        var tests = DataFeatures(ImageSubset.Spread(source, most));
        var train = DataFeatures(data.Train);
        double[] Nearest(Tensor points, string what) => Neighborhoods.NearestDistances(points, train, done =>
            progress.Report(new Advanced($"looking for the nearest of {what}", done, (int)points.Size(0), "images")),
            cancellation);
        var found = Memorization.Of(Nearest(samples, "samples"), Nearest(tests, "test images"));
        return Figure(found.Ratio, "of a new image's distance", extractor is null ? "nearest training image, pixels"
            : "nearest training image", drawn, (int)tests.Size(0), ("nearer", "", found.Nearer));
    }

    private Tensor SampleFeatures(int usual, out int drawn) => Drawn(usual, Features, out drawn);

    // Rows of what is to be compared: the classifier's features, or the numbers themselves.
    private Tensor Features(Tensor images) => extractor is null ? images.Flatten(1)
        : extractor.Read(images, extractor.Features);

    private Tensor Drawn(int usual, Func<Tensor, Tensor> look, out int drawn)
    {
        var model = trained.As<IDrawsSamples>("draw samples");
        // Means of p(x|z), where a model has such: what pictures of samples show. Points have none.
        return Drawn(usual, (_, count) => look(model.Sample(count, rng, mean: !trained.IsPoints)), out drawn);
    }

    private Tensor Drawn(int usual, Func<int, int, Tensor> draw, out int drawn)
    {
        if (request.Samples is < 2) throw new FigmentException("samples must be at least 2", isUsage: true);
        drawn = request.Samples ?? usual;
        var parts = new List<Tensor>();
        for (var done = 0; done < drawn; done += AtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            var (from, next) = (done, Math.Min(AtOnce, drawn - done));
            parts.Add(TensorScope.Run(() => draw(from, next)));
            progress.Report(new Advanced($"drawing from {trained.Run.Id}", done + next, drawn, "samples"));
        }

        return Ops.Cat([.. parts]);
    }

    private Tensor DataFeatures(IImageSource images) => SetMeasures.Rows(images, data.Transform, Features, request.Seed,
        trained.Device, progress, cancellation);

    private Measurement Figure(Estimate estimate, string unit, string estimator, int drawn, int examples,
        params ReadOnlySpan<(string Name, string Unit, Estimate Figure)> also) =>
        new(extractor is null ? request.Metric! : extractor.NameOf(request.Metric!), unit, estimate.Mean,
            estimate.StandardError, new Protocol
            {
                Data = data.Name,
                DataHash = source.ContentHash,
                Split = split.ToString().ToLowerInvariant(),
                Examples = examples,
                Binarization = data.BinarizationName,
                Estimator = estimator,
                Draws = 0,
                Samples = drawn,
                Extractor = extractor?.Name,
                ExtractorHash = extractor?.Hash,
                Preparation = extractor?.Preparation,
                Seed = request.Seed,
            })
        {
            Also = [.. also.ToArray().Select(other => new FurtherFigure(other.Name, other.Unit, other.Figure.Mean,
                other.Figure.StandardError))],
        };
}
