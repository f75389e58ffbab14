using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Figment.Data.Tests.Images;

/// <summary>Writes PNG files by the book, and wrong ones on request. Its checksum is computed bit by bit, on its
/// own.</summary>
internal sealed class PngMaker
{
    private readonly List<(string Type, byte[] Data)> chunks = [];

    internal static byte[] Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    internal static PngMaker Of(uint width, uint height, int depth, int colour, int interlace = 0) =>
        new PngMaker().Header(width, height, depth, colour, interlace);

    internal PngMaker Header(uint width, uint height, int depth, int colour, int interlace = 0)
    {
        var data = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(data, width);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(4), height);
        (data[8], data[9], data[12]) = ((byte)depth, (byte)colour, (byte)interlace);
        return Chunk("IHDR", data);
    }

    internal PngMaker Chunk(string type, params byte[] data)
    {
        chunks.Add((type, data));
        return this;
    }

    /// <summary>Rows as they are packed, without their filter bytes; filter 0 is put before each.</summary>
    internal PngMaker Rows(params byte[][] rows) => Raw([.. rows.SelectMany(row => (byte[])[0, .. row])]);

    internal PngMaker Raw(byte[] filtered) => Chunk("IDAT", Deflate(filtered));

    internal byte[] End() => Chunk("IEND").Bytes();

    internal byte[] Bytes()
    {
        using var target = new MemoryStream();
        target.Write(Signature);
        foreach (var (type, data) in chunks)
            target.Write(Encode(type, data));
        return target.ToArray();
    }

    internal static byte[] Encode(string type, byte[] data)
    {
        var bytes = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, data.Length);
        Encoding.Latin1.GetBytes(type, bytes.AsSpan(4));
        data.CopyTo(bytes, 8);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8 + data.Length), Crc(bytes.AsSpan(4, 4 + data.Length)));
        return bytes;
    }

    internal static byte[] Deflate(byte[] data)
    {
        using var target = new MemoryStream();
        using (var packed = new ZLibStream(target, CompressionLevel.Optimal))
            packed.Write(data);
        return target.ToArray();
    }

    /// <summary>Makes every chunk's checksum right again after bytes were changed; stops where lengths make no
    /// sense.</summary>
    internal static void Repair(byte[] file)
    {
        for (var at = 8; at + 12 <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > file.Length - at - 12)
                return;
            var end = at + 8 + (int)length;
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(end), Crc(file.AsSpan(at + 4, 4 + (int)length)));
            at = end + 4;
        }
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }

        return ~crc;
    }
}
