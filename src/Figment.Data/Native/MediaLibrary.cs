using System.Reflection;
using System.Runtime.InteropServices;
using Figment.Torch.Runtime;

namespace Figment.Data.Native;

/// <summary>Finds and loads the bridge to OpenCV, <c>libfigment_media.so</c>.</summary>
public static class MediaLibrary
{
    internal const string Name = "figment_media";
    private const string FileName = "libfigment_media.so";
    private static readonly Lazy<(IntPtr Handle, string Path, string? Fault)> loaded = new(Load);

    /// <summary>Whether the bridge can be loaded on this machine.</summary>
    public static bool IsAvailable => loaded.Value.Handle != IntPtr.Zero;

    /// <summary>The file that was loaded; empty when none could be.</summary>
    public static string Path => loaded.Value.Path;

    /// <summary>OpenCV's version, such as 4.6.0.</summary>
    /// <exception cref="MediaLibraryMissingException">The bridge cannot be loaded.</exception>
    public static string OpenCvVersion
    {
        get
        {
            EnsureLoaded();
            return Marshal.PtrToStringUTF8(MediaCalls.Version()) ?? "unknown";
        }
    }

    /// <summary>
    /// The places searched, in order: the folder named by FIGMENT_NATIVE, beside the assembly, and
    /// <c>build/native/lib</c> of the checkout that contains the assembly.
    /// </summary>
    /// <param name="nativeFolder">The value of FIGMENT_NATIVE; null or empty for none.</param>
    /// <param name="assemblyFolder">The folder the program runs from.</param>
    public static IEnumerable<string> Candidates(string? nativeFolder, string assemblyFolder)
    {
        if (!string.IsNullOrEmpty(nativeFolder))
            yield return System.IO.Path.Combine(nativeFolder, FileName);
        yield return System.IO.Path.Combine(assemblyFolder, FileName);
        for (var folder = new DirectoryInfo(assemblyFolder); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Figment.slnx")))
                yield return System.IO.Path.Combine(folder.FullName, "build", "native", "lib", FileName);
        }
    }

    internal static void EnsureLoaded()
    {
        if (loaded.Value.Fault is { } fault)
            throw new MediaLibraryMissingException(fault);
    }

    private static (IntPtr Handle, string Path, string? Fault) Load()
    {
        // OpenCV brings OpenMP and BLAS with it, which read their settings while they are loaded.
        RuntimeTuning.EnsureApplied();
        var tried = new List<string>();
        foreach (var path in Candidates(Environment.GetEnvironmentVariable("FIGMENT_NATIVE"), AppContext.BaseDirectory))
        {
            if (!File.Exists(path))
            {
                tried.Add($"{path}: no such file");
                continue;
            }

            try
            {
                var handle = NativeLibrary.Load(path);
                NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(),
                    (name, _, _) => name == Name ? handle : IntPtr.Zero);
                return (handle, path, null);
            }
            catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
            {
                tried.Add($"{path}: {error.Message}");
            }
        }

        return (IntPtr.Zero, "", string.Join(Environment.NewLine, tried.Select(line => "  " + line)));
    }
}

/// <summary>Pictures cannot be read or written because the bridge to OpenCV is missing.</summary>
public sealed class MediaLibraryMissingException : Exception
{
    internal MediaLibraryMissingException(string tried)
        : base($"The picture library libfigment_media.so could not be loaded. Tried:{Environment.NewLine}{tried}"
            + $"{Environment.NewLine}Run ./figment once in the checkout, which installs OpenCV and builds it, or by "
            + "hand: apt-get install libopencv-imgcodecs-dev libopencv-imgproc-dev && cmake -S native/media -B "
            + "build/native-media && cmake --build build/native-media. A built copy elsewhere is found through the "
            + "environment variable FIGMENT_NATIVE (its folder).")
    {
    }
}
