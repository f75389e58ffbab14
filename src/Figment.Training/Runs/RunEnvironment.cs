using System.Text.Json;

namespace Figment.Training.Runs;

/// <summary>What a run's bits depend on beside its configuration, written to <c>environment.json</c> at its
/// start.</summary>
/// <param name="Exact">What must be equal for a resumed run to be equal to the bit: threads, core type, layouts,
/// library versions.</param>
/// <param name="Facts">What is only worth knowing: host, processor, command line.</param>
public sealed record RunEnvironment(
    IReadOnlyDictionary<string, string> Exact, IReadOnlyDictionary<string, string> Facts)
{
    /// <summary>Differences that make an exact resume impossible, one sentence each; empty when there are
    /// none.</summary>
    public IReadOnlyList<string> DifferencesTo(RunEnvironment now) =>
    [
        .. Exact.Keys.Union(now.Exact.Keys).Order(StringComparer.Ordinal)
            .Select(key => (Key: key, Then: Exact.GetValueOrDefault(key), Now: now.Exact.GetValueOrDefault(key)))
            .Where(x => x.Then != x.Now)
            .Select(x => $"{x.Key} was {x.Then ?? "unknown"} and is now {x.Now ?? "unknown"}"),
    ];

    /// <summary>Refuses to go on with a run where its bits cannot be repeated.</summary>
    /// <param name="now">The environment of this process.</param>
    /// <param name="allowInexact">Go on all the same.</param>
    /// <exception cref="InexactResumeException">Something differs and <paramref name="allowInexact"/> is false.
    /// </exception>
    public void RequireEqual(RunEnvironment now, bool allowInexact)
    {
        var differences = DifferencesTo(now);
        if (differences.Count > 0 && !allowInexact)
            throw new InexactResumeException(differences);
    }

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RunJson.Default.RunEnvironment);

    internal static RunEnvironment Parse(ReadOnlySpan<byte> json, string path)
    {
        try
        {
            var read = JsonSerializer.Deserialize(json, RunJson.Default.RunEnvironment);
            return read is { Exact: not null, Facts: not null }
                ? read
                : throw new InvalidDataException($"'{path}' holds no environment");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is not an environment: {error.Message}", error);
        }
    }
}

/// <summary>A run would go on, but not to the same bits.</summary>
public sealed class InexactResumeException(IReadOnlyList<string> differences) : Exception(
    $"the run cannot go on to the same bits here: {string.Join("; ", differences)}. "
    + "Restore what differs, or allow an inexact resume")
{
    /// <summary>What differs, one sentence each.</summary>
    public IReadOnlyList<string> Differences { get; } = differences;
}
