namespace Figment.Bench.Tests;

/// <summary>Benchmarks and sides that no program has to run for.</summary>
internal static class Samples
{
    public static Benchmark Benchmark(string name = "toy", BenchmarkKind kind = BenchmarkKind.TrainingStep) =>
        new(name, $"the {name} model", kind, _ => Side(1000), "toy.py") { Flops = 4e9, Unit = "ms" };

    public static Side Side(double microseconds, params double[] losses) => new()
    {
        Microseconds = microseconds,
        Losses = losses.Length > 0 ? losses : [1, 2, 3],
        Bytes = 8 << 20,
        Steps = 7,
        Version = "somewhere",
    };

    public static Peer Peer(string name) => new(name, new Dictionary<string, string>(), false, null);

    public static BenchmarkResult Result(Benchmark benchmark, double ours, params (string Peer, double Microseconds)[] peers) =>
        Comparison.Run(benchmark, [.. peers.Select(p => Peer(p.Peer))], Pace.Quick, () => Side(ours),
            peer => Side(peers.First(p => p.Peer == peer.Name).Microseconds), () => 400, _ => { });
}
