using Figment.Training.Metrics;
using Figment.Training.Runs;

namespace Figment.App;

/// <summary>One run, as a list shows it.</summary>
/// <param name="Id">The run's id, which is its folder's name.</param>
/// <param name="Name">What is trained: a preset or a model.</param>
/// <param name="Status">How far it has come: <c>running</c>, <c>finished</c>, <c>stopped</c>, ...</param>
/// <param name="Reason">Why it is in that state, when there is something to say.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Epoch">Passes over the training set.</param>
/// <param name="Created">When it was begun (UTC).</param>
/// <param name="Updated">When it was last written (UTC).</param>
/// <param name="Metrics">The last row of training metrics.</param>
public sealed record RunSummary(
    string Id, string Name, string Status, string? Reason, ulong Seed, long Step, double Epoch, DateTimeOffset Created,
    DateTimeOffset Updated, IReadOnlyDictionary<string, double> Metrics);

/// <summary>Everything that a run's folder tells.</summary>
/// <param name="Summary">As in the list.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Config">The resolved configuration, YAML.</param>
/// <param name="Checkpoints">Steps that have a checkpoint.</param>
/// <param name="BestStep">The best checkpoint's step, when a metric decides.</param>
/// <param name="Samples">Paths of its pictures.</param>
/// <param name="HeldOut">The last row of each evaluation during training.</param>
/// <param name="Environment">What its bits depend on: threads, core type, library versions.</param>
public sealed record RunDetails(
    RunSummary Summary, string Folder, string Config, IReadOnlyList<long> Checkpoints, long? BestStep,
    IReadOnlyList<string> Samples, IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> HeldOut,
    IReadOnlyDictionary<string, string> Environment);

/// <summary>The folder of runs, read without loading libtorch.</summary>
public static class Runs
{
    /// <summary>Where runs are kept when nothing else is said: FIGMENT_RUNS, or <c>runs</c> in the working
    /// folder.</summary>
    public static string DefaultFolder =>
        Environment.GetEnvironmentVariable("FIGMENT_RUNS") is { Length: > 0 } own ? own : "runs";

    /// <summary>All runs, newest first.</summary>
    public static IReadOnlyList<RunSummary> List(string folder)
    {
        var summaries = new List<RunSummary>();
        foreach (var run in new RunCatalog(folder).Runs())
            using (run)
                summaries.Add(Summarize(run, run.ReadMetrics().Rows));
        return summaries;
    }

    /// <summary>One run, found by its id, the beginning of it, its name, or <c>latest</c>.</summary>
    /// <exception cref="RunNotFoundException">No run fits, or several do.</exception>
    public static RunDetails Show(string folder, string query)
    {
        var catalog = new RunCatalog(folder);
        using var run = catalog.Open(catalog.Find(query));
        var rows = run.ReadMetrics().Rows;
        return new RunDetails(Summarize(run, rows), run.FullPath, run.ReadConfig(),
            run.Checkpoints.Steps(), run.Record.BestStep,
            [.. run.Samples().Select(name => Path.Combine(run.FullPath, "samples", name))],
            rows.Where(row => row.Kind != "train").GroupBy(row => row.Kind)
                .ToDictionary(rows => rows.Key, rows => rows.Last().Values),
            run.ReadEnvironment().Exact);
    }

    private static RunSummary Summarize(RunView run, IReadOnlyList<MetricRow> rows)
    {
        var record = run.Record;
        return new RunSummary(record.Id, record.Name, record.Status.ToString().ToLowerInvariant(),
            record.Reason, record.Seed,
            record.Step, record.Epoch, record.Created, record.Updated,
            rows.LastOrDefault(row => row.Kind == "train")?.Values ?? new Dictionary<string, double>());
    }
}
