using System.IO.Compression;

namespace Figment.Data.Formats;

/// <summary>Named arrays in NumPy's <c>.npz</c> format: a zip archive of <c>.npy</c> files.</summary>
public static class NpzFile
{
    private const int MaximumEntries = 10_000;

    /// <summary>Reads every array of an archive, in the archive's order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">The limits on the unpacked size; null for the defaults.</param>
    /// <exception cref="BadFileException">The archive or an array in it is damaged, or beyond a limit.</exception>
    public static IReadOnlyDictionary<string, NpyArray> Read(string path, FileLimits? limits = null) =>
        Parse(FileBytes.Read(path), path, limits);

    /// <summary>Reads an archive held in memory.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">The name used in errors.</param>
    /// <param name="limits">The limits on the unpacked size; null for the defaults.</param>
    /// <exception cref="BadFileException">The archive or an array in it is damaged, or beyond a limit.</exception>
    public static IReadOnlyDictionary<string, NpyArray> Parse(ReadOnlyMemory<byte> file, string name,
        FileLimits? limits = null)
    {
        limits ??= FileLimits.Default;
        var arrays = new Dictionary<string, NpyArray>(StringComparer.Ordinal);
        try
        {
            CheckDirectory(file.Span, name);
            using var archive = new ZipArchive(new MemoryStream(file.ToArray(), writable: false), ZipArchiveMode.Read);
            var total = 0L;
            foreach (var entry in archive.Entries)
            {
                total += entry.Length;
                GzipFile.CheckSize(name, total, file.Length, limits,
                    "If you trust it, save it with numpy.savez instead of savez_compressed");
            }

            foreach (var entry in archive.Entries)
            {
                var inside = $"{name}:{entry.FullName}";
                if (!entry.FullName.EndsWith(".npy", StringComparison.Ordinal))
                    throw new BadFileException(inside, "is no .npy array", null, "Make the file with numpy.savez");
                var bytes = new byte[entry.Length];
                using var inflated = entry.Open();
                GzipFile.Fill(inflated, bytes, inside, "the entry");
                GzipFile.ExpectEnd(inflated, inside, bytes.Length);
                if (!arrays.TryAdd(entry.FullName[..^4], NpyArray.Parse(bytes, inside)))
                    throw new BadFileException(inside, "is in the archive twice", null, GzipFile.Damaged);
            }
        }
        catch (Exception error) when (error is InvalidDataException or IOException or NotSupportedException
            or ArgumentException or OverflowException)
        {
            throw new BadFileException(name, $"is no readable zip archive: {error.Message}", null, GzipFile.Damaged,
                error);
        }

        return arrays;
    }

    /// <summary>Writes named arrays; the archive appears under its name only when it is complete.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="arrays">The arrays and their names.</param>
    /// <param name="compress">Whether to compress.</param>
    public static void Write(string path, IEnumerable<KeyValuePair<string, NpyArray>> arrays, bool compress = false)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        var half = path + ".part";
        using (var archive = new ZipArchive(File.Create(half), ZipArchiveMode.Create))
        {
            foreach (var (name, array) in arrays)
            {
                var entry = archive.CreateEntry(name + ".npy",
                    compress ? CompressionLevel.Optimal : CompressionLevel.NoCompression);
                entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var target = entry.Open();
                array.Write(target);
            }
        }

        File.Move(half, path, overwrite: true);
    }

    // The archive reader makes an object for each entry of the directory, whatever number the end record names: both
    // are checked before it begins.
    private static void CheckDirectory(ReadOnlySpan<byte> file, string name)
    {
        var end = file.LastIndexOf("PK\u0005\u0006"u8);
        if (end < 0 || file.Length - end < 22)
            throw new BadFileException(name, "is no zip archive or is cut off: its directory is missing", null,
                GzipFile.Damaged);
        int entries = System.Buffers.Binary.BinaryPrimitives.ReadUInt16LittleEndian(file[(end + 10)..]);
        entries = Math.Max(entries, file.Count("PK\u0001\u0002"u8));
        if (entries > MaximumEntries)
            throw new BadFileException(name, $"lists {entries:N0} entries; the limit is {MaximumEntries:N0}",
                $"byte {end + 10}", "Split the archive");
    }
}
