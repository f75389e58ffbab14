using System.Buffers.Binary;
using System.Text;

namespace Figment.Data.Images;

/// <summary>One chunk of a PNG file: its type, and its data as a slice of the file.</summary>
internal readonly record struct PngChunk(string Type, int Start, int Length)
{
    internal ReadOnlySpan<byte> Data(ReadOnlySpan<byte> file) => file.Slice(Start + 8, Length);

    internal int End => Start + 12 + Length;
}

/// <summary>Walks the chunks of a PNG file, with every length and checksum verified before it is used.</summary>
internal static class PngChunks
{
    internal const string Damaged = "The file is damaged: fetch or export it again";
    internal static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Lists the chunks from IHDR to IEND; what follows IEND is ignored.</summary>
    internal static List<PngChunk> List(ReadOnlySpan<byte> file, string name)
    {
        if (!file.StartsWith(Signature))
            throw new BadFileException(name, "is not a PNG file: the signature is wrong", "byte 0", Damaged);
        var chunks = new List<PngChunk>();
        var at = Signature.Length;
        while (true)
        {
            if (file.Length - at < 12)
                throw new BadFileException(name, "is cut off: the closing IEND chunk is missing", $"byte {at}",
                    Damaged);
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            var letters = file.Slice(at + 4, 4);
            if (!IsType(letters))
                throw new BadFileException(name, "has a chunk whose type is not four letters", $"byte {at + 4}",
                    Damaged);
            var type = Encoding.ASCII.GetString(letters);
            if (length > (uint)(file.Length - at - 12))
            {
                throw new BadFileException(name, $"declares a {type} chunk of {length:N0} bytes where "
                    + $"{file.Length - at - 12:N0} remain", $"byte {at}, chunk {type}", Damaged);
            }

            var size = (int)length;
            var declared = BinaryPrimitives.ReadUInt32BigEndian(file[(at + 8 + size)..]);
            if (Crc32.Of(file.Slice(at + 4, size + 4)) != declared)
                throw new BadFileException(name, "has a wrong checksum", $"byte {at}, chunk {type}", Damaged);
            chunks.Add(new PngChunk(type, at, size));
            if (chunks.Count > 100_000)
                throw new BadFileException(name, "has more than 100,000 chunks", $"byte {at}", Damaged);
            if (type == "IEND")
                return chunks;
            at += 12 + size;
        }
    }

    /// <summary>Writes one chunk with its length and checksum.</summary>
    internal static void Write(Stream target, string type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        Span<byte> letters = stackalloc byte[4];
        Encoding.ASCII.GetBytes(type, letters);
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        target.Write(word);
        target.Write(letters);
        target.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc32.Of(data, Crc32.Of(letters)));
        target.Write(word);
    }

    private static bool IsType(ReadOnlySpan<byte> letters)
    {
        foreach (var letter in letters)
        {
            if (!char.IsAsciiLetter((char)letter))
                return false;
        }

        return true;
    }
}
