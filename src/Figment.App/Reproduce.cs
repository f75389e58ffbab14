using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Figment.Evaluation;
using Figment.Models;
using Figment.Training.Metrics;
using Figment.Training.Runs;

namespace Figment.App;

/// <summary>A preset whose promise is to be checked.</summary>
public sealed record ReproduceRequest
{
    /// <summary>The preset's id.</summary>
    public required string Preset { get; init; }

    /// <summary>Another seed than the preset's; the first, where the promise is a median of several.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The folder for result files; <c>results.md</c> is written beside it.</summary>
    public string ResultsFolder { get; init; } = Path.Combine("docs", "results");

    /// <summary>The folder of runs; a run of this preset that was cut off there is gone on with.</summary>
    public string RunsFolder { get; init; } = Runs.DefaultFolder;

    /// <summary>The command line, kept in the run.</summary>
    public string? Command { get; init; }

    /// <summary>Where to compute: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>; a run that is gone on with must have begun
    /// there.</summary>
    public string Device { get; init; } = "cpu";
}

/// <summary>One point of a training curve.</summary>
public sealed record CurvePoint(long Step, double Epoch, double Seconds, IReadOnlyDictionary<string, double> Metrics);

/// <summary>The figure of one training.</summary>
public sealed record SeedFigure(ulong Seed, double Value, double StandardError);

/// <summary>What a reproduction found, as kept in <c>docs/results</c>.</summary>
/// <param name="Preset">The preset's id.</param>
/// <param name="Source">Where its settings come from.</param>
/// <param name="Metric">What was measured.</param>
/// <param name="Value">The figure.</param>
/// <param name="StandardError">Its standard error over the examples.</param>
/// <param name="Unit">For example <c>nats</c>.</param>
/// <param name="Expected">The least that the preset promises, of the figure or of its gain; the most where
/// <see cref="IsLimit"/>.</param>
/// <param name="Reached">Whether it was reached.</param>
/// <param name="Published">The published figure and its protocol, in words.</param>
/// <param name="Protocol">What a comparison must share.</param>
/// <param name="Seed">Seed of the training.</param>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Seconds">Time in steps.</param>
/// <param name="Config">The resolved configuration, YAML.</param>
/// <param name="Versions">Figment, libtorch, threads and kernels.</param>
/// <param name="Curve">Training metrics over the run, at most 200 points.</param>
public sealed record ReproductionResult(
    string Preset, string Source, string Metric, double Value, double StandardError,
    string Unit, double Expected, bool Reached,
    string Published, Protocol Protocol, ulong Seed, long Steps, double Seconds, string Config,
    IReadOnlyDictionary<string, string> Versions, IReadOnlyList<CurvePoint> Curve)
{
    /// <summary>The outcome and its protocol in one line.</summary>
    [JsonIgnore]
    public string Text => $"{Preset}: {Figure}, promised {Promise}: {(Reached ? "reached" : "MISSED")} ({Protocol})";

    /// <summary>The gain over another preset on the same examples, where that is what is promised.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GainResult? Over { get; init; }

    /// <summary>Whether the figure must not exceed what is promised.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsLimit { get; init; }

    /// <summary>Where several seeds were trained: the figure of each, of which this is the median.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SeedFigure>? Seeds { get; init; }

    /// <summary>What was measured on the validation split during training, at most 200 points; empty where nothing
    /// was.</summary>
    public IReadOnlyList<CurvePoint> Validation { get; init; } = [];

    /// <summary>The figure with its error, and its gain.</summary>
    [JsonIgnore]
    public string Figure => string.Create(CultureInfo.InvariantCulture,
        $"{Metric} {Value:0.00} ± {StandardError:0.00} {Unit}{(Over is { } gain ? $", {gain.Text}" : "")}{(
            Seeds is { } all ? $", the median of {string.Join(", ", all.Select(Short))}" : "")}");

    private static string Short(SeedFigure one) => one.Value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>What was promised, in words.</summary>
    [JsonIgnore]
    public string Promise => string.Create(CultureInfo.InvariantCulture,
        $"at {(IsLimit ? "most" : "least")} {Expected}{(Over is { } gain ? $" over {gain.Name}" : "")}");
}

/// <summary>Trains a preset, measures it, and checks what it promises.</summary>
public static class Reproduce
{
    private const int CurvePoints = 200;

    // Results are read in diffs: indented, and with the characters as they are.
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Runs a reproduction, or goes on with one that was cut off; writes its result file and the
    /// table.</summary>
    /// <returns>Null when it was asked to stop; calling it again goes on.</returns>
    /// <exception cref="FigmentException">There is no such preset, or it promises nothing.</exception>
    public static ReproductionResult? Run(ReproduceRequest request, IProgress<WorkEvent> progress,
        CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var configuration = Configuration.Resolve(new TrainRequest { What = request.Preset, Seed = request.Seed });
        var preset = Catalog.Presets.FirstOrDefault(preset => preset.Id == request.Preset)
            ?? throw new FigmentException($"'{request.Preset}' is a model, not a preset",
                "see figment models list", isUsage: true);
        var expectation = preset.Expectation ?? throw new FigmentException($"{preset.Id} promises no figure",
            "choose one of " + string.Join(", ", Catalog.Presets.Where(other => other.Expectation is not null)
                .Select(other => other.Id)), isUsage: true);

        // What judges it comes first: it is the cheaper one.
        var judge = expectation.Extractor is { } classifier
            ? Trained(Configuration.Resolve(new TrainRequest { What = classifier }), request, progress, stop) : null;
        if (judge?.Reason == "cancelled") return null;
        var results = new List<ReproductionResult>();
        for (var i = 0; i < expectation.Seeds; i++)
        {
            var seed = request.Seed ?? configuration.Options.Seed;
            var asked = request with { Seed = seed + (ulong)i };
            if (Once(asked, preset, expectation, judge, progress, stop) is not { } one) return null;
            if (expectation.Seeds > 1) progress.Report(new Remark(one.Text));
            results.Add(one);
        }

        var result = results.OrderBy(one => one.Value).ElementAt(results.Count / 2);
        if (results.Count > 1)
            result = result with
            {
                Seeds = [.. results.Select(one => new SeedFigure(one.Seed, one.Value, one.StandardError))],
            };
        Write(result, request.ResultsFolder, progress);
        return result;
    }

    // One seed.
    private static ReproductionResult? Once(ReproduceRequest request, Preset preset, Expectation expectation,
        RunOutcome? judge, IProgress<WorkEvent> progress, CancellationToken stop)
    {
        var configuration = Configuration.Resolve(new TrainRequest { What = request.Preset, Seed = request.Seed });
        var lesser = expectation.Over is { } other
            ? Configuration.Resolve(new TrainRequest { What = other, Seed = request.Seed }) : null;
        var lesserOutcome = lesser is null ? null : Trained(lesser, request, progress, stop);
        if (lesserOutcome?.Reason == "cancelled") return null;
        var outcome = Trained(configuration, request, progress, stop);
        if (outcome.Reason == "cancelled") return null;

        var measured = Evaluate.Run(new EvaluateRequest
        {
            Source = Source(outcome, configuration, request),
            Metric = expectation.Metric,
            Draws = Math.Max(1, expectation.Draws),
            Samples = expectation.Draws > 0 ? expectation.Draws : null,
            Extractor = judge?.Run,
            Over = lesser is null ? null : Source(lesserOutcome!, lesser, request),
        }, progress, stop);
        return Describe(preset, expectation, configuration, outcome, measured, request.RunsFolder);
    }

    /// <summary>Writes the table of all result files beside their folder.</summary>
    public static string WriteTable(string resultsFolder)
    {
        var folder = Path.GetFullPath(resultsFolder);
        var results = Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal)
            .Select(file => JsonSerializer.Deserialize<ReproductionResult>(File.ReadAllText(file), Form)!)
            // Other results have tables of their own.
            .Where(result => result is { Preset: not null, Protocol: not null });
        var text = new StringBuilder("""
            # Results

            Made by `figment reproduce PRESET` from the files in `results/`; do not edit. Each figure stands with its
            protocol; figures of different protocols are not to be ranked.

            | preset | result | promised | reached | published | protocol | seed | time in steps |
            |---|---|---|---|---|---|---|---|

            """);
        foreach (var result in results)
            text.AppendLine(CultureInfo.InvariantCulture, $"| `{result.Preset}` | {result.Figure} "
                + $"| {result.Promise} | {(result.Reached ? "yes" : "**no**")} | {result.Published} "
                + $"| {result.Protocol} | {result.Seed} "
                + $"| {TimeSpan.FromSeconds(Math.Round(result.Seconds)):h\\:mm\\:ss} |");
        var path = Path.Combine(Path.GetDirectoryName(folder)!, "results.md");
        File.WriteAllText(path, text.ToString());
        return path;
    }

    private static RunOutcome Trained(Configuration configuration, ReproduceRequest request,
        IProgress<WorkEvent> progress, CancellationToken stop)
    {
        var outcome = KeptRuns.Train(configuration, new TrainRequest
        {
            What = configuration.Name,
            Seed = request.Seed,
            RunsFolder = request.RunsFolder,
            Device = request.Device,
        }, request.Command, progress, stop);
        return outcome.Reason == "cancelled" || outcome.IsComplete ? outcome
            : throw new FigmentException($"{outcome.Run} ended without a result: {outcome.Message}");
    }

    private static ModelSource Source(RunOutcome outcome, Configuration configuration,
        ReproduceRequest request) => new()
        {
            Run = outcome.Run,
            RunsFolder = request.RunsFolder,
            Device = request.Device,
            Checkpoint = configuration.Options.Plan.BestBy is null ? "latest" : "best", // best on the validation split
        };

    private static ReproductionResult Describe(Preset preset, Expectation expectation,
        Configuration configuration, RunOutcome outcome,
        EvaluationResult measured, string runs)
    {
        using var run = new RunCatalog(runs).Open(outcome.Run);
        var metrics = run.ReadMetrics().Rows;
        var environment = run.ReadEnvironment();
        var versions = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["figment"] = ProductVersion.Current.Version,
        };
        foreach (var name in (string[])["libtorch", "threads", "blas_core", "instructions"])
            if (environment.Exact.TryGetValue(name, out var value)) versions[name] = value;
        return new ReproductionResult(preset.Id, preset.Source, measured.Metric,
            measured.Value, measured.StandardError, measured.Unit, expectation.Bound,
            expectation.IsKeptBy(measured.Over?.Gain ?? measured.Value), expectation.Published,
            measured.Protocol, configuration.Options.Seed, outcome.Step,
            metrics.LastOrDefault(row => row.Kind == "train")?.Machine.Seconds ?? outcome.Seconds,
            configuration.Yaml, versions, Curve(metrics, "train"))
        {
            Over = measured.Over,
            IsLimit = expectation.IsLimit,
            Validation = Curve(metrics, "validation"),
        };
    }

    private static IReadOnlyList<CurvePoint> Curve(IReadOnlyList<MetricRow> metrics, string kind)
    {
        var rows = metrics.Where(row => row.Kind == kind).ToList();
        var stride = Math.Max(1, (int)Math.Ceiling(rows.Count / (double)CurvePoints));
        return [.. rows.Where((_, index) => (index + 1) % stride == 0 || index == rows.Count - 1)
            .Select(row => new CurvePoint(row.Step, Math.Round(row.Epoch, 4),
                Math.Round(row.Machine.Seconds, 2), row.Values))];
    }

    private static void Write(ReproductionResult result, string folder, IProgress<WorkEvent> progress)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, result.Preset + ".json");
        File.WriteAllText(path, JsonSerializer.Serialize(result, Form) + "\n");
        progress.Report(new FileWritten("result", path));
        progress.Report(new FileWritten("table", WriteTable(folder)));
    }
}
