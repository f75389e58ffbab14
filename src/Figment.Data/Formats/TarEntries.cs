using System.Formats.Tar;
using System.IO.Compression;

namespace Figment.Data.Formats;

/// <summary>Selected files out of a tar stream, read once from front to back without unpacking the rest.</summary>
public static class TarEntries
{
    private const int MaximumEntries = 1_000_000;

    /// <summary>Reads wanted regular files from a <c>.tar.gz</c>, such as a package archive.</summary>
    /// <param name="packed">The gzip stream.</param>
    /// <param name="name">The name used in errors.</param>
    /// <param name="wanted">Entry names, exactly as in the archive, with the most bytes each may have.</param>
    /// <param name="take">Called once for each wanted file, in the archive's order.</param>
    /// <exception cref="BadFileException">The archive is damaged, or a wanted file is missing, a link or too
    /// long.</exception>
    public static void ReadGzip(Stream packed, string name, IReadOnlyDictionary<string, long> wanted,
        Action<string, byte[]> take)
    {
        using var inflated = new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
        Read(inflated, name, wanted, take);
    }

    /// <summary>Reads wanted regular files from a plain tar stream; stops once it has them all.</summary>
    /// <param name="tar">The stream.</param>
    /// <param name="name">The name used in errors.</param>
    /// <param name="wanted">Entry names with the most bytes each may have; a leading <c>./</c> in the archive
    /// is ignored.</param>
    /// <param name="take">Called once for each wanted file, in the archive's order.</param>
    /// <exception cref="BadFileException">The archive is damaged, or a wanted file is missing, a link or too
    /// long.</exception>
    public static void Read(Stream tar, string name, IReadOnlyDictionary<string, long> wanted,
        Action<string, byte[]> take)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(take);
        var missing = wanted.Keys.ToHashSet(StringComparer.Ordinal);
        try
        {
            using var reader = new TarReader(tar, leaveOpen: true);
            for (var seen = 0; missing.Count > 0 && reader.GetNextEntry() is { } entry; seen++)
            {
                if (seen > MaximumEntries)
                    throw new BadFileException(name, $"has more than {MaximumEntries:N0} entries", null,
                        GzipFile.Damaged);
                var entryName = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
                if (!missing.Remove(entryName))
                    continue;
                take(entryName, Content(entry, $"{name}:{entryName}", wanted[entryName]));
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException
            or ArgumentException or OverflowException or NotSupportedException)
        {
            throw new BadFileException(name, $"is no readable tar archive: {error.Message}", null, GzipFile.Damaged,
                error);
        }

        if (missing.Count > 0)
        {
            throw new BadFileException(name, $"does not contain {string.Join(", ", missing.Order())}", null,
                "The archive is cut off or of another version: fetch it again");
        }
    }

    /// <summary>Reads every regular file of a plain tar stream.</summary>
    /// <param name="tar">The stream.</param>
    /// <param name="name">The name used in errors.</param>
    /// <param name="most">The most bytes that one file may have.</param>
    /// <param name="take">Called for each file, in the archive's order.</param>
    /// <exception cref="BadFileException">The archive is damaged, or a file is too long.</exception>
    public static void ReadAll(Stream tar, string name, long most, Action<string, byte[]> take)
    {
        ArgumentNullException.ThrowIfNull(take);
        try
        {
            using var reader = new TarReader(tar, leaveOpen: true);
            for (var seen = 0; reader.GetNextEntry() is { } entry; seen++)
            {
                if (seen > MaximumEntries)
                    throw new BadFileException(name, $"has more than {MaximumEntries:N0} entries", null,
                        GzipFile.Damaged);
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                    take(entry.Name, Content(entry, $"{name}:{entry.Name}", most));
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException
            or ArgumentException or OverflowException or NotSupportedException)
        {
            throw new BadFileException(name, $"is no readable tar archive: {error.Message}", null, GzipFile.Damaged,
                error);
        }
    }

    private static byte[] Content(TarEntry entry, string inside, long most)
    {
        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
            throw new BadFileException(inside, $"is a {entry.EntryType}, not a file", null, GzipFile.Damaged);
        if (entry.Length > most)
        {
            throw new BadFileException(inside, $"is {entry.Length:N0} bytes long; at most {most:N0} are expected", null,
                "The archive is of another version: fetch the right one");
        }

        var bytes = GC.AllocateUninitializedArray<byte>(checked((int)entry.Length));
        if (entry.Length > 0)
            GzipFile.Fill(entry.DataStream!, bytes, inside, "the entry");
        return bytes;
    }
}
