using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace Figment.App;

/// <summary>Many trainings of one thing with different options.</summary>
public sealed record SweepRequest
{
    /// <summary>What is trained each time: a preset, a model, data, steps; its sets come before the varied
    /// options.</summary>
    public required TrainRequest Train { get; init; }

    /// <summary>Options and the values that each takes: <c>optimizer.learning-rate=1e-4,2e-4</c>, or a range
    /// <c>optimizer.learning-rate=1e-5..1e-2</c> for a random search.</summary>
    public required IReadOnlyList<string> Vary { get; init; }

    /// <summary>Points drawn at random; 0 takes every combination.</summary>
    public int Random { get; init; }

    /// <summary>Seeds with which each point is trained.</summary>
    public IReadOnlyList<ulong> Seeds { get; init; } = [42];

    /// <summary>How each trained model is measured; its source is filled in.</summary>
    public required EvaluateRequest Measure { get; init; }

    /// <summary>Whether less of the metric is better; null asks the metric.</summary>
    public bool? LessIsBetter { get; init; }

    /// <summary>A Markdown file for the table; null writes none.</summary>
    public string? Out { get; init; }

    /// <summary>The command line, kept in each run and in the table.</summary>
    public string? Command { get; init; }
}

/// <summary>One training of a sweep.</summary>
/// <param name="Values">The varied options' values, in the order of the request.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Run">The run's id.</param>
/// <param name="Value">The figure; null where the training diverged.</param>
/// <param name="StandardError">Of the figure.</param>
/// <param name="Seconds">Time in steps; 0 where it had been trained before.</param>
public sealed record SweepPoint(IReadOnlyList<string> Values, ulong Seed, string Run, double? Value,
    double? StandardError, double Seconds);

/// <summary>What one value of one option did, over all trainings that had it.</summary>
/// <param name="Option">The option.</param>
/// <param name="Value">Its value.</param>
/// <param name="Mean">The mean figure of those that did not diverge; null where all did.</param>
/// <param name="Best">The best of them.</param>
/// <param name="Worst">The worst of them.</param>
/// <param name="Trained">How many were trained.</param>
/// <param name="Diverged">How many of them diverged.</param>
public sealed record SweepMargin(string Option, string Value, double? Mean, double? Best, double? Worst, int Trained,
    int Diverged);

/// <summary>What a sweep found.</summary>
/// <param name="Options">The varied options.</param>
/// <param name="Metric">What was measured.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="LessIsBetter">Which way is better.</param>
/// <param name="Points">Every training, best first; diverged ones last.</param>
/// <param name="Margins">The sensitivity table: each option's values.</param>
public sealed record SweepResult(IReadOnlyList<string> Options, string Metric, string Unit, bool LessIsBetter,
    IReadOnlyList<SweepPoint> Points, IReadOnlyList<SweepMargin> Margins)
{
    /// <summary>The points and the sensitivity table in Markdown.</summary>
    [JsonIgnore]
    public string Markdown
    {
        get
        {
            var text = new StringBuilder();
            void Row(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");
            void Head(params IReadOnlyList<string> cells)
            {
                Row(cells);
                Row(cells.Select(_ => "---"));
            }

            Head([.. Options, "seed", $"{Metric} ({Unit}, {(LessIsBetter ? "less" : "more")} is better)", "run"]);
            foreach (var point in Points)
                Row([.. point.Values, point.Seed.ToString(CultureInfo.InvariantCulture), point.Value is { } value
                    ? $"{Number(value)} ± {Number(point.StandardError ?? 0)}" : "diverged", $"`{point.Run}`"]);
            text.AppendLine();
            Head("option", "value", "mean", "best", "worst", "diverged");
            foreach (var margin in Margins)
                Row([margin.Option, margin.Value, Number(margin.Mean), Number(margin.Best), Number(margin.Worst),
                    $"{margin.Diverged} of {margin.Trained}"]);
            return text.ToString();
        }
    }

    /// <summary>A figure as tables show it.</summary>
    public static string Number(double? value) =>
        value is { } number ? number.ToString("0.###", CultureInfo.InvariantCulture) : "-";
}

/// <summary>Grid and random search over any options. Every training is a run of its own, found again by its name and
/// configuration: a sweep that was stopped goes on when it is asked for again, and one that is made larger trains only
/// what is new.</summary>
public static class Sweep
{
    private const int Largest = 10_000;

    /// <summary>Trains and measures every point.</summary>
    /// <returns>Null when it was asked to stop; asking again goes on.</returns>
    /// <exception cref="FigmentException">The varied options cannot be read, or their grid is too large.</exception>
    /// <exception cref="Training.Options.OptionsException">A value is not one that its option takes.</exception>
    public static SweepResult? Run(SweepRequest request, IProgress<WorkEvent> progress,
        CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var axes = request.Vary.Select(SweepAxis.Parse).ToList();
        if (axes.Count == 0) throw Wrong("nothing is varied", "name an option and its values: --vary plan.batch=32,64");
        if (request.Seeds.Count == 0) throw Wrong("a sweep needs a seed", "pass --seeds 1,2,3");
        var grid = request.Random > 0 ? SweepAxis.Draw(axes, request.Random, request.Seeds[0]) : SweepAxis.Grid(axes);
        if (grid.Count * (long)request.Seeds.Count > Largest)
            throw Wrong($"{grid.Count * (long)request.Seeds.Count} trainings are too many",
                $"vary less, or draw at most {Largest} with --random");

        // All faults before anything is trained.
        var trainings = grid.SelectMany(values => request.Seeds.Select(seed => (values, seed))).Select(point =>
        {
            var train = request.Train with
            {
                Seed = point.seed,
                Sets = [.. request.Train.Sets, .. axes.Zip(point.values, (axis, value) => $"{axis.Option}={value}")],
            };
            return (point.values, point.seed, train, configuration: Configuration.Resolve(train));
        }).ToList();

        var points = new List<SweepPoint>();
        EvaluationResult? last = null;
        foreach (var (values, seed, train, configuration) in trainings)
        {
            progress.Report(new StageBegun($"{points.Count + 1} of {trainings.Count}: "
                + string.Join(", ", axes.Zip(values, (axis, value) => $"{axis.Option}={value}")) + $", seed {seed}"));
            var named = train with { Name = configuration.Name };
            var outcome = KeptRuns.Train(configuration, named, request.Command, progress, stop);
            if (outcome.Reason == "cancelled") return null;
            var measured = outcome.IsComplete ? Evaluate.Run(request.Measure with
            {
                Source = request.Measure.Source with { Run = outcome.Run, RunsFolder = request.Train.RunsFolder },
            }, progress, stop) : null;
            last = measured ?? last;
            points.Add(new SweepPoint(values, seed, outcome.Run, Finite(measured?.Value),
                Finite(measured?.StandardError), outcome.Seconds));
        }

        var less = request.LessIsBetter ?? last?.LessIsBetter ?? true;
        var result = new SweepResult([.. axes.Select(axis => axis.Option)],
            last?.Metric ?? request.Measure.Metric ?? "", last?.Unit ?? "", less, [.. Sorted(points, less)],
            Margins(axes, points, less));
        if (request.Out is { } path) Write(path, result, request.Command, last, progress);
        return result;
    }

    internal static IReadOnlyList<SweepMargin> Margins(IReadOnlyList<SweepAxis> axes, IReadOnlyList<SweepPoint> points,
        bool lessIsBetter) => [.. axes.SelectMany((axis, i) => axis.IsRange ? [] : axis.Values.Select(value =>
    {
        var mine = points.Where(point => point.Values[i] == value).ToList();
        var figures = mine.Select(point => point.Value).OfType<double>().Order().ToList();
        var (low, high) = figures.Count == 0 ? ((double?)null, (double?)null) : (figures[0], figures[^1]);
        return new SweepMargin(axis.Option, value, figures.Count == 0 ? null : figures.Average(),
            lessIsBetter ? low : high, lessIsBetter ? high : low, mine.Count, mine.Count - figures.Count);
    }))];

    private static IEnumerable<SweepPoint> Sorted(IEnumerable<SweepPoint> points, bool lessIsBetter) => points
        .OrderBy(point => point.Value is null)
        .ThenBy(point => lessIsBetter ? point.Value : -point.Value);

    private static void Write(string path, SweepResult result, string? command, EvaluationResult? last,
        IProgress<WorkEvent> progress)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        File.WriteAllText(path, (command is null ? "" : $"`{command}`\n\n")
            + (last is null ? "" : $"Protocol: {last.Protocol}.\n\n") + result.Markdown);
        progress.Report(new FileWritten("table", path));
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private static FigmentException Wrong(string what, string cure) => new(what, cure, isUsage: true);
}
