using static Figment.Bench.BenchmarkKind;

namespace Figment.Bench;

/// <summary>What surrounds the models: calls, memory, files, the start of a program.</summary>
internal static class SystemBenchmarks
{
    public static IReadOnlyList<Benchmark> Entries { get; } =
    [
        new("call", "operator on one element (`neg`), best", Call, _ => Overhead.Measure(), "overhead.py") { Unit = "us" },
        new("memory-training", "12 convolutions, training", Memory, _ => PeakMemory.Measure(training: true),
            "memory.py training") { Unit = "MiB" },
        new("memory-inference", "12 convolutions, without gradients", Memory,
            _ => PeakMemory.Measure(training: false), "memory.py inference") { Unit = "MiB" },
    ];
}
