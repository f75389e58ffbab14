using System.Globalization;
using System.Runtime.InteropServices;

[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("Figment.Torch.Tests")]

namespace Figment.Torch.Runtime;

/// <summary>What the tuning decision rests on: the processor, the share of it that this process has, the BLAS
/// builds.</summary>
/// <param name="Architecture">The process architecture, for example <c>X64</c> or <c>Arm64</c>.</param>
/// <param name="CpuModel">The processor's name, or an empty text where the system does not tell.</param>
/// <param name="CpuFlags">Instruction sets as Linux names them (<c>avx2</c>, <c>avx512f</c>, <c>asimd</c>).</param>
/// <param name="AllowedCpus">Logical processors that the affinity mask allows; at least 1.</param>
/// <param name="PhysicalCores">Distinct cores behind <paramref name="AllowedCpus"/>; at least 1.</param>
/// <param name="CpuQuota">The container's limit in processors, or null without one.</param>
/// <param name="BlasLibraries">Paths of the <c>libblas.so.3</c> builds found, the OpenMP build of OpenBLAS
/// first.</param>
/// <param name="BusyProcessors">Processors' worth of work that other processes do, where it was looked at; else
/// 0.</param>
public sealed record MachineFacts(
    string Architecture,
    string CpuModel,
    IReadOnlySet<string> CpuFlags,
    int AllowedCpus,
    int PhysicalCores,
    double? CpuQuota,
    IReadOnlyList<string> BlasLibraries,
    double BusyProcessors = 0)
{
    private static readonly string[] BlasFlavours = ["openblas-openmp", "openblas-pthread", "openblas-serial", "blas"];

    /// <summary>Reads the facts of this machine and this process. What cannot be read falls back to .NET's own
    /// count.</summary>
    public static MachineFacts Read()
    {
        var cpuInfo = ReadText("/proc/cpuinfo");
        var allowed = AllowedList();
        var cores = new HashSet<string>(StringComparer.Ordinal);
        foreach (var cpu in allowed)
            cores.Add(ReadText($"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
                is { Length: > 0 } siblings
                ? siblings
                : cpu.ToString(CultureInfo.InvariantCulture));

        return new MachineFacts(
            RuntimeInformation.ProcessArchitecture.ToString(),
            FieldOf(cpuInfo, "model name"),
            ParseFlags(cpuInfo),
            allowed.Count > 0 ? allowed.Count : Environment.ProcessorCount,
            cores.Count > 0 ? cores.Count : Environment.ProcessorCount,
            ReadQuota(),
            FindBlas());
    }

    /// <summary>The processors that the affinity mask allows; empty where the system does not tell.</summary>
    internal static IReadOnlyList<int> AllowedList() =>
        ParseCpuList(FieldOf(ReadText("/proc/self/status"), "Cpus_allowed_list"));

    /// <summary>The instruction sets named by the first processor of a <c>/proc/cpuinfo</c> text.</summary>
    internal static IReadOnlySet<string> ParseFlags(string cpuInfo)
    {
        var flags = FieldOf(cpuInfo, "flags");
        if (flags.Length == 0) flags = FieldOf(cpuInfo, "Features"); // the name on Arm
        return flags.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Expands a processor list such as <c>0-3,8</c>.</summary>
    internal static IReadOnlyList<int> ParseCpuList(string list)
    {
        var cpus = new List<int>();
        foreach (var part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-');
            if (!int.TryParse(ends[0], out var first) || !int.TryParse(ends[^1], out var last)) return [];
            for (var cpu = first; cpu <= last; cpu++) cpus.Add(cpu);
        }

        return cpus;
    }

    /// <summary>The quota of a <c>cpu.max</c> text (<c>150000 100000</c> is 1.5 processors), or null for
    /// <c>max</c>.</summary>
    internal static double? ParseCpuMax(string cpuMax)
    {
        var parts = cpuMax.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return parts.Length == 2 && double.TryParse(parts[0], out var quota)
            && double.TryParse(parts[1], out var period)
            && quota > 0 && period > 0
            ? quota / period
            : null;
    }

    private static string FieldOf(string text, string name)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var colon = line.IndexOf(':');
            if (colon > 0 && line[..colon].Trim().SequenceEqual(name)) return line[(colon + 1)..].Trim().ToString();
        }

        return "";
    }

    // The tightest limit on the way from this process's group up to the root counts.
    private static double? ReadQuota()
    {
        double? tightest = ParseCpuMax(
            ReadText("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").Trim() + " "
                + ReadText("/sys/fs/cgroup/cpu/cpu.cfs_period_us"));
        var group = ReadText("/proc/self/cgroup").Split('\n')
            .FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal));
        for (var path = group?[3..].Trim(); path is not null;
            path = path.Length > 1 ? Path.GetDirectoryName(path) : null)
        {
            var quota = ParseCpuMax(ReadText("/sys/fs/cgroup" + path + "/cpu.max"));
            if (quota is { } limit && limit < (tightest ?? double.MaxValue)) tightest = limit;
        }

        return tightest;
    }

    private static string[] FindBlas()
    {
        var triplet = RuntimeInformation.ProcessArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => "x86_64-linux-gnu",
            System.Runtime.InteropServices.Architecture.Arm64 => "aarch64-linux-gnu",
            _ => null,
        };
        return triplet is null
            ? []
            : [.. BlasFlavours.Select(flavour => $"/usr/lib/{triplet}/{flavour}/libblas.so.3").Where(File.Exists)];
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
