using System.Reflection;
using System.Runtime.InteropServices;

namespace Figment.Torch.Runtime;

/// <summary>
/// Finds and loads the native bridges: <c>FIGMENT_NATIVE</c> (a folder) if it is set, else beside the program, else in
/// <c>build/native/lib</c> of the checkout that the program was built in.
/// </summary>
public static class NativeLoader
{
    private const string Torch = "figment_torch";
    private static readonly Lazy<nint> Bridge = new(LoadBridge);

    /// <summary>True once the bridge to libtorch is loaded in this process.</summary>
    public static bool IsLoaded => Bridge.IsValueCreated;

    /// <summary>
    /// Whether matrix products go to oneDNN instead of the BLAS: wanted by the plan, and possible with this libtorch.
    /// Known once the bridge is loaded.
    /// </summary>
    public static bool ProductsByOneDnn { get; private set; }

    /// <summary>Tunes the process, then loads the bridge and with it libtorch. Every call but the first does
    /// nothing.</summary>
    /// <exception cref="LibTorchMissingException">The bridge or libtorch is missing; the message says how to get
    /// it.</exception>
    public static void EnsureLoaded() => _ = Bridge.Value;

    /// <summary>The file of a bridge, or null when it lies in none of the places looked at.</summary>
    /// <param name="name">The bridge's name without prefix and ending, for example <c>figment_media</c>.</param>
    public static string? Find(string name) => Candidates(name).FirstOrDefault(File.Exists);

    /// <summary>The places where a bridge is looked for, in order.</summary>
    public static IEnumerable<string> Candidates(string name)
    {
        var file = OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";
        if (Environment.GetEnvironmentVariable("FIGMENT_NATIVE") is { Length: > 0 } folder)
        {
            yield return Path.Combine(folder, file);
            yield break;
        }

        yield return Path.Combine(AppContext.BaseDirectory, file);
        for (var parent = new DirectoryInfo(AppContext.BaseDirectory).Parent;
            parent is not null; parent = parent.Parent)
            yield return Path.Combine(parent.FullName, "build", "native", "lib", file);
    }

    private static nint LoadBridge()
    {
        RuntimeTuning.EnsureApplied();
        if (Find(Torch) is not { } path)
            throw new LibTorchMissingException(
                $"Figment's bridge to libtorch (lib{Torch}.so) was not found. Run ./figment once in the checkout, "
                + "which installs libtorch and builds the bridge, or set FIGMENT_NATIVE to the folder that holds it.");

        LoadWhatLibtorchNeeds(Path.ChangeExtension(path, ".needed"));
        nint bridge;
        try
        {
            bridge = NativeLibrary.Load(path);
        }
        catch (DllNotFoundException error)
        {
            throw new LibTorchMissingException(
                $"libtorch could not be loaded by {path}: {LoaderText(error)}. Install it (on Debian and Ubuntu: "
                + "apt install libtorch-dev libopenblas0-openmp), or set FIGMENT_LIBTORCH to a libtorch folder and run "
                + "./figment.",
                error);
        }

        if (RuntimeTuning.Plan["FIGMENT_ALLOCATOR"] == "own") TakeOverAllocation(bridge);
        if (RuntimeTuning.Plan["FIGMENT_PRODUCTS"] == "onednn") ProductsByOneDnn = TakeOverProducts(bridge);
        NativeLibrary.SetDllImportResolver(typeof(NativeLoader).Assembly, Resolve);
        return bridge;

        nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) => name == Torch ? bridge : 0;
    }

    // Loaded together, each of them and libtorch searches all of them for each of its symbols: Debian's are nearly
    // three hundred, because OpenCV comes along. Loaded before libtorch, they search among their own.
    private static void LoadWhatLibtorchNeeds(string list)
    {
        if (!File.Exists(list)) return;
        foreach (var name in File.ReadLines(list)) NativeLibrary.TryLoad(name, out _);
    }

    // Before the first tensor is made; later ones may come from either allocator, each knows its own.
    private static unsafe void TakeOverAllocation(nint bridge) =>
        ((delegate* unmanaged<void>)NativeLibrary.GetExport(bridge, "ft_own_allocator"))();

    private static unsafe bool TakeOverProducts(nint bridge) =>
        ((delegate* unmanaged<int>)NativeLibrary.GetExport(bridge, "ft_products_by_onednn"))() != 0;

    // .NET adds advice about its own search to the loader's sentence; that sentence is the first line that names a
    // file.
    private static string LoaderText(DllNotFoundException error)
    {
        var line = error.Message.Split('\n').FirstOrDefault(text => text.Contains(".so", StringComparison.Ordinal)
            && text.Contains(": ", StringComparison.Ordinal) && text.StartsWith('/'))
            ?? error.Message.Split('\n').FirstOrDefault(text => text.Contains("cannot open", StringComparison.Ordinal))
            ?? error.Message;
        return line.Trim().TrimEnd('.');
    }
}
