using System.Buffers.Binary;
using System.IO.Compression;

namespace Figment.Data.Formats;

/// <summary>
/// An array of bytes in the IDX format of the MNIST files: two zero bytes, a type code, the number of dimensions, each
/// dimension as 32 bits big-endian, then the values. Only unsigned bytes (type code 8) are read.
/// </summary>
/// <param name="Dimensions">The size of each dimension, outermost first.</param>
/// <param name="Values">The values, row-major.</param>
/// <remarks>Source: LeCun, Cortes, Burges, "The MNIST database", file formats.</remarks>
public sealed record IdxArray(IReadOnlyList<int> Dimensions, ReadOnlyMemory<byte> Values)
{
    private const int MaximumRank = 8;

    /// <summary>Reads an IDX file, plain or gzip.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">The limits; null for the defaults.</param>
    /// <exception cref="BadFileException">The file is damaged, beyond a limit or holds no unsigned bytes.</exception>
    public static IdxArray Read(string path, FileLimits? limits = null) => Parse(FileBytes.Read(path), path, limits);

    /// <summary>Reads IDX data held in memory, plain or gzip. Plain data are not copied.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">The name used in errors.</param>
    /// <param name="limits">The limits; null for the defaults.</param>
    /// <exception cref="BadFileException">The data are damaged, beyond a limit or hold no unsigned bytes.</exception>
    public static IdxArray Parse(ReadOnlyMemory<byte> file, string name, FileLimits? limits = null)
    {
        if (GzipFile.Is(file.Span))
            return Unpack(file, name, limits ?? FileLimits.Default);
        var span = file.Span;
        if (span.Length < 4)
            throw Bad(name, $"is {span.Length} bytes long, too short for an IDX header", "byte 0");
        var rank = CheckMagic(span, name);
        if (span.Length < 4 + 4 * rank)
            throw Bad(name, $"is cut off inside its list of {rank} dimensions", $"byte {span.Length}");
        var (dimensions, count) = ReadDimensions(span.Slice(4, 4 * rank), name);
        var start = 4 + 4 * rank;
        if (count != span.Length - start)
        {
            throw Bad(name, $"declares {string.Join(" x ", dimensions)} = {count:N0} bytes, but holds "
                + $"{span.Length - start:N0}", "byte 4");
        }

        return new IdxArray(dimensions, file[start..]);
    }

    /// <summary>Writes the array as a plain IDX file.</summary>
    /// <param name="target">Where to.</param>
    /// <exception cref="ArgumentException">The dimensions do not fit the values, or are more than 8.</exception>
    public void Write(Stream target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var count = Dimensions.Aggregate(1L, (product, size) => checked(product * size));
        if (count != Values.Length || Dimensions.Count is 0 or > MaximumRank)
            throw new ArgumentException($"{string.Join(" x ", Dimensions)} does not describe {Values.Length} bytes.");
        Span<byte> word = [0, 0, 8, (byte)Dimensions.Count];
        target.Write(word);
        foreach (var size in Dimensions)
        {
            BinaryPrimitives.WriteInt32BigEndian(word, size);
            target.Write(word);
        }

        target.Write(Values.Span);
    }

    private static IdxArray Unpack(ReadOnlyMemory<byte> file, string name, FileLimits limits)
    {
        using var packed = new MemoryStream(file.ToArray(), writable: false);
        using var inflated = new GZipStream(packed, CompressionMode.Decompress);
        Span<byte> header = stackalloc byte[4 * MaximumRank];
        GzipFile.Fill(inflated, header[..4], name, "an IDX header");
        var rank = CheckMagic(header, name);
        GzipFile.Fill(inflated, header[..(4 * rank)], name, "the list of dimensions");
        var (dimensions, count) = ReadDimensions(header[..(4 * rank)], name);
        GzipFile.CheckSize(name, count, file.Length, limits,
            "If you trust it, unpack it with gunzip and use the plain file");
        var values = GC.AllocateUninitializedArray<byte>((int)count);
        GzipFile.Fill(inflated, values, name, string.Join(" x ", dimensions));
        GzipFile.ExpectEnd(inflated, name, count + 4 + 4 * rank);
        return new IdxArray(dimensions, values);
    }

    private static int CheckMagic(ReadOnlySpan<byte> header, string name)
    {
        if (header[0] != 0 || header[1] != 0)
            throw Bad(name, "is no IDX file: its first two bytes are not zero", "byte 0");
        if (header[2] != 8)
        {
            throw new BadFileException(name, $"has the IDX type code {header[2]:X2}", "byte 2",
                "Only unsigned bytes (08) are read: convert it");
        }

        int rank = header[3];
        return rank is >= 1 and <= MaximumRank
            ? rank
            : throw Bad(name, $"has {rank} dimensions; 1 to {MaximumRank} make sense", "byte 3");
    }

    private static (int[] Dimensions, long Count) ReadDimensions(ReadOnlySpan<byte> list, string name)
    {
        var dimensions = new int[list.Length / 4];
        var count = 1L;
        for (var n = 0; n < dimensions.Length; n++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(list[(4 * n)..]);
            if (size > Array.MaxLength || (count *= size) > Array.MaxLength)
                throw Bad(name, $"declares more values than fit into memory (dimension {n} is {size:N0})",
                    $"byte {4 + 4 * n}");
            dimensions[n] = (int)size;
        }

        return (dimensions, count);
    }

    private static BadFileException Bad(string name, string problem, string where) =>
        new(name, problem, where, GzipFile.Damaged);
}
