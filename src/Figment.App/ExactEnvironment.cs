using Figment.Torch;
using Figment.Torch.Runtime;
using Figment.Training.Runs;

namespace Figment.App;

/// <summary>What a run's bits depend on beside its configuration: kept at its start, restored or compared at a
/// resume.</summary>
internal static class ExactEnvironment
{
    public const string ShapeKey = "image_shape";
    private const string RanksKey = "ranks";
    private const string ThreadsKey = "threads";
    private const string CoreKey = "blas_core";
    private const string ProductsKey = "products";
    private const string DeviceKey = "device";

    /// <summary>The environment of this process. Loads libtorch.</summary>
    /// <param name="device">Where the run computes.</param>
    /// <param name="dataHash">Hash of the training images.</param>
    /// <param name="shape">One image.</param>
    /// <param name="command">What was asked for, for people.</param>
    /// <param name="ranks">How many processes train together.</param>
    public static RunEnvironment Current(Device device, string dataHash, string shape, string? command, int ranks = 1)
    {
        NativeLoader.EnsureLoaded();
        var facts = RuntimeTuning.Facts;
        var environment = new RunEnvironment(
            new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["blas"] = string.Join(' ',
                    LoadedLibraries.Find("libopenblas", "libmkl").Select(library => Path.GetFileName(library.Path))),
                [CoreKey] = RuntimeTuning.Plan["OPENBLAS_CORETYPE"]?.ToUpperInvariant() ?? "detected",
                ["data"] = dataHash,
                [DeviceKey] = device.ToString(),
                ["instructions"] = facts.CpuFlags.Contains("avx512f") ? "avx512"
                    : facts.CpuFlags.Contains("avx2") ? "avx2" : facts.Architecture,
                ["libtorch"] = LibTorch.Version,
                [ProductsKey] = NativeLoader.ProductsByOneDnn ? "onednn" : "blas",
                [ThreadsKey] = $"{LibTorch.Threads}",
            },
            new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["command"] = command ?? "",
                ["cpu"] = facts.CpuModel,
                ["dotnet"] = Environment.Version.ToString(),
                ["figment"] = ProductVersion.Current.Version
                    + (ProductVersion.Current.Commit is { } commit ? $"+{commit}" : ""),
                [ShapeKey] = shape,
                ["system"] = System.Runtime.InteropServices.RuntimeInformation.OSDescription,
            });
        // The order of a sum decides its last bits. One process alone is not told, as in runs from before there were
        // ranks.
        return ranks == 1 ? environment : environment with
        {
            Exact = new SortedDictionary<string, string>(environment.Exact.ToDictionary(), StringComparer.Ordinal)
            {
                [RanksKey] = $"{ranks}",
            },
        };
    }

    /// <summary>The device on which a run began.</summary>
    public static string DeviceOf(RunEnvironment environment) => environment.Exact.GetValueOrDefault(DeviceKey, "cpu");

    /// <summary>Asks for the threads and kernels that a run began with. To be called before libtorch is
    /// loaded.</summary>
    /// <param name="environment">That of the run's start.</param>
    /// <param name="ranks">How many processes go on with it: another number shares the cores in another way.</param>
    public static void Restore(RunEnvironment environment, int ranks = 1)
    {
        if (environment.Exact.GetValueOrDefault(RanksKey, "1") == $"{ranks}"
            && environment.Exact.TryGetValue(ThreadsKey, out var threads))
            RuntimeTuning.Restore("OMP_NUM_THREADS", threads);
        if (environment.Exact.TryGetValue(CoreKey, out var core) && core != "detected")
            RuntimeTuning.Restore("OPENBLAS_CORETYPE", core);
        if (environment.Exact.TryGetValue(ProductsKey, out var products))
            RuntimeTuning.Restore("FIGMENT_PRODUCTS", products);
    }
}
