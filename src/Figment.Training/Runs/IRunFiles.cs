namespace Figment.Training.Runs;

/// <summary>How a file of a run is opened.</summary>
public enum RunFileMode
{
    /// <summary>An existing file, to read.</summary>
    Read,

    /// <summary>A file that must not exist yet, to write.</summary>
    CreateNew,

    /// <summary>A file to read and write from its end on, made when missing; it may be truncated.</summary>
    Append,
}

/// <summary>One name in a folder of a run.</summary>
/// <param name="Length">Bytes of a file; 0 for folders.</param>
/// <param name="IsLink">A symbolic link: never opened, only removed.</param>
public readonly record struct RunEntry(string Name, bool IsFolder, long Length, bool IsLink);

/// <summary>The operations on the files of a run, all relative to its folder. Paths have <c>/</c> between names; none
/// may leave the folder or lead through a link. The seam at which tests let each operation fail.</summary>
public interface IRunFiles
{
    /// <summary>Opens a regular file.</summary>
    /// <exception cref="UnsafePathException">The path leaves the folder, or leads through or to a link.</exception>
    /// <exception cref="FileNotFoundException">Nothing is there to read.</exception>
    Stream Open(string path, RunFileMode mode);

    /// <summary>Returns when what was written to the stream is on the disk.</summary>
    void Sync(Stream stream);

    /// <summary>Returns when the names in a folder are on the disk.</summary>
    void SyncFolder(string path);

    /// <summary>Makes a folder that must not exist yet, in one that does.</summary>
    void CreateFolder(string path);

    /// <summary>Renames in one step; an existing file at the new name is replaced.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file, a link, or a folder with all it holds; nothing when it is missing.</summary>
    void Delete(string path);

    /// <summary>Names in a folder, sorted by code point; empty when it is missing. The empty path is the run
    /// itself.</summary>
    IReadOnlyList<RunEntry> List(string path);

    /// <summary>Bytes that may still be written to the disk the run lies on.</summary>
    long FreeBytes { get; }
}

/// <summary>A path left its root, or led through a link.</summary>
public sealed class UnsafePathException(string path, string why)
    : IOException($"'{path}' is refused: {why}");

/// <summary>The disk is full, or would be.</summary>
public sealed class DiskFullException(string message, Exception? cause = null) : IOException(message, cause)
{
    /// <summary>Whether an error of a write says that no space is left (ENOSPC or EDQUOT).</summary>
    public static bool Is(IOException error) =>
        error is DiskFullException || error.HResult is LibC.NoSpace or LibC.QuotaExceeded;
}
