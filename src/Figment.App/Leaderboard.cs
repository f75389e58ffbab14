using System.Globalization;
using System.Text.Json;
using Figment.Data;
using Figment.Data.Catalog;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Training.Runs;

namespace Figment.App;

/// <summary>Which figures to list.</summary>
public sealed record LeaderboardRequest
{
    /// <summary>The data set's name, as figures tell it.</summary>
    public string Data { get; init; } = "binarized-mnist";

    /// <summary><c>train</c>, <c>validation</c> or <c>test</c>.</summary>
    public string Split { get; init; } = "test";

    /// <summary><c>static</c>, <c>dynamic</c>, <c>threshold</c> or <c>none</c>; null where only one was
    /// measured.</summary>
    public string? Binarization { get; init; }

    /// <summary>The beginning of the data's hash; null where only one was measured.</summary>
    public string? DataHash { get; init; }

    /// <summary>Lists Parzen windows, which stand beside no other figure, instead of likelihoods.</summary>
    public bool Parzen { get; init; }

    /// <summary>Leaves out the sizes of gzip and PNG files of the same images.</summary>
    public bool WithoutBaselines { get; init; }

    /// <summary>The folder of runs, each with its own figures.</summary>
    public string RunsFolder { get; init; } = Runs.DefaultFolder;

    /// <summary>The folder of results of <c>figment reproduce</c>.</summary>
    public string ResultsFolder { get; init; } = Path.Combine("docs", "results");
}

/// <summary>One line of the list.</summary>
/// <param name="Name">The run's name or the preset, or what was done instead of a model.</param>
/// <param name="Model">The model's id; empty for a baseline.</param>
/// <param name="Kind"><c>exact</c>, <c>bound</c> with its estimator, or <c>file size</c>.</param>
/// <param name="Nats">log p(x), the mean over the examples; of a file size the negative length of its code.</param>
/// <param name="StandardError">Of the mean; null for a file size.</param>
/// <param name="BitsPerDimension">The same in bits a dimension; null where the data could not be opened.</param>
/// <param name="Source">The run's id, or the file of results.</param>
/// <param name="Checkpoint">The checkpoint's hash; null where the source tells none.</param>
public sealed record LeaderboardEntry(
    string Name, string Model, string Kind, double Nats, double? StandardError, double? BitsPerDimension,
    string Source, string? Checkpoint);

/// <summary>Figures of one protocol, best first.</summary>
/// <param name="Protocol">What they share, in words.</param>
/// <param name="Entries">The figures and baselines, best first.</param>
public sealed record LeaderboardResult(string Protocol, IReadOnlyList<LeaderboardEntry> Entries);

/// <summary>Lists figures that may be compared, and refuses to list others together.</summary>
public static class Leaderboard
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web);

    private sealed record Found(string Name, string Model, double Nats, double StandardError,
        Protocol Protocol, string Source, string? Checkpoint, string? Config);

    /// <summary>Collects what evaluate and reproduce have kept.</summary>
    /// <exception cref="FigmentException">Nothing was measured, or figures of several protocols were; the message lists
    /// them.</exception>
    public static LeaderboardResult Run(LeaderboardRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var split = Splits.Parse(request.Split);
        var all = FromRuns(request).Concat(FromResults(request)).ToList();
        var here = all.Where(found => found.Protocol.Data == request.Data
            && found.Protocol.IsParzen == request.Parzen
            && string.Equals(found.Protocol.Split, request.Split, StringComparison.OrdinalIgnoreCase)
            && (request.Binarization is null || found.Protocol.Binarization == request.Binarization)
            && (request.DataHash is null
                || found.Protocol.DataHash.StartsWith(request.DataHash, StringComparison.OrdinalIgnoreCase))).ToList();
        if (here.Count == 0)
            throw new FigmentException(
                $"{(request.Parzen ? "no Parzen window" : "no likelihood")} was measured on {request.Data} "
                + $"{request.Split}{Hint(request.Data, all)}",
                all.Count == 0 ? "measure a run: figment evaluate"
                    : $"measured were: {string.Join("; ", Groups(all))}");
        var protocol = here[0].Protocol;
        if (here.Exists(found => protocol.DataDifferences(found.Protocol).Count > 0))
            throw new FigmentException(
                $"figures of different protocols are not to be ranked: {string.Join("; ", Groups(here))}",
                "choose one with --binarization or --hash", isUsage: true);

        // The same weights measured twice are one entry, the last.
        var distinct = here
            .GroupBy(found => (found.Source, found.Checkpoint, found.Protocol.Estimator, found.Protocol.Draws,
                found.Protocol.Samples))
            .Select(group => group.Last())
            .DistinctBy(found => (found.Name, found.Nats, found.Protocol.Estimator)).ToList();
        var (dimensions, files) = Data(request, split, distinct, progress, cancellation);
        var entries = distinct.Select(found =>
            new LeaderboardEntry(found.Name, found.Model, Kind(found.Protocol), found.Nats, found.StandardError,
                dimensions is { } n ? new Estimate(found.Nats, 0, 1).ToBitsPerDimension(n).Mean : null,
                found.Source, found.Checkpoint))
            .Concat(files).OrderByDescending(entry => entry.Nats).ToList();
        return new LeaderboardResult(string.Create(CultureInfo.InvariantCulture,
            $"{protocol.Data} {protocol.Split}, {protocol.Examples:N0} examples, "
            + $"binarisation {protocol.Binarization}, data {Short(protocol)}"), entries);
    }

    private static IEnumerable<Found> FromRuns(LeaderboardRequest request)
    {
        foreach (var run in new RunCatalog(request.RunsFolder).Runs())
            using (run)
                foreach (var stored in EvaluationLog.Read(run.FullPath).Where(stored => stored.Unit == "nats"))
                    yield return new Found(stored.Name, stored.Model, stored.Value,
                        stored.StandardError, stored.Protocol, stored.Run, stored.CheckpointSha256, run.ReadConfig());
    }

    private static IEnumerable<Found> FromResults(LeaderboardRequest request)
    {
        if (!Directory.Exists(request.ResultsFolder)) yield break;
        foreach (var file in Directory.EnumerateFiles(request.ResultsFolder, "*.json").Order(StringComparer.Ordinal))
        {
            ReproductionResult? result;
            try
            {
                result = JsonSerializer.Deserialize<ReproductionResult>(File.ReadAllText(file), Form);
            }
            catch (JsonException)
            {
                continue;
            }

            if (result is { Preset: not null, Protocol: not null, Unit: "nats" })
                yield return new Found(result.Preset, result.Preset, result.Value,
                    result.StandardError, result.Protocol, Path.GetFileName(file), null, result.Config);
        }
    }

    // The images themselves, as the first configuration prepares them: for the dimensions, and for files of them.
    private static (int? Dimensions, IReadOnlyList<LeaderboardEntry> Files) Data(LeaderboardRequest request,
        Split split, List<Found> found, IProgress<WorkEvent> progress, CancellationToken cancellation)
    {
        var protocol = found[0].Protocol;
        if (protocol.IsParzen) return (null, []); // no length of a code
        try
        {
            if (found.Find(one => one.Config is not null)?.Config is not { } config) return (null, []);
            var data = DataSets.Open(Configuration.Of("", config, "config.yaml").Options.Data,
                null, new DataProgressEvents(progress), cancellation);
            var source = ImageSubset.Spread(data[split], protocol.Examples);
            if (source.ContentHash != protocol.DataHash)
            {
                progress.Report(new Remark($"{data.Name} here is not what was measured: no file sizes beside it"));
                return (data.Shape.Length, []);
            }

            if (request.WithoutBaselines || data.Transform.IsReal) return (data.Shape.Length, []);
            progress.Report(new StageBegun($"packing {source.Count:N0} images as gzip and PNG"));
            return (data.Shape.Length, [.. Baselines.Of(data, source, protocol.Seed)
                .Select(file => new LeaderboardEntry(file.Name, "", "file size",
                    -file.BitsPerDimension * data.Shape.Length * Math.Log(2), null, file.BitsPerDimension, "", null))]);
        }
        catch (Exception error) when (error is DataUnavailableException or BadFileException
            or ArgumentException or Training.Options.OptionsException)
        {
            progress.Report(new Remark($"no file sizes beside it: {error.Message.Split('\n')[0]}"));
            return (null, []);
        }
    }

    private static string Kind(Protocol protocol) => protocol.IsExact ? "exact"
        : protocol.IsParzen ? string.Create(CultureInfo.InvariantCulture, $"Parzen ({protocol.Samples:N0} samples)")
        : $"bound ({protocol.Estimator}, {protocol.Draws} {(protocol.Draws == 1 ? "draw" : "draws")})";

    private static IEnumerable<string> Groups(IEnumerable<Found> found) => found
        .GroupBy(one => (one.Protocol.Data, one.Protocol.Split, one.Protocol.Examples,
            one.Protocol.Binarization, Hash: Short(one.Protocol), one.Protocol.IsParzen))
        .Select(group => string.Create(CultureInfo.InvariantCulture,
            $"{group.Key.Data} {group.Key.Split}, {group.Key.Examples:N0} examples, "
            + $"binarisation {group.Key.Binarization}, data {group.Key.Hash}{(group.Key.IsParzen ? ", Parzen" : "")} "
            + $"({group.Count()} {(group.Count() == 1 ? "figure" : "figures")})"));

    private static string Short(Protocol protocol) => protocol.DataHash[..Math.Min(12, protocol.DataHash.Length)];

    private static string Hint(string data, List<Found> all) =>
        Nearest.To(data, all.Select(found => found.Protocol.Data).Distinct()) is { } near && near != data
            ? $"; did you mean '{near}'?" : "";
}
