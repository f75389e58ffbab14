namespace Figment.Data;

/// <summary>Whole files into memory, with the operating system's faults in our own words.</summary>
internal static class FileBytes
{
    internal static byte[] Read(string path)
    {
        using var stream = Open(path);
        if (stream.Length > Array.MaxLength)
        {
            throw new BadFileException(path, $"is {stream.Length:N0} bytes long; at most {Array.MaxLength:N0} are read "
                + "into memory", null, "Split the file");
        }

        var bytes = GC.AllocateUninitializedArray<byte>((int)stream.Length);
        try
        {
            stream.ReadExactly(bytes);
        }
        catch (IOException error)
        {
            throw new BadFileException(path, "became shorter while it was read", null, "Try again", error);
        }

        return bytes;
    }

    internal static FileStream Open(string path)
    {
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16,
                FileOptions.SequentialScan);
            if (stream.CanSeek)
                return stream;
            stream.Dispose();
            throw new BadFileException(path, "is not an ordinary file", null, "Copy the data into a file");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadFileException(path, "does not exist", null, "Check the spelling of the path", error);
        }
        catch (UnauthorizedAccessException error)
        {
            var problem = Directory.Exists(path) ? "is a folder" : "may not be read";
            throw new BadFileException(path, problem, null, "Name a file that you may read", error);
        }
        catch (IOException error)
        {
            throw new BadFileException(path, $"cannot be opened: {error.Message}", null, "Check the disk", error);
        }
    }
}
