using System.Security.Cryptography;
using Figment.Data.Native;
using Figment.Torch.Runtime;
using Figment.Training.Distributed;

namespace Figment.App;

/// <summary>
/// libtorch takes a third of a second to load and a fifth of that to leave again: the first happens beside what a short
/// command does before it needs a tensor, the second not at all.
/// </summary>
public static class NativeStart
{
    private static volatile bool begun;

    /// <summary>
    /// Begins to load libtorch on another thread. What fails there is thrown where libtorch is first needed. Meanwhile
    /// this one waits if it must load another library, or looks up a function of one for the first time.
    /// </summary>
    internal static void Begin()
    {
        try
        {
            // Before another thread reads the variables that this one sets.
            RuntimeTuning.EnsureApplied();
        }
        catch (TuningException)
        {
            return;
        }

        begun = true;
        new Thread(Load) { IsBackground = true, Name = "libtorch" }.Start();
    }

    /// <summary>
    /// Ends the process. With libtorch loaded or being loaded nothing more runs in it, its destructors neither: files
    /// must be closed by now.
    /// </summary>
    /// <param name="exitCode">What the process answers.</param>
    /// <returns><paramref name="exitCode"/>, where the process may end in the usual way.</returns>
    public static int Leave(int exitCode)
    {
        if (OperatingSystem.IsLinux() && (begun || NativeLoader.IsLoaded))
        {
            Console.Out.Flush();
            Console.Error.Flush();
            ProcessTies.EndNow(exitCode);
        }

        return exitCode;
    }

    private static void Load()
    {
        // Checkpoints are verified meanwhile; their hash function's library would have to wait for libtorch's.
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([], hash);
        try
        {
            NativeLoader.EnsureLoaded();
            _ = MediaLibrary.IsAvailable;
        }
        catch (LibTorchMissingException)
        {
            // Kept by the loader, and thrown again by the call that needs it.
        }
    }
}
