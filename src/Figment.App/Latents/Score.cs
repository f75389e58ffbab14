using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Figment.Data.Sets;
using Figment.Evaluation;

namespace Figment.App;

/// <summary>A score for every example.</summary>
public sealed record ScoreRequest : PictureRequest
{
    /// <summary><c>train</c>, <c>validation</c> or <c>test</c>.</summary>
    public string Split { get; init; } = "test";

    /// <summary>Another data set or a folder of pictures; null takes the run's own data.</summary>
    public string? Data { get; init; }

    /// <summary>Another data set or a folder of pictures whose examples are scored too, and told apart from those of
    /// the table by their scores.</summary>
    public string? Against { get; init; }

    /// <summary>As for <see cref="EvaluateRequest.Metric"/>.</summary>
    public string? Metric { get; init; }

    /// <summary>Draws of the latent variables an example, for the log-likelihood.</summary>
    public int Draws { get; init; } = 200;

    /// <summary>Only this many examples, evenly spaced over the split; 0 takes all.</summary>
    public int Limit { get; init; }

    /// <summary>The CSV file of all scores; null writes <c>scores-SPLIT.csv</c> into the run's folder, of
    /// other data <c>scores-DATA-SPLIT.csv</c>.</summary>
    public string? Table { get; init; }

    /// <summary>How many of the least likely examples are drawn.</summary>
    public int Shown { get; init; } = 40;
}

/// <summary>Scores of single examples.</summary>
/// <param name="Table">index, label, score: an example a row, in the split's order.</param>
/// <param name="Picture">The least likely examples, the least likely first.</param>
/// <param name="Lowest">Their numbers in the split.</param>
/// <param name="Text">The mean and its protocol in one line.</param>
public sealed record ScoreResult(TableResult Table, PictureResult Picture, IReadOnlyList<int> Lowest,
    [property: JsonIgnore] string Text)
{
    /// <summary>The mean score, with its standard error and what it depends on.</summary>
    public required Measurement Mean { get; init; }

    /// <summary>The other set's mean score and how well the two are told apart (AUROC), where one was asked
    /// for.</summary>
    public SeparationResult? Against { get; init; }
}

/// <summary>Scores examples one by one: a low score says that the model finds an example unusual.</summary>
public static class Score
{
    /// <summary>Scores a split, writes the table, and draws the least likely examples.</summary>
    /// <exception cref="FigmentException">The model gives no likelihoods, or the data have another form.</exception>
    public static ScoreResult Run(ScoreRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Pictures.AtLeast(1, request.Shown, "shown");
        if (request.Metric is not (null or "elbo" or "log-likelihood" or Scoring.Reconstruction))
            throw new FigmentException($"there is no score '{request.Metric}' of single examples",
                "choose elbo, log-likelihood or reconstruction", isUsage: true);
        var split = Splits.Parse(request.Split);
        using var trained = TrainedModel.Open(request.Source, progress);
        var scoring = new Scoring(trained, new EvaluateRequest
        {
            Metric = request.Metric,
            Draws = request.Draws,
            Limit = request.Limit,
            Seed = request.Seed,
        }, progress, cancellation);
        var own = trained.Data(progress, cancellation);
        var (data, form) = request.Data is { } other
            ? Evaluate.Open(other, trained, own, progress, cancellation) : (own, own.BinarizationName);
        var (measurement, scores) = scoring.Measure(data, split, form, null);
        var source = ImageSubset.Spread(data[split], request.Limit);
        var numbers = ImageSubset.Spread(data[split].Count, request.Limit);

        var path = Path.GetFullPath(request.Table
            ?? Path.Combine(trained.Folder, $"scores-{(request.Data is null ? "" : FileName(data.Name) + "-")}"
                + $"{split.ToString().ToLowerInvariant()}.csv"));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var file = new StreamWriter(path, append: false, new UTF8Encoding(false)))
        {
            file.WriteLine("index,label,score");
            for (var i = 0; i < scores.Length; i++)
                file.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{numbers[i]},{source.Label(i)},{scores[i]:R}"));
        }

        var isError = measurement.Metric == Scoring.Reconstruction; // the largest are the oddest
        int[] lowest = [.. Enumerable.Range(0, scores.Length).OrderBy(i => isError ? -scores[i] : scores[i])
            .Take(request.Shown)];
        var pixels = ChosenPictures.OfSet(source, lowest, trained, data, request.Seed);
        int[] shown = [.. lowest.Select(i => numbers[i])];
        return new ScoreResult(new TableResult(path, scores.Length, 1),
            Pictures.Write(trained, request, "least-likely", pixels, 0, new()
            {
                ["scored"] = source.Name,
                ["order"] = isError ? "the worst reconstructed first" : "the least likely first",
                ["indices"] = Pictures.List(shown),
            }), shown, measurement.ToString())
        {
            Mean = measurement,
            Against = request.Against is { } against
                ? Evaluate.Separate(scoring, measurement, scores, against, split, trained, progress, cancellation)
                : null,
        };
    }

    private static string FileName(string data) =>
        string.Concat(Path.GetFileName(Path.TrimEndingDirectorySeparator(data)).Select(c =>
            char.IsLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
}
