using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Figment.Training.Runs;

/// <summary>A folder and everything beneath it. Every path is walked name by name from the folder's own handle with
/// links refused (<c>openat</c> with <c>O_NOFOLLOW</c>), so that no path, and no one who swaps a folder for a link in
/// between, can lead outside.</summary>
public sealed class RunDirectory : IRunFiles, IDisposable
{
    private const int FileTypeMask = 0xF000;
    private const int RegularFile = 0x8000;
    private const uint FileMode = 0x1B4; // rw-rw-r--, less the process's umask
    private const uint FolderMode = 0x1FD; // rwxrwxr-x

    private readonly SafeFileHandle root;

    private RunDirectory(string fullPath, SafeFileHandle root) => (FullPath, this.root) = (fullPath, root);

    /// <summary>The folder as given, made absolute.</summary>
    public string FullPath { get; }

    /// <inheritdoc/>
    public long FreeBytes => new DriveInfo(FullPath).AvailableFreeSpace;

    /// <summary>Opens an existing folder. The way to it is the user's own and may lead through links.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static RunDirectory Open(string path)
    {
        var full = Path.GetFullPath(path);
        var flags = LibC.ReadOnly | LibC.DirectoryOnly | LibC.CloseOnExec;
        return new RunDirectory(full, Check(LibC.Open(full, flags, 0), full));
    }

    /// <summary>Opens a folder beneath this one as a root of its own.</summary>
    public RunDirectory OpenFolder(string path) => new(Path.Combine(FullPath, path), Walk(Names(path)));

    /// <inheritdoc/>
    public Stream Open(string path, RunFileMode mode)
    {
        var names = Names(path);
        using var folder = Walk(names.AsSpan(..^1));
        var flags = LibC.NoFollow | LibC.CloseOnExec | LibC.NonBlocking | mode switch
        {
            RunFileMode.Read => LibC.ReadOnly,
            RunFileMode.CreateNew => LibC.ReadWrite | LibC.Create | LibC.Exclusive,
            _ => LibC.ReadWrite | LibC.Create,
        };
        var file = Check(LibC.OpenAt(folder, names[^1], flags, FileMode), path);
        try
        {
            // A pipe or device would block or lie about its length; a second name may be someone else's file.
            var (type, links) = LibC.Status(file);
            if ((type & FileTypeMask) != RegularFile)
                throw new UnsafePathException(path, "it is not a regular file");
            if (links > 1)
                throw new UnsafePathException(path, "the file has a second name (a hard link)");
            var stream = new FileStream(file, mode == RunFileMode.Read ? FileAccess.Read : FileAccess.ReadWrite);
            if (mode == RunFileMode.Append)
                stream.Seek(0, SeekOrigin.End);
            return stream;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Sync(Stream stream)
    {
        if (stream is FileStream file)
            file.Flush(flushToDisk: true);
        else
            stream.Flush();
    }

    /// <inheritdoc/>
    public void SyncFolder(string path)
    {
        using var folder = Walk(Names(path));
        if (LibC.Sync(folder) != 0)
            throw Error(Marshal.GetLastPInvokeError(), path);
    }

    /// <inheritdoc/>
    public void CreateFolder(string path)
    {
        var names = Names(path);
        using var folder = Walk(names.AsSpan(..^1));
        if (LibC.MakeDirectoryAt(folder, names[^1], FolderMode) != 0)
            throw Error(Marshal.GetLastPInvokeError(), path);
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        var (source, target) = (Names(from), Names(to));
        using var sourceFolder = Walk(source.AsSpan(..^1));
        using var targetFolder = Walk(target.AsSpan(..^1));
        if (LibC.RenameAt(sourceFolder, source[^1], targetFolder, target[^1]) != 0)
            throw Error(Marshal.GetLastPInvokeError(), from);
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        var names = Names(path);
        if (names.Length == 0)
            throw new UnsafePathException(path, "a run does not delete itself");
        try
        {
            using var folder = Walk(names.AsSpan(..^1));
            Delete(folder, names[^1], path);
        }
        catch (IOException error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            // It is gone already, which is what was asked for.
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<RunEntry> List(string path)
    {
        try
        {
            using var folder = Walk(Names(path));
            return List(folder);
        }
        catch (IOException error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Closes the folder's handle.</summary>
    public void Dispose() => root.Dispose();

    /// <summary>Opens (and makes) a file and locks it for this process alone; null when another holder has
    /// it.</summary>
    internal FileStream? TryLock(string path)
    {
        var stream = (FileStream)Open(path, RunFileMode.Append);
        if (LibC.Lock(stream.SafeFileHandle, LibC.LockExclusive | LibC.LockNonBlocking) == 0)
            return stream;
        var error = Marshal.GetLastPInvokeError();
        stream.Dispose();
        return error == LibC.WouldBlock ? null : throw Error(error, path);
    }

    private static void Delete(SafeFileHandle folder, string name, string path)
    {
        const int isDirectory = 21;
        if (LibC.UnlinkAt(folder, name, 0) == 0)
            return;
        var error = Marshal.GetLastPInvokeError();
        if (error != isDirectory)
            throw Error(error, path);
        using (var inner = Enter(folder, name))
            foreach (var entry in List(inner))
                Delete(inner, entry.Name, $"{path}/{entry.Name}");
        if (LibC.UnlinkAt(folder, name, LibC.RemoveDirectory) != 0)
            throw Error(Marshal.GetLastPInvokeError(), path);
    }

    private static List<RunEntry> List(SafeFileHandle folder)
    {
        // The handle's own name under /proc stays right even when the folder is moved meanwhile.
        var entries = new DirectoryInfo($"/proc/self/fd/{folder.DangerousGetHandle()}").EnumerateFileSystemInfos("*",
            new EnumerationOptions { AttributesToSkip = 0, ReturnSpecialDirectories = false });
        var list = entries.Select(e => new RunEntry(e.Name, e is DirectoryInfo && e.LinkTarget is null,
            e is FileInfo { LinkTarget: null } file ? file.Length : 0, e.LinkTarget is not null)).ToList();
        list.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return list;
    }

    private SafeFileHandle Walk(ReadOnlySpan<string> names)
    {
        var folder = Enter(root, ".");
        foreach (var name in names)
            using (var parent = folder)
                folder = Enter(parent, name);
        return folder;
    }

    private static SafeFileHandle Enter(SafeFileHandle folder, string name)
    {
        var flags = LibC.ReadOnly | LibC.DirectoryOnly | LibC.NoFollow | LibC.CloseOnExec;
        return Check(LibC.OpenAt(folder, name, flags, 0), name);
    }

    private static string[] Names(string path)
    {
        if (path.Length == 0)
            return [];
        var names = path.Split('/');
        foreach (var name in names)
            if (name is "" or "." or ".." || name.Contains('\0', StringComparison.Ordinal)
                || name.Contains('\\', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(name) > 255)
                throw new UnsafePathException(path.Replace('\0', '?'), "only plain names beneath it are allowed");
        return names;
    }

    private static SafeFileHandle Check(int descriptor, string path) => descriptor >= 0
        ? new SafeFileHandle(descriptor, ownsHandle: true)
        : throw Error(Marshal.GetLastPInvokeError(), path);

    private static IOException Error(int error, string path) => error switch
    {
        LibC.NoEntry => new FileNotFoundException($"'{path}' does not exist", path),
        LibC.NotDirectory => new DirectoryNotFoundException($"'{path}' is not a folder, or is a link"),
        LibC.TooManyLinks => new UnsafePathException(path, "it is a link"),
        LibC.Exists => new IOException($"'{path}' exists already", error),
        LibC.NoSpace or LibC.QuotaExceeded => new DiskFullException($"no space is left on the disk of '{path}'"),
        _ => new IOException($"'{path}': {Marshal.GetPInvokeErrorMessage(error)}", error),
    };
}
