namespace Figment.Training.Runs;

/// <summary>Whole-file reads and writes on top of the single operations.</summary>
public static class RunFileWriting
{
    /// <summary>Names that begin so are unfinished writes; whoever opens the run to write removes them.</summary>
    public const string TemporaryPrefix = ".tmp-";

    /// <summary>Replaces a file in one step: a reader, or a crash at any moment, sees the old or the new
    /// bytes.</summary>
    public static void Replace(this IRunFiles files, string path, ReadOnlySpan<byte> bytes)
    {
        var slash = path.LastIndexOf('/');
        var folder = slash < 0 ? "" : path[..slash];
        var temporary = slash < 0 ? TemporaryPrefix + path : $"{folder}/{TemporaryPrefix}{path[(slash + 1)..]}";
        files.Delete(temporary);
        using (var stream = files.Open(temporary, RunFileMode.CreateNew))
        {
            stream.Write(bytes);
            files.Sync(stream);
        }
        files.Rename(temporary, path);
        files.SyncFolder(folder);
    }

    /// <summary>All bytes of a file.</summary>
    /// <param name="limit">Longest file read, in bytes.</param>
    /// <exception cref="InvalidDataException">The file is longer.</exception>
    public static byte[] ReadAll(this IRunFiles files, string path, int limit = 1 << 20)
    {
        using var stream = files.Open(path, RunFileMode.Read);
        if (stream.Length > limit)
            throw new InvalidDataException($"'{path}' has {stream.Length} bytes, more than the {limit} allowed");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Makes a folder unless it exists.</summary>
    public static void EnsureFolder(this IRunFiles files, string name)
    {
        if (!files.List("").Any(e => e.Name == name && e.IsFolder))
            files.CreateFolder(name);
    }

    /// <summary>Removes the unfinished writes directly in a folder.</summary>
    public static void RemoveTemporaries(this IRunFiles files, string folder)
    {
        foreach (var entry in files.List(folder))
            if (entry.Name.StartsWith(TemporaryPrefix, StringComparison.Ordinal))
                files.Delete(folder.Length == 0 ? entry.Name : $"{folder}/{entry.Name}");
    }
}
