using System.Diagnostics;
using System.Globalization;

namespace Figment.Bench;

/// <summary>How long a comparison may take.</summary>
/// <param name="Rounds">Rounds at most.</param>
/// <param name="Seconds">What each side times.</param>
/// <param name="BudgetSeconds">No round begins that would end later than this, once three are done.</param>
internal sealed record Pace(int Rounds, double Seconds, double BudgetSeconds)
{
    public static Pace Full { get; } = new(5, 2, 60);

    public static Pace Quick { get; } = new(1, 0.5, 20);
}

/// <summary>Runs Figment and its peers in turn, round after round, and takes medians.</summary>
internal static class Comparison
{
    private const int LeastRounds = 3;
    private const double FirstTolerance = 1e-4;

    // A peer that needs longer than this for one run, which is the reference BLAS on a large model, runs once only.
    private const double SlowSeconds = 15;

    /// <param name="benchmark">What to run.</param>
    /// <param name="peers">Those that can run here.</param>
    /// <param name="pace">How often and how long.</param>
    /// <param name="ours">Runs Figment's side.</param>
    /// <param name="theirs">Runs a peer's side.</param>
    /// <param name="peak">Measures the peak in GFLOP/s; asked where operations are counted.</param>
    /// <param name="tell">Gets a line for each round.</param>
    /// <exception cref="BenchmarkException">A side failed, or the sides do not compute the same.</exception>
    public static BenchmarkResult Run(Benchmark benchmark, IReadOnlyList<Peer> peers, Pace pace,
        Func<Side> ours, Func<Peer, Side> theirs, Func<double> peak, Action<string> tell)
    {
        var rounds = new List<Round>();
        var (began, slow) = (Stopwatch.StartNew(), new HashSet<Peer>());
        var longest = 0.0;
        while (rounds.Count < pace.Rounds
            && (rounds.Count < LeastRounds || began.Elapsed.TotalSeconds + longest < pace.BudgetSeconds))
        {
            var roundBegan = Stopwatch.StartNew();
            var speed = benchmark.Flops > 0 ? peak() : (double?)null;
            var a = ours();
            var others = new Dictionary<string, Side>();
            foreach (var peer in peers.Where(p => !slow.Contains(p)))
            {
                var watch = Stopwatch.StartNew();
                var side = theirs(peer);
                if (watch.Elapsed.TotalSeconds > SlowSeconds) slow.Add(peer);
                Agree(benchmark, peer.Name, a, side);
                others[peer.Name] = side;
            }

            rounds.Add(new(a, others, speed));
            longest = roundBegan.Elapsed.TotalSeconds;
            tell($"{benchmark.Name}, round {rounds.Count}: {Figure(benchmark, a).ToString("F2", CultureInfo.InvariantCulture)}"
                + string.Concat(others.Select(o => FormattableString.Invariant(
                    $", {o.Key} {Figure(benchmark, o.Value):F2}"))) + $" {benchmark.Unit}");
        }

        return Summarise(benchmark, rounds);
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2]
            : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>
    /// Only what computes the same may be compared: the first loss tells whether the forward passes are the same, the others
    /// whether the gradients and updates are, though rounding grows from step to step. A slow peer may have taken fewer steps.
    /// </summary>
    /// <exception cref="BenchmarkException">They differ.</exception>
    public static void Agree(Benchmark benchmark, string peer, Side ours, Side theirs)
    {
        if (ours.Losses is null && theirs.Losses is null) return;
        var (a, b) = (ours.Losses ?? [], theirs.Losses ?? []);
        bool Near(int k) => Math.Abs(a[k] - b[k])
            <= Math.Abs(b[k]) * (k == 0 ? Math.Min(FirstTolerance, benchmark.Tolerance) : benchmark.Tolerance);
        var common = Math.Min(a.Length, b.Length);
        if (common == 0 || !Enumerable.Range(0, common).All(Near))
            throw new BenchmarkException($"{benchmark.Name}: the losses differ, so nothing is compared\n"
                + $"  Figment: {string.Join(' ', a)}\n  {peer}: {string.Join(' ', b)}");
    }

    private static BenchmarkResult Summarise(Benchmark benchmark, List<Round> rounds) => new()
    {
        Name = benchmark.Name,
        Unit = benchmark.Unit,
        Rounds = rounds.Count,
        Ours = SideResult.Of(benchmark, rounds.Select(r => r.Ours)),
        PeakGflops = rounds[0].Peak is null ? null : Median(rounds.Select(r => r.Peak!.Value)),
        Peers = rounds[0].Peers.Keys.ToDictionary(name => name, name =>
        {
            var both = rounds.Where(r => r.Peers.ContainsKey(name)).Select(r => (r.Ours, Theirs: r.Peers[name])).ToList();
            var held = both.Where(p => p.Ours.Bytes > 0 && p.Theirs.Bytes > 0).ToList();
            return SideResult.Of(benchmark, both.Select(p => p.Theirs)) with
            {
                Ratio = Median(both.Select(p => Figure(benchmark, p.Theirs) / Figure(benchmark, p.Ours))),
                MemoryRatio = held.Count == 0 ? null
                    : Median(held.Select(p => (double)p.Ours.Bytes!.Value / p.Theirs.Bytes!.Value)),
            };
        }),
    };

    /// <summary>What a side's row shows, in the benchmark's unit.</summary>
    public static double Figure(Benchmark benchmark, Side side) => benchmark.Unit switch
    {
        "us" => benchmark.Repeats * side.Microseconds!.Value,
        "ms" => benchmark.Repeats * side.Microseconds!.Value / 1e3,
        "s" => benchmark.Repeats * side.Microseconds!.Value / 1e6,
        "MiB" => side.Bytes!.Value / 1048576.0,
        var unit => throw new BenchmarkException($"{benchmark.Name}: no unit {unit}"),
    };

    private sealed record Round(Side Ours, IReadOnlyDictionary<string, Side> Peers, double? Peak);
}
