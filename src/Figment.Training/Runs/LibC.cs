using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Figment.Training.Runs;

/// <summary>The few calls of Linux's C library that .NET does not offer: opening relative to a directory without
/// following links, directory fsync, locks and leaving at once.</summary>
internal static partial class LibC
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int Truncate = 0x200;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;

    public const int RemoveDirectory = 0x200;

    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;

    public const int NoEntry = 2;
    public const int WouldBlock = 11;
    public const int Exists = 17;
    public const int NotDirectory = 20;
    public const int NoSpace = 28;
    public const int TooManyLinks = 40;
    public const int QuotaExceeded = 122;

    // These two differ between the processor families.
    private static readonly bool arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    public static readonly int DirectoryOnly = arm ? 0x4000 : 0x10000;
    public static readonly int NoFollow = arm ? 0x8000 : 0x20000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenAt(SafeFileHandle directory, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeDirectoryAt(SafeFileHandle directory, string path, uint mode);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RenameAt(
        SafeFileHandle fromDirectory, string from, SafeFileHandle toDirectory, string to);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UnlinkAt(SafeFileHandle directory, string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int Parent();

    /// <summary>Has the kernel send this process a signal when its parent ends (PR_SET_PDEATHSIG).</summary>
    public static void DieWithParent(int signal) => _ = ProcessControl(1, signal, 0, 0, 0);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void ExitNow(int code);

    /// <summary>Type, permission bits and number of names of an open file, from statx(2), whose layout is the same on
    /// every processor.</summary>
    public static unsafe (int Mode, uint Links) Status(SafeFileHandle file)
    {
        const int emptyPath = 0x1000;
        const uint modeAndLinks = 0x7;
        var buffer = stackalloc byte[256];
        if (StatX(file, "", emptyPath, modeAndLinks, buffer) != 0)
            throw new IOException($"statx failed with error {Marshal.GetLastPInvokeError()}");
        return (*(ushort*)(buffer + 28), *(uint*)(buffer + 16));
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatX(SafeFileHandle directory, string path, int flags, uint mask, byte* buffer);
}
