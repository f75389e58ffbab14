using System.Globalization;
using System.Text;

namespace Figment.Bench;

/// <summary>Makes docs/benchmarks.md from the result files.</summary>
internal static class BenchmarkPage
{
    private const string Introduction = """
        # Benchmarks

        Made by `./figment bench --write` from the files in `docs/benchmarks/`; do not edit by hand. How to run them and
        how to read the tables: [the guide](guide/benchmarks.md). What was tried to get here: [the log](benchmarks-log.md).

        Each row is the same computation on four sides, each in a process of its own, run in turn for several rounds. Before a
        time counts, the losses of ten steps from equal weights must agree (a slow peer may take fewer). The sides:

        - **Figment**, as it comes.
        - **untuned**: PyTorch exactly as `apt-get install python3-torch` gives it on a bare Debian 12, and no settings. The
          package takes `libblas3`, the *reference* BLAS: plain loops on one thread, never meant to be fast. That is why this ratio
          is so large wherever matrix products are at work. It is what a newcomer gets, and says little about PyTorch's
          own code.
        - **OpenBLAS**: the same after `apt-get install libopenblas0` (the pthread build that Debian prefers), and no settings.
          Whoever once installed OpenBLAS, or any program that brings it, has this one: **the ratio to look at first.**
        - **tuned**: PyTorch given every setting that Figment makes for itself (below) as environment variables, the same OpenMP build
          of OpenBLAS, and in its code channels-last layouts, `foreach` optimisers and gradients set to none.

        A ratio is the peer's time over Figment's, the median over the rounds: above 1 Figment is faster. Memory is the peak of
        resident memory above its level before the model was made; its ratio is Figment's over the tuned peer's: below 1
        Figment needs less. GFLOP/s are counted operations (below) over time, beside the speed of a product of two 2048x2048
        Float32 matrices measured in the same run.

        """;

    public static string Write(IReadOnlyList<Benchmark> all, IReadOnlyDictionary<string, BenchmarkResult> results)
    {
        var text = new StringBuilder(Introduction).AppendLine().Append(Tables(all, results));
        var without = all.Where(b => !results.ContainsKey(b.Name)).Select(b => $"`{b.Name}`").ToList();
        if (without.Count > 0)
            text.AppendLine().AppendLine($"Not measured yet: {string.Join(", ", without)}.");
        Aims(text, all, results);
        Counting(text, all);
        ConditionsOf(text, all.Where(b => results.ContainsKey(b.Name)).Select(b => results[b.Name]).ToList());
        return text.Append("""

            ## The cost of a call

            The row `call` is the best of many rounds. The gate behind it: an elementwise operator on a tensor of one element,
            through the public methods and inside a scope, takes at most 1.0 us and allocates at most 16 bytes beyond the
            `Tensor` object (48 bytes). A test holds the allocation; `./figment bench overhead` measures both with BenchmarkDotNet.

            """).ToString();
    }

    /// <summary>A table for each kind that has results.</summary>
    public static string Tables(IReadOnlyList<Benchmark> all, IReadOnlyDictionary<string, BenchmarkResult> results)
    {
        var text = new StringBuilder();
        foreach (var kind in all.Where(b => results.ContainsKey(b.Name)).GroupBy(b => b.Kind))
        {
            var training = kind.Key == BenchmarkKind.TrainingStep;
            text.AppendLine(text.Length > 0 ? Environment.NewLine : "").AppendLine($"## {Heading(kind.Key)}").AppendLine();
            text.Append("| benchmark | unit | Figment | untuned | OpenBLAS | tuned | untuned / ours | OpenBLAS / ours | tuned / ours |")
                .AppendLine(training ? " GFLOP/s | of the peak | MiB | tuned's MiB | ours / tuned |" : "");
            text.Append("|---|---|--:|--:|--:|--:|--:|--:|--:|").AppendLine(training ? "--:|--:|--:|--:|--:|" : "");
            foreach (var b in kind)
                text.Append(Row(b, results[b.Name])).AppendLine(training ? TrainingCells(b, results[b.Name]) : "");
        }

        return text.ToString().TrimStart('\r', '\n');
    }

    private static string Row(Benchmark b, BenchmarkResult r) =>
        $"| `{b.Name}`: {b.Title} | {r.Unit} | {Digits(r.Ours.Figure)} | "
        + string.Concat(Peers.Names.Select(p => $"{Digits(r.Peers.GetValueOrDefault(p)?.Figure)} | "))
        + string.Join(" ", Peers.Names.Select(p => $"{Ratio(r.Peers.GetValueOrDefault(p)?.Ratio)} |"));

    private static string TrainingCells(Benchmark b, BenchmarkResult r)
    {
        var speed = Speed(b, r);
        var tuned = r.Peers.GetValueOrDefault(Peers.Tuned);
        return $" {Digits(speed)} | {Percent(speed / r.PeakGflops)} | {Digits(r.Ours.Bytes / 1048576)} | "
            + $"{Digits(tuned?.Bytes / 1048576)} | {Ratio(tuned?.MemoryRatio)} |";
    }

    private static double? Speed(Benchmark b, BenchmarkResult r) => b.Flops <= 0 ? null
        : b.Flops / 1e9 / (r.Ours.Figure * r.Unit switch { "us" => 1e-6, "ms" => 1e-3, _ => 1 });

    private static void Aims(StringBuilder text, IReadOnlyList<Benchmark> all,
        IReadOnlyDictionary<string, BenchmarkResult> results)
    {
        var steps = all.Where(b => b.Kind == BenchmarkKind.TrainingStep && results.ContainsKey(b.Name))
            .Select(b => results[b.Name]).ToList();
        if (steps.Count == 0) return;
        var tuned = steps.Select(s => s.Peers.GetValueOrDefault(Peers.Tuned)).OfType<SideResult>().ToList();
        var untuned = steps.Select(s => s.Peers.GetValueOrDefault(Peers.Untuned)).OfType<SideResult>().ToList();
        var openBlas = steps.Select(s => s.Peers.GetValueOrDefault(Peers.OpenBlas)).OfType<SideResult>().ToList();
        text.AppendLine().AppendLine("## The aims for training steps").AppendLine();
        Aim(text, "at least as fast as the tuned peer", tuned, s => s.Ratio >= 1);
        if (tuned.Count > 0)
            text.AppendLine(CultureInfo.InvariantCulture,
                $"- at the median 1.15 times as fast as the tuned peer: {Comparison.Median(tuned.Select(s => s.Ratio!.Value)):F2}");
        Aim(text, "at least three times as fast as the untuned peer", untuned, s => s.Ratio >= 3);
        Aim(text, "of these against OpenBLAS without settings", openBlas, s => s.Ratio >= 3);
        Aim(text, "at most 0.8 of the tuned peer's peak memory", tuned, s => s.MemoryRatio <= 0.8);
    }

    private static void Aim(StringBuilder text, string aim, List<SideResult> sides, Func<SideResult, bool> met)
    {
        if (sides.Count > 0) text.AppendLine($"- {aim}: {sides.Count(met)} of {sides.Count}");
    }

    private static void Counting(StringBuilder text, IReadOnlyList<Benchmark> all)
    {
        text.AppendLine().AppendLine("""
            ## What is counted

            Two operations for each multiplication and addition of a convolution or matrix product; nothing else, so that
            normalisations, activations and optimisers cost time and count nothing. A training step is three forward passes: one
            forward, one for the gradient of the inputs, one for that of the weights (the first layer needs no gradient of its
            input; it is counted all the same where it is small). Otherwise:
            """).AppendLine();
        foreach (var b in all.Where(b => b.Counting.Length > 0)) text.AppendLine($"- `{b.Name}`: {b.Counting}");
    }

    private static void ConditionsOf(StringBuilder text, List<BenchmarkResult> results)
    {
        if (results.Count == 0) return;
        text.AppendLine().AppendLine("## Conditions").AppendLine();
        foreach (var run in results.Where(r => r.Conditions is not null).GroupBy(r => (r.Conditions!.Date, r.Conditions.Command)))
        {
            var c = run.First().Conditions!;
            text.AppendLine($"`{c.Command}`, {c.Date}: {string.Join(", ", run.Select(r => r.Name))}").AppendLine();
            text.AppendLine($"- {c.Machine.TrimStart(' ', ',')}");
            text.AppendLine($"- Vector instructions: {c.Instructions}");
            text.AppendLine(CultureInfo.InvariantCulture, $"- Load average before: {c.LoadBefore:F1}; other programs kept "
                + $"{run.Max(r => r.Conditions!.BusyElsewhere ?? 0):F2} processors busy at most");
            var peaks = run.Select(r => r.PeakGflops).OfType<double>().ToList();
            if (peaks.Count > 0)
                text.AppendLine(CultureInfo.InvariantCulture,
                    $"- Measured peak: {peaks.Min():F0} to {peaks.Max():F0} GFLOP/s");
            foreach (var name in Peers.Names)
                text.AppendLine($"- {name}: {VersionOf(run, name) ?? c.Missing.GetValueOrDefault(name) ?? "did not run"}");
            text.AppendLine("- Settings of Figment and the tuned peer:");
            foreach (var setting in c.Settings) text.AppendLine($"  - {setting}");
            text.AppendLine();
        }

        text.Length -= Environment.NewLine.Length;
    }

    private static string? VersionOf(IEnumerable<BenchmarkResult> run, string peer) => run
        .Select(r => r.Peers.GetValueOrDefault(peer)?.Version).OfType<string>().MaxBy(v => v.Length);

    private static string Heading(BenchmarkKind kind) => kind switch
    {
        BenchmarkKind.TrainingStep => "Training: one step",
        BenchmarkKind.TrainingRun => "Training: a whole run",
        BenchmarkKind.Sampling => "Sampling",
        BenchmarkKind.Loading => "Loading",
        BenchmarkKind.StartUp => "Start-up",
        BenchmarkKind.Call => "One call",
        _ => "Peak memory with every buffer mapped by itself",
    };

    private static string Digits(double? v) => v is not { } value ? "-"
        : value.ToString(value < 10 ? "F2" : value < 100 ? "F1" : "F0", CultureInfo.InvariantCulture);

    private static string Ratio(double? v) => v?.ToString("F2", CultureInfo.InvariantCulture) ?? "-";

    private static string Percent(double? v) => v?.ToString("0 %", CultureInfo.InvariantCulture) ?? "-";
}
