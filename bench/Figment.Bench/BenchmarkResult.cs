using System.Text.Json;
using System.Text.Json.Serialization;

namespace Figment.Bench;

/// <summary>Medians of one side.</summary>
internal sealed record SideResult
{
    /// <summary>In the benchmark's unit.</summary>
    public required double Figure { get; init; }

    /// <summary>Peak of memory above the level before the model, in bytes.</summary>
    public double? Bytes { get; init; }

    /// <summary>Rounds that it took part in.</summary>
    public required int Rounds { get; init; }

    /// <summary>Steps timed in a round.</summary>
    public int? Steps { get; init; }

    public required string Version { get; init; }

    /// <summary>Of a peer: the median of its figure over Figment's in the same round; above 1 where Figment needs less.</summary>
    public double? Ratio { get; init; }

    /// <summary>Of a peer: Figment's peak of memory over its own; below 1 where Figment needs less.</summary>
    public double? MemoryRatio { get; init; }

    public static SideResult Of(Benchmark benchmark, IEnumerable<Side> sides)
    {
        var all = sides.ToList();
        var bytes = all.Select(s => s.Bytes).OfType<long>().Select(b => (double)b).ToList();
        return new()
        {
            Figure = Comparison.Median(all.Select(s => Comparison.Figure(benchmark, s))),
            Bytes = bytes.Count > 0 ? Comparison.Median(bytes) : null,
            Rounds = all.Count,
            Steps = all[0].Steps,
            Version = all[0].Version,
        };
    }
}

/// <summary>Under what conditions a benchmark ran.</summary>
internal sealed record Conditions
{
    public required string Date { get; init; }

    public required string Command { get; init; }

    public required string Machine { get; init; }

    public required string Instructions { get; init; }

    /// <summary>Of the minute before the first benchmark of the call.</summary>
    public required double LoadBefore { get; init; }

    /// <summary>Processors that other programs kept busy meanwhile, on average.</summary>
    public double? BusyElsewhere { get; init; }

    /// <summary>What Figment sets for itself and for the tuned peer, with its reasons.</summary>
    public required IReadOnlyList<string> Settings { get; init; }

    /// <summary>Of peers that could not run: why, and what to do.</summary>
    public IReadOnlyDictionary<string, string> Missing { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a benchmark gave: docs/benchmarks/NAME.json, from which the page is made.</summary>
internal sealed record BenchmarkResult
{
    public required string Name { get; init; }

    public required string Unit { get; init; }

    public required int Rounds { get; init; }

    public required SideResult Ours { get; init; }

    public required IReadOnlyDictionary<string, SideResult> Peers { get; init; }

    /// <summary>Of a large matrix product in the same run.</summary>
    public double? PeakGflops { get; init; }

    public Conditions? Conditions { get; init; }

    private static JsonSerializerOptions Format { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, $"{Name}.json"), JsonSerializer.Serialize(this, Format) + "\n");
    }

    /// <summary>The results in a folder, by name; none where there is no folder.</summary>
    /// <exception cref="BenchmarkException">A file is no result.</exception>
    public static IReadOnlyDictionary<string, BenchmarkResult> LoadAll(string folder) => !Directory.Exists(folder)
        ? new Dictionary<string, BenchmarkResult>()
        : Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal)
            .Select(Load).ToDictionary(r => r.Name);

    private static BenchmarkResult Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<BenchmarkResult>(File.ReadAllText(path), Format)
                ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw new BenchmarkException($"{path} is no benchmark result: {e.Message}");
        }
    }
}
