using System.IO.Compression;

namespace Figment.Data.Formats;

/// <summary>Gzip unpacked to a known size: inflating stops there, whatever the file would still give.</summary>
internal static class GzipFile
{
    internal const string Damaged = "The file is damaged: fetch it again";

    internal static bool Is(ReadOnlySpan<byte> file) => file.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]);

    /// <summary>Fills a buffer from an inflating stream, or says that the file is cut off or damaged.</summary>
    internal static void Fill(Stream inflated, Span<byte> target, string name, string what)
    {
        var done = Read(inflated, target, name);
        if (done < target.Length)
            throw new BadFileException(name, $"is cut off: {what} needs {target.Length:N0} bytes, the file gives "
                + $"{done:N0}", null, Damaged);
    }

    /// <summary>Reads up to the buffer's length and returns how much there was.</summary>
    internal static int Read(Stream inflated, Span<byte> target, string name)
    {
        try
        {
            return inflated.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException error)
        {
            throw new BadFileException(name, "cannot be unpacked: its compressed data are damaged", null, Damaged,
                error);
        }
    }

    /// <summary>Asserts that nothing follows; reading past the last byte also verifies the checksum.</summary>
    internal static void ExpectEnd(Stream inflated, string name, long expected)
    {
        Span<byte> one = stackalloc byte[1];
        if (Read(inflated, one, name) != 0)
            throw new BadFileException(name, $"unpacks to more than the expected {expected:N0} bytes",
                $"byte {expected}",
                "The file is damaged, or made to exhaust memory: do not use it");
    }

    /// <summary>Unpacks a whole gzip file whose unpacked size is known beforehand.</summary>
    internal static byte[] Unpack(Stream packed, long expected, string name)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(checked((int)expected));
        using var inflated = new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
        Fill(inflated, bytes, name, "its content");
        ExpectEnd(inflated, name, expected);
        return bytes;
    }

    /// <summary>Refuses an unpacked size that the file's own size does not justify.</summary>
    internal static void CheckSize(string name, long unpacked, long packed, FileLimits limits, string cure)
    {
        if (unpacked > packed + limits.UnpackedSlack)
        {
            throw new BadFileException(name,
                $"would unpack from {packed:N0} to {unpacked:N0} bytes; the limit is its own "
                + $"size plus {limits.UnpackedSlack:N0}", null, cure);
        }
    }
}
