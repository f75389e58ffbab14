namespace Figment.Bench;

/// <summary>Models of text and sequences, and drawing from them.</summary>
internal static class TextBenchmarks
{
    public static IReadOnlyList<Benchmark> Entries { get; } = [];
}
