using System.Runtime.InteropServices;
using Figment.Data.Catalog;
using Figment.Data.Native;
using Figment.Torch;
using Figment.Torch.Runtime;

namespace Figment.App;

/// <summary>How a finding of the doctor is to be taken.</summary>
public enum FindingState
{
    /// <summary>In order.</summary>
    Fine,

    /// <summary>It works, but could be better.</summary>
    Improvable,

    /// <summary>Something will not work until it is mended.</summary>
    Broken,
}

/// <summary>One thing that the doctor looked at.</summary>
/// <param name="Section">What it belongs to, for example <c>libtorch</c>.</param>
/// <param name="Name">What was looked at.</param>
/// <param name="Value">What was found.</param>
/// <param name="State">How to take it.</param>
/// <param name="Why">The reason for a choice, or the cause of a fault; may be empty.</param>
/// <param name="Cure">What to do; empty when nothing needs doing.</param>
public sealed record Finding(
    string Section, string Name, string Value, FindingState State = FindingState.Fine,
    string Why = "", string Cure = "");

/// <summary>What the doctor found.</summary>
public sealed record DoctorReport(ProductVersion Figment, IReadOnlyList<Finding> Findings)
{
    /// <summary>True when nothing is broken.</summary>
    public bool IsHealthy => Findings.All(finding => finding.State != FindingState.Broken);
}

/// <summary>Looks at the machine, the libraries, the tuning and the data, and says cause and cure for each
/// fault.</summary>
public static class Doctor
{
    // Enough for the foundation's models; the big ones say their own needs.
    private const double LittleMemory = 2.0;

    /// <summary>Looks at everything. It loads libtorch, because only a loaded library can be asked.</summary>
    public static DoctorReport Examine() =>
        new(ProductVersion.Current,
            [.. Program(), .. Machine(), .. Engine(), .. Tuning(), .. Pictures(), .. DataSets()]);

    private static IEnumerable<Finding> Program()
    {
        var version = ProductVersion.Current;
        yield return new("Figment", "version",
            version.Commit is null ? version.Version : $"{version.Version} ({version.Commit})");
        yield return new("Figment", "runtime", $".NET {version.Runtime}, {RuntimeInformation.RuntimeIdentifier}");
        yield return new("Figment", "system", RuntimeInformation.OSDescription);
    }

    private static IEnumerable<Finding> Machine()
    {
        RuntimeTuning.HeedOtherProcesses();
        var facts = RuntimeTuning.Facts;
        yield return new("Machine", "processor", facts.CpuModel.Length > 0 ? facts.CpuModel : facts.Architecture);
        yield return new("Machine", "cores", facts.CpuQuota is { } quota
            ? $"{facts.PhysicalCores} ({facts.AllowedCpus} threads), limited to {quota:0.##}"
            : $"{facts.PhysicalCores} ({facts.AllowedCpus} threads)");
        yield return new("Machine", "other processes",
            $"keep {facts.BusyProcessors:0.0} of {facts.AllowedCpus} processors busy",
            Why: "a run that is begun takes as many threads as processors are left to it, and keeps that number "
                + "(FIGMENT_THREADS sets it)");
        yield return new("Machine", "instructions", InstructionSets(facts));
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30);
        yield return new("Machine", "memory", $"{memory:0.0} GiB",
            memory < LittleMemory ? FindingState.Improvable : FindingState.Fine,
            Cure: memory < LittleMemory ? "close other programs, or take small batches (--set plan.batch=32)" : "");
    }

    private static IEnumerable<Finding> Engine()
    {
        LibTorchMissingException? missing = null;
        try
        {
            NativeLoader.EnsureLoaded();
        }
        catch (LibTorchMissingException error)
        {
            missing = error;
        }

        if (missing is not null)
        {
            yield return new("libtorch", "bridge", "not loaded", FindingState.Broken, missing.Message,
                "run ./figment in the checkout; it installs libtorch and builds the bridge");
            yield break;
        }

        yield return new("libtorch", "version", LibTorch.Version);
        foreach (var finding in Devices()) yield return finding;
        yield return new("libtorch", "threads", $"{LibTorch.Threads}");
        yield return new("libtorch", "bridge", NativeLoader.Find("figment_torch") ?? "");
        foreach (var (name, path) in LoadedLibraries.Find("libtorch_cpu", "libc10",
            "libdnnl", "libmkl", "libgomp", "libiomp"))
            yield return new("libtorch", name, path);
        var blas = LoadedLibraries.Find("libblas", "libopenblas").ToList();
        foreach (var (name, path) in blas) yield return new("libtorch", name, path);
        if (blas.Count > 0 && !blas.Any(library => library.Path.Contains("openblas-openmp", StringComparison.Ordinal)))
            yield return new("libtorch", "BLAS", "not the OpenMP build of OpenBLAS", FindingState.Improvable,
                "matrix products run on threads of their own that fight with libtorch's, or on one thread",
                "apt install libopenblas0-openmp");
    }

    private static IEnumerable<Finding> Devices()
    {
        var gpus = Cuda.DeviceCount;
        yield return new("libtorch", "devices", gpus > 0 ? $"cpu, {gpus} CUDA" : "cpu",
            Why: gpus > 0 ? "" : Cuda.IsBuiltIn ? "built with CUDA, but it sees no GPU"
                : "built without CUDA (docs/guide/devices.md)");
        for (var gpu = 0; gpu < gpus; gpu++)
        {
            const double gib = 1 << 30;
            Finding found;
            try
            {
                var memory = Cuda.MemoryOf(gpu);
                found = new("libtorch", $"cuda:{gpu}", $"{memory.Free / gib:0.0} GiB free of {memory.Total / gib:0.0}");
            }
            catch (TorchException error)
            {
                found = new("libtorch", $"cuda:{gpu}", "does not answer", FindingState.Improvable,
                    error.Message, "see nvidia-smi");
            }

            yield return found;
        }
    }

    private static IEnumerable<Finding> Pictures()
    {
        if (MediaLibrary.IsAvailable)
        {
            yield return new("Pictures", "OpenCV", MediaLibrary.OpenCvVersion);
            yield return new("Pictures", "bridge", MediaLibrary.Path);
        }
        else
        {
            yield return new("Pictures", "bridge", "not loaded", FindingState.Broken,
                "libfigment_media.so or OpenCV is missing, so JPEG and PNG pictures cannot be read",
                "run ./figment in the checkout; it installs OpenCV and builds the bridge");
        }
    }

    private static IEnumerable<Finding> DataSets()
    {
        var locations = DataLocations.FromEnvironment();
        var kept = Directory.Exists(locations.Cache)
            ? new DirectoryInfo(locations.Cache).EnumerateFiles("*", SearchOption.AllDirectories)
                .Sum(file => file.Length) : 0;
        yield return new("Data", "cache", $"{locations.Cache} ({kept / 1e6:0} MB)");
        foreach (var folder in locations.SearchPath)
            yield return Directory.Exists(folder)
                ? new("Data", "FIGMENT_DATA", folder)
                : new("Data", "FIGMENT_DATA", folder, FindingState.Improvable, "there is no such folder",
                    "mend or unset FIGMENT_DATA");
        foreach (var set in DataLibrary.List())
            yield return new("Data", set.Id,
                set.Folder.Length > 0 ? set.Folder
                : set.Place == "fetchable" ? "not here; fetched on demand" : "not here",
                Cure: set.Place == "missing" ? $"figment data show {set.Id} tells where to get it" : "");
    }

    private static IEnumerable<Finding> Tuning()
    {
        if (RuntimeTuning.Plan.Choices.Count == 0)
            yield return new("Tuning", "all", "off", FindingState.Improvable,
                "FIGMENT_TUNING=off", "unset FIGMENT_TUNING");
        foreach (var choice in RuntimeTuning.Plan.Choices)
            yield return choice.Source switch
            {
                TuningSource.Default => new("Tuning", choice.Name, "left at its default", Why: choice.Reason),
                TuningSource.Environment => Users(choice),
                _ => new("Tuning", choice.Name, choice.Value, Why: choice.Reason),
            };
    }

    // The user's word stands. A core type that leaves half of the processor unused is worth a remark.
    private static Finding Users(TuningChoice choice)
    {
        var slows = choice is { Name: "OPENBLAS_CORETYPE", Alternative: { } better }
            && !better.Equals(choice.Value, StringComparison.OrdinalIgnoreCase);
        return new("Tuning", choice.Name, $"{choice.Value} (yours)",
            slows ? FindingState.Improvable : FindingState.Fine, choice.Reason,
            slows ? $"unset {choice.Name}: this processor can run {choice.Alternative}, whose matrix products may be "
                + "twice as fast" : "");
    }

    private static string InstructionSets(MachineFacts facts)
    {
        string[] telling = ["sse4_2", "avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16",
            "amx_bf16",
            "asimd", "asimddp", "bf16", "sve", "sve2"];
        var found = telling.Where(facts.CpuFlags.Contains).ToList();
        return found.Count > 0 ? string.Join(' ', found) : "not told by the system";
    }
}
