using System.Globalization;
using System.Text;
using Figment.Torch;
using Figment.Torch.Runtime;

namespace Figment.Bench;

/// <summary>Writes docs/benchmarks.md.</summary>
internal static class BenchmarkPage
{
    public static string Write(IReadOnlyList<Row> rows, int rounds, string untuned, string tuned, double load)
    {
        var facts = MachineFacts.Read();
        var text = new StringBuilder(
            $"""
            # Benchmarks

            Written by the command below; do not edit by hand. Each row is the same computation on three sides, each in a process
            of its own, run in turn for up to {rounds} rounds: Figment; PyTorch as a newcomer runs it (`import torch`, no settings,
            the BLAS named below); and PyTorch given the settings that Figment makes for itself (below). Before a time is taken, ten
            losses from equal weights and equal noise must agree to a part in a thousand. Figures are medians over the rounds;
            a ratio is the median of the rounds' ratios, above 1 where Figment needs less. For peaks of memory every buffer is mapped
            by itself (`MALLOC_MMAP_THRESHOLD_=65536`, on all sides), so that they tell what is held: with large buffers in the
            heap, how it happens to be cut up moves the peak of either side by a third from run to run.

            ```sh
            dotnet run -c Release --project bench/Figment.Bench -- compare --write --peer-blas <folder of libopenblas0-pthread>
            ```

            | what | unit | Figment | PyTorch untuned | PyTorch tuned | untuned / ours | tuned / ours | peer |
            |---|---|---|---|---|---|---|---|

            """);
        foreach (var r in rows)
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {r.Name} | {r.Unit} | {Digits(r.Ours)} | {Digits(r.Untuned)} | {Digits(r.Tuned)} | {r.OverUntuned:F2} | {r.OverTuned:F2} | `{r.Command}` |");
        var steps = rows.Where(r => r.Name.Contains("step", StringComparison.Ordinal)).ToList();
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"""
            The aim for training steps is at least 3 times the untuned peer's speed: {Met(steps, r => r.OverUntuned >= 3)}; and at least
            the tuned peer's: {Met(steps, r => r.OverTuned >= 1)}. The aim for memory is at most 1.05 of the peer's peak:
            {Met(rows.Where(r => r.Unit == "MiB"), r => r.Ours <= 1.05 * Math.Min(r.Untuned, r.Tuned))}.
            """);
        text.AppendLine().AppendLine(
            $"""
            ## Conditions

            - Figment on libtorch {LibTorch.Version}, .NET {Environment.Version}; {facts.PhysicalCores} cores ({facts.Architecture}).
            - Untuned peer: {untuned}. Tuned peer: {tuned}.
            - Load average before: {load:F1}{(load > 0.5 * facts.PhysicalCores ? " (other programs were running: the figures are only a first look)" : "")}.
            - Vector instructions: {string.Join(' ', facts.CpuFlags.Where(f => f.StartsWith("avx", StringComparison.Ordinal) || f == "fma").Order())}.
            - Settings (the tuned peer gets them as environment variables and, for the BLAS, a library path):
            """);
        foreach (var choice in Comparison.Plan.Choices)
            text.AppendLine(CultureInfo.InvariantCulture,
                $"  - `{choice.Name}` = {(choice.Value == "" ? "default" : Path.GetFileName(choice.Value))}: {choice.Reason}.");
        var call = Overhead.Measure();
        return text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"""
            ## The cost of a call

            `dotnet run -c Release --project bench/Figment.Bench -- overhead` measures it with BenchmarkDotNet. The gate: an elementwise
            operator on a tensor of one element, through the public methods and inside a scope, takes at most 1.0 us and
            allocates at most 16 bytes beyond the `Tensor` object (48 bytes). A test holds the allocation.
            Here, the best of 60 rounds: {call.Microseconds:F2} us and {call.Allocated:F0} bytes.
            """).ToString();
    }

    private static string Met(IEnumerable<Row> rows, Func<Row, bool> met) =>
        rows.Count(met) is var n && n == rows.Count() ? "met" : $"met by {n} of {rows.Count()}";

    private static string Digits(double v) =>
        v.ToString(v < 10 ? "F2" : v < 100 ? "F1" : "F0", CultureInfo.InvariantCulture);
}
