using System.Globalization;

namespace Figment.Bench;

/// <summary>This process's memory as the kernel counts it, in bytes.</summary>
internal static class ProcessMemory
{
    public static long Resident => Status("VmRSS");

    /// <summary>The most that was resident since the start, or since <see cref="ForgetPeak"/>.</summary>
    public static long Peak => Status("VmHWM");

    public static void ForgetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    private static long Status(string key) =>
        1024 * long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(key, StringComparison.Ordinal))
            .Split(':')[1].Replace("kB", "").Trim(), CultureInfo.InvariantCulture);
}
