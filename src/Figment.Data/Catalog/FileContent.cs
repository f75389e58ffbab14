using System.Security.Cryptography;
using System.Text;
using Figment.Data.Formats;

namespace Figment.Data.Catalog;

/// <summary>Bytes from any place into a card's file: unpacked, and verified before anyone uses them.</summary>
internal static class FileContent
{
    private const int TextSlack = 1 << 20;

    /// <summary>The most bytes that a packed form of a file may have.</summary>
    internal static long MostPacked(DataFile file, WebForm form) => form switch
    {
        WebForm.Plain => file.Length,
        WebForm.BinaryText => 2 * file.Length + TextSlack,
        _ => file.Length + TextSlack,
    };

    /// <summary>Reads a local copy, plain or gzip, and verifies it.</summary>
    /// <exception cref="BadFileException">The copy is damaged or another file.</exception>
    internal static byte[] Read(string path, DataFile file)
    {
        using var stream = FileBytes.Open(path);
        Span<byte> start = stackalloc byte[2];
        var packed = stream.ReadAtLeast(start, 2, throwOnEndOfStream: false) == 2 && GzipFile.Is(start);
        stream.Position = 0;
        if (packed)
            return Verified(GzipFile.Unpack(stream, file.Length, path), path, file);
        if (stream.Length != file.Length)
        {
            throw new BadFileException(path, $"is {stream.Length:N0} bytes long, but {file.Name} has {file.Length:N0}",
                null,
                GzipFile.Damaged);
        }

        return Verified(FileBytes.Read(path), path, file);
    }

    /// <summary>Unpacks and verifies what came from a package or a home page.</summary>
    internal static byte[] Open(byte[] raw, string name, FileCard card, DataFile file, WebForm form) => form switch
    {
        WebForm.BinaryText when card is DataCard set => Verified(FromText(raw, name, set, file), name, file),
        WebForm.Gzip when GzipFile.Is(raw) =>
            Verified(GzipFile.Unpack(new MemoryStream(raw), file.Length, name), name, file),
        _ => Verified(raw, name, file),
    };

    internal static byte[] Verified(byte[] bytes, string name, DataFile file)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return hash == file.Sha256
            ? bytes
            : throw new BadFileException(name, $"is not the {file.Name} that is expected: its SHA-256 is {hash}, not "
                + file.Sha256, null, "The file is damaged or of another version: fetch it again");
    }

    /// <summary>Turns lines of blank-separated 0 and 1, one image each, into IDX.</summary>
    internal static byte[] FromText(ReadOnlySpan<byte> text, string name, DataCard card, DataFile file)
    {
        var (height, width) = (card.Shape.Height, card.Shape.Width);
        var pixels = new byte[file.Length - 16];
        if (text.Length != 2 * pixels.Length)
        {
            throw new BadFileException(name, $"has {text.Length:N0} bytes of text instead of {2L * pixels.Length:N0}",
                null,
                GzipFile.Damaged);
        }

        for (var i = 0; i < pixels.Length; i++)
        {
            var (digit, blank) = (text[2 * i], text[2 * i + 1]);
            var expected = (i + 1) % (height * width) == 0 ? '\n' : ' ';
            if (digit is not ((byte)'0' or (byte)'1') || blank != expected)
            {
                throw new BadFileException(name, "holds something beside 0, 1, blanks and line ends in their places",
                    $"byte {2 * i}", GzipFile.Damaged);
            }

            pixels[i] = (byte)(digit - '0');
        }

        using var target = new MemoryStream();
        new IdxArray([pixels.Length / (height * width), height, width], pixels).Write(target);
        return target.ToArray();
    }
}
