using System.Globalization;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Torch;

namespace Figment.App;

/// <summary>How much of the classes is in codes that were learned without labels, as a number: the accuracy of a linear
/// classifier of the codes.</summary>
public static class Probe
{
    /// <summary>What it is called in the log of a run's figures.</summary>
    public const string Metric = "linear probe";

    private const int PicturesAtOnce = 1_000;

    /// <summary>Encodes labelled training images, fits a logistic regression to their codes, and tells the classes of
    /// the test images. Each figure is kept in its run's folder.</summary>
    /// <exception cref="FigmentException">A model encodes no images, or the data have no labels or too few.</exception>
    public static ProbeResult Run(ProbeRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var split = Splits.Parse(request.Split);
        if (split == Split.Train)
            throw new FigmentException("the probe learns from the training images, so it cannot be measured on them",
                "choose test or validation", isUsage: true);
        if (request.Labels is < 0 or > 0 and < LinearProbe.Folds)
            throw new FigmentException($"a probe takes at least {LinearProbe.Folds} labels", "0 takes all",
                isUsage: true);
        var rows = new List<ProbeRow>();
        foreach (var source in request.Sources)
        {
            using var trained = TrainedModel.Open(source, progress);
            var space = new LatentSpace(trained, progress, needsEncoder: true);
            var own = trained.Data(progress, cancellation);
            var (data, form) = request.Data is { } other
                ? Evaluate.Open(other, trained, own, progress, cancellation) : (own, own.BinarizationName);
            var images = Images(data, split, request);
            var seen = Numbers(request.Numbers, space);
            var row = Measure(trained.Run.Id, seen.Length, (set, numbers) =>
                [.. space.Encode(set, numbers, data.Transform.ForEvaluation(), request.Seed, cancellation)
                    .Select(code => seen.Length == space.Size ? code : [.. seen.Select(number => code[number])])],
                request.Numbers.Count == 0 ? "" : $" of the numbers {string.Join(' ', request.Numbers)}");
            rows.Add(row with { Model = trained.Configuration.Card.Id, Checkpoint = trained.Checkpoint.Manifest.Step });
            var figure = new Measurement(Metric, "% right", row.Accuracy, row.StandardError, row.Protocol);
            EvaluationLog.Append(trained, new EvaluationResult(trained.Run.Id, trained.Checkpoint.Manifest.Step,
                figure.Metric, figure.Unit, figure.Value, figure.StandardError, figure.Protocol, figure.ToString()),
                progress);

            // The pixels of two models in the same form are the same row.
            if (request.Pixels && !rows.Any(one => one.Model is null && one.Protocol == row.Protocol))
                rows.Add(Measure("pixels", trained.Shape.Length, (set, numbers) => [.. numbers.Chunk(PicturesAtOnce)
                    .SelectMany(some => ChosenPictures.OfSet(set, some, trained, data, request.Seed)
                        .Chunk(trained.Shape.Length))]));

            ProbeRow Measure(string name, int dimensions, Func<IImageSource, int[], float[][]> codes, string of = "")
            {
                progress.Report(new StageBegun(string.Create(CultureInfo.InvariantCulture,
                    $"{name}: a linear probe with {images.Labelled.Length:N0} labels")));
                int[] told = [.. Enumerable.Range(0, images.Told.Count)];
                var outcome = TensorScope.Run(() => LinearProbe.Measure(
                    Matrix(codes(data.Train, images.Labelled), dimensions), Labels(data.Train, images.Labelled),
                    Matrix(codes(images.Told, told), dimensions), Labels(images.Told, told),
                    data.ClassNames.Count, cancellation));
                return new ProbeRow(name, null, null, dimensions, images.Labelled.Length, outcome.Penalty,
                    100 * outcome.Accuracy.Mean, 100 * outcome.Accuracy.StandardError, new Protocol
                    {
                        Data = data.Name,
                        DataHash = images.Told.ContentHash,
                        Split = request.Split.ToLowerInvariant(),
                        Examples = images.Told.Count,
                        Binarization = form,
                        Estimator = string.Create(CultureInfo.InvariantCulture,
                            $"logistic regression of {images.Labelled.Length:N0} labels{of}"),
                        Draws = 0,
                        Seed = request.Seed,
                    });
            }
        }

        return new ProbeResult(rows);
    }

    // Which training images may be looked at with their labels, in a random order, and which images are told.
    private static (int[] Labelled, IImageSource Told) Images(DataSplits data, Split split, ProbeRequest request)
    {
        if (!data.Train.HasLabels)
            throw new FigmentException($"{data.Name} has no labels",
                "name labelled data of the same form with --data, such as mnist, or a folder of class folders",
                isUsage: true);
        var told = ImageSubset.Spread(data[split], request.Limit);
        if (told.Count == 0)
            throw new FigmentException($"{told.Name} is empty", "choose another --split", isUsage: true);
        if (request.Labels > data.Train.Count || data.Train.Count < LinearProbe.Folds)
            throw new FigmentException(string.Create(CultureInfo.InvariantCulture,
                $"{data.Train.Name} has {data.Train.Count:N0} images, not {request.Labels:N0}"),
                "ask for fewer labels", isUsage: true);
        // One order for all budgets: a larger one holds the smaller ones.
        var order = new int[data.Train.Count];
        CounterRandom.Permute(order, request.Seed, 0);
        return (request.Labels == 0 ? order : order[..request.Labels], told);
    }

    private static int[] Numbers(IReadOnlyList<string> words, LatentSpace space) => words.Count == 0
        ? [.. Enumerable.Range(0, space.Size)]
        : [.. words.SelectMany(word =>
        {
            int[] ends = [.. word.Split('-').Select(end =>
                int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)];
            return ends is [>= 0] or [>= 0, >= 0] && ends[0] <= ends[^1]
                ? Enumerable.Range(ends[0], ends[^1] - ends[0] + 1).Select(space.CheckDimension)
                : throw new FigmentException($"'{word}' is no number of a code", "write 3 or 0-14", isUsage: true);
        }).Distinct()];

    private static Tensor Matrix(float[][] codes, int columns)
    {
        var numbers = new float[checked(codes.Length * columns)];
        for (var i = 0; i < codes.Length; i++) codes[i].CopyTo(numbers.AsSpan(i * columns));
        return Tensor.From<float>(numbers, codes.Length, columns);
    }

    private static Tensor Labels(IImageSource source, int[] images) =>
        Tensor.From<long>([.. images.Select(i => (long)source.Label(i))], images.Length);
}
