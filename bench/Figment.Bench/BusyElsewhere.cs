using System.Diagnostics;
using System.Globalization;

namespace Figment.Bench;

/// <summary>How much of the machine other programs used while a benchmark ran: with much of it, its times say little.</summary>
internal sealed class BusyElsewhere
{
    private readonly Stopwatch elapsed = Stopwatch.StartNew();
    private readonly double all = System(), own = Own();

    private BusyElsewhere()
    {
    }

    public static BusyElsewhere Watch() => new();

    /// <summary>Processors, on average since the start.</summary>
    public double Processors => Math.Round(Math.Max(0, (System() - all - (Own() - own)) / elapsed.Elapsed.TotalSeconds), 2);

    // user, nice, system, idle, iowait, irq, softirq, steal; in hundredths of a second
    private static double System() => File.ReadLines("/proc/stat").First()
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..] is var f ? Sum(f[0], f[1], f[2], f[5], f[6]) : 0;

    // This process and its ended children. The name in brackets may hold spaces.
    private static double Own() => File.ReadAllText("/proc/self/stat") is var text
        && text[(text.LastIndexOf(')') + 2)..].Split(' ') is var f ? Sum(f[11], f[12], f[13], f[14]) : 0;

    private static double Sum(params string[] ticks) =>
        ticks.Sum(t => double.Parse(t, CultureInfo.InvariantCulture)) / 100;
}
