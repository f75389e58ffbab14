namespace Figment.Bench;

/// <summary>What surrounds the models: calls, memory, files, the start of a program.</summary>
internal static class SystemBenchmarks
{
    public static IReadOnlyList<Benchmark> Entries { get; } =
    [
        new("load-png", "1,000 PNG files of 128x128 in colour, opened and read once, batches of 64", BenchmarkKind.Loading,
            Bench.Loading.Png, "loading.py png"),
        new("load-jpeg", "1,000 JPEG files of 128x128 in colour, opened and read once, batches of 64", BenchmarkKind.Loading,
            Bench.Loading.Jpeg, "loading.py jpeg"),
        new("load-idx", "IDX file of 60,000 digits, opened and read once, batches of 128", BenchmarkKind.Loading,
            Bench.Loading.Idx, "loading.py idx"),
        new("start-up", "from nothing to one image of a trained VAE: `figment sample`", BenchmarkKind.StartUp,
            _ => StartUp.Sample(), "start_up.py"),
        new("call", "operator on one element (`neg`), best", BenchmarkKind.Call, _ => Overhead.Measure(), "overhead.py") { Unit = "us" },
        new("memory-training", "12 convolutions, training", BenchmarkKind.Memory, _ => PeakMemory.Measure(training: true),
            "memory.py training") { Unit = "MiB" },
        new("memory-inference", "12 convolutions, without gradients", BenchmarkKind.Memory,
            _ => PeakMemory.Measure(training: false), "memory.py inference") { Unit = "MiB" },
    ];
}
