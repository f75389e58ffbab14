using System.Globalization;

namespace Figment.Torch.Runtime;

/// <summary>How much of the processors other processes use.</summary>
public static class ProcessorLoad
{
    private static readonly TimeSpan Span = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Processors' worth of work that other processes do on those that this one may use, watched for a tenth of a
    /// second; 0 where the system does not tell. Work of low priority (nice) gives way and does not count.
    /// </summary>
    public static double OfOthers()
    {
        try
        {
            var allowed = MachineFacts.AllowedList();
            var (before, own) = (File.ReadAllText("/proc/stat"), Environment.CpuUsage.TotalTime);
            Thread.Sleep(Span);
            var (after, mine) = (File.ReadAllText("/proc/stat"), Environment.CpuUsage.TotalTime - own);
            return Math.Max(0, Busy(before, after, allowed) - (mine / Passed(before, after)));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Processors busy between two readings of <c>/proc/stat</c>, of those listed.</summary>
    internal static double Busy(string before, string after, IReadOnlyCollection<int> processors)
    {
        var (first, last) = (Times(before), Times(after));
        return processors.Where(cpu => first.ContainsKey(cpu) && last.ContainsKey(cpu)).Sum(cpu =>
        {
            var all = last[cpu].All - first[cpu].All;
            return all > 0 ? (last[cpu].Busy - first[cpu].Busy) / (double)all : 0;
        });
    }

    // The system's own measure of the time between two readings: each processor counts a hundred ticks a second.
    private static TimeSpan Passed(string before, string after)
    {
        var (first, last) = (Times(before), Times(after));
        var ticks = first.Keys.Where(last.ContainsKey).Select(cpu => last[cpu].All - first[cpu].All)
            .DefaultIfEmpty(1).Max();
        return TimeSpan.FromMilliseconds(10 * Math.Max(1, ticks));
    }

    // cpuN user nice system idle iowait irq softirq steal ...
    private static Dictionary<int, (long Busy, long All)> Times(string stat)
    {
        var times = new Dictionary<int, (long, long)>();
        foreach (var line in stat.Split('\n'))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 9 || !fields[0].StartsWith("cpu", StringComparison.Ordinal)
                || !int.TryParse(fields[0].AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var cpu))
                continue;
            var t = fields[1..9].Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
            times[cpu] = (t[0] + t[2] + t[5] + t[6] + t[7], t.Sum());
        }

        return times;
    }
}
