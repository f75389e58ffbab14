using System.Diagnostics;
using Figment.Torch.Runtime;

namespace Figment.Bench;

/// <summary>A way to run PyTorch that Figment is compared with (ADR 11).</summary>
/// <param name="Name">The column's name and its key in result files.</param>
/// <param name="Environment">Variables it gets on top of an environment without settings.</param>
/// <param name="TunedCode">Whether the scripts run with <c>--tuned</c>.</param>
/// <param name="Missing">Why it cannot run here and what to do about it; null when it can.</param>
internal sealed record Peer(string Name, IReadOnlyDictionary<string, string> Environment, bool TunedCode, string? Missing);

/// <summary>Finds the three peers on this machine.</summary>
internal static class Peers
{
    public const string Python = "/usr/bin/python3";
    public const string Untuned = "untuned", OpenBlas = "openblas", Tuned = "tuned";

    private const string Install = "run ./figment bench --install-peers";

    /// <summary>In the order of the columns.</summary>
    public static IReadOnlyList<string> Names { get; } = [Untuned, OpenBlas, Tuned];

    /// <summary>Where <c>--install-peers</c> unpacks the two BLAS builds, which nobody installs over their own.</summary>
    public static string Folder { get; } = Path.Combine(
        Data.Catalog.DataLocations.FromEnvironment().Cache, "peers", "usr", "lib");

    /// <param name="plan">What Figment sets for itself: the tuned peer gets the same.</param>
    /// <param name="folder">See <see cref="Folder"/>.</param>
    /// <param name="hasTorch">Whether <see cref="Python"/> can import torch.</param>
    public static IReadOnlyList<Peer> Find(TuningPlan plan, string folder, bool hasTorch)
    {
        var torch = hasTorch ? null : $"{Python} has no torch: {Install}";
        return
        [
            WithLibraries(Untuned, torch, folder, "blas/libblas.so.3", "lapack/liblapack.so.3"),
            WithLibraries(OpenBlas, torch, folder, "openblas-pthread/libblas.so.3", "openblas-pthread/liblapack.so.3"),
            new(Tuned, Settings(plan), TunedCode: true, torch),
        ];
    }

    public static bool HasTorch()
    {
        if (!File.Exists(Python)) return false;
        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", "import torch"])
        {
            RedirectStandardError = true,
        })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static Peer WithLibraries(string name, string? missing, string folder, params string[] libraries)
    {
        var found = libraries.Select(l => Locate(folder, l)).ToList();
        missing ??= found.Contains(null) ? $"no {libraries[found.IndexOf(null)]} under {folder}: {Install}" : null;
        var path = string.Join(':', found.OfType<string>().Select(Path.GetDirectoryName).Distinct());
        return new(name, new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = path }, TunedCode: false, missing);
    }

    // Debian keeps libraries in a folder named after the architecture.
    private static string? Locate(string folder, string library) =>
        !Directory.Exists(folder) ? null
            : Directory.EnumerateDirectories(folder).Select(d => Path.Combine(d, library)).FirstOrDefault(File.Exists);

    private static Dictionary<string, string> Settings(TuningPlan plan) => plan.Choices
        .Where(c => c.Source != TuningSource.Default)
        .ToDictionary(
            c => c.Kind == TuningKind.Library ? "LD_LIBRARY_PATH" : Variable(c.Name),
            c => c.Kind == TuningKind.Library ? Path.GetDirectoryName(c.Value)! : c.Value);

    private static string Variable(string name) => name switch
    {
        "M_ARENA_MAX" => "MALLOC_ARENA_MAX",
        "M_MMAP_THRESHOLD" => "MALLOC_MMAP_THRESHOLD_",
        "M_TRIM_THRESHOLD" => "MALLOC_TRIM_THRESHOLD_",
        _ => name,
    };
}
