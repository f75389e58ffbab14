namespace Figment.Bench;

/// <summary>What a benchmark measures; the page has a table for each.</summary>
internal enum BenchmarkKind
{
    /// <summary>One step of training: losses agree first, then time and peak memory are taken.</summary>
    TrainingStep,

    /// <summary>A whole run of training, from the time of its parts.</summary>
    TrainingRun,

    /// <summary>Drawing from a model.</summary>
    Sampling,

    /// <summary>Reading examples from disk.</summary>
    Loading,

    /// <summary>From the start of a process to its end.</summary>
    StartUp,

    /// <summary>One call of an operator.</summary>
    Call,

    /// <summary>Peak of memory alone.</summary>
    Memory,
}

/// <summary>A computation that Figment and PyTorch both carry out, each in a process of its own.</summary>
/// <param name="Name">What one types: <c>figment bench NAME</c>. Lower case, words joined by hyphens.</param>
/// <param name="Title">What it is, with the sizes that matter.</param>
/// <param name="Kind">Which table it belongs to.</param>
/// <param name="Ours">Figment's side; it gets the options that <see cref="MeasureOptions"/> reads.</param>
/// <param name="Peer">PyTorch's side: a script in bench/peers, with arguments if any.</param>
internal sealed record Benchmark(string Name, string Title, BenchmarkKind Kind, Func<string[], Side> Ours, string Peer)
{
    /// <summary>
    /// Floating-point operations that one step needs, two for a multiplication and addition of a convolution or matrix
    /// product; nothing else is counted. 0 where nobody counted.
    /// </summary>
    public double Flops { get; init; }

    /// <summary>How the operations were counted, where it is more than "three times the forward pass".</summary>
    public string Counting { get; init; } = "";

    /// <summary>The unit of the table's figures: <c>us</c>, <c>ms</c>, <c>s</c> or <c>MiB</c>.</summary>
    public string Unit { get; init; } = "ms";

    /// <summary>How many of the measured steps make what the row is of.</summary>
    public int Repeats { get; init; } = 1;

    /// <summary>How far two sides' losses may be apart, relative to the loss.</summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>
    /// Whether a step of some peer takes minutes: then no side warms up beyond the compared steps, and one timed step a round
    /// is enough. The title says so.
    /// </summary>
    public bool TakesMinutes { get; init; }

    /// <summary>The peer that is too slow to be asked; null where all are. The title says so.</summary>
    public string? Without { get; init; }

    /// <summary>Whether both sides measure by <see cref="Measure"/> and take its options.</summary>
    public bool TakesOptions =>
        Kind is BenchmarkKind.TrainingStep or BenchmarkKind.TrainingRun or BenchmarkKind.Sampling or BenchmarkKind.Loading;
}

/// <summary>Every benchmark, in the order of the page.</summary>
internal static class Benchmarks
{
    public static IReadOnlyList<Benchmark> All { get; } =
        [.. VisionBenchmarks.Entries, .. TextBenchmarks.Entries, .. SystemBenchmarks.Entries];
}
