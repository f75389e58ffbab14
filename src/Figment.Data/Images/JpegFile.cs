using System.Buffers.Binary;

namespace Figment.Data.Images;

/// <summary>
/// Checks a JPEG file's structure from SOI to EOI: every segment length, the declared size, the number of scans (a
/// progressive file repeats the whole picture for each), and that the end is there.
/// </summary>
internal static class JpegFile
{
    private const int MaximumScans = 100;
    internal static ReadOnlySpan<byte> Signature => [0xFF, 0xD8, 0xFF];

    internal static ImageHeader Check(ReadOnlySpan<byte> file, string name, FileLimits limits, out byte[] clean)
    {
        ImageHeader? header = null;
        var orientation = 1;
        var scans = 0;
        using var kept = new MemoryStream(file.Length);
        kept.Write(file[..2]);
        var at = 2;
        while (true)
        {
            var marker = NextMarker(file, name, ref at);
            var start = at - 2;
            if (marker == 0xD9)
            {
                if (scans == 0)
                    throw Bad(name, "ends before any picture data", start);
                kept.Write([0xFF, 0xD9]);
                clean = kept.ToArray();
                return header!.Value with { Orientation = orientation };
            }

            if (marker is 0xD8 or 0x01 or (>= 0xD0 and <= 0xD7))
                throw Bad(name, $"has the marker {marker:X2} out of place", start);
            if (file.Length - at < 2)
                throw CutOff(name, at);
            var length = BinaryPrimitives.ReadUInt16BigEndian(file[at..]);
            if (length < 2)
                throw Bad(name, $"has a segment {marker:X2} of length {length}", start);
            if (length > file.Length - at)
                throw CutOff(name, at);
            var body = file.Slice(at + 2, length - 2);
            var end = at + length;
            if (IsFrame(marker))
            {
                if (header is not null)
                    throw Bad(name, "has a second frame header", start);
                header = ReadFrame(body, name, marker, start, limits);
            }
            else if (marker == 0xDA)
            {
                if (header is null)
                    throw Bad(name, "has picture data before its header", start);
                if (++scans > MaximumScans)
                    throw Bad(name, $"has more than {MaximumScans} scans", start);
                if (body.Length < 1 || body[0] is 0 or > 4 || body.Length != 4 + 2 * body[0])
                    throw Bad(name, "has a scan header of the wrong length", start);
                end = EndOfScan(file, end);
            }
            else if (marker == 0xE1 && body.StartsWith("Exif\0\0"u8))
            {
                orientation = ExifOrientation.Read(body[6..]);
            }

            // Application data and comments go, except what says how colours are coded (JFIF, Adobe).
            if (marker is not ((>= 0xE1 and <= 0xEF and not 0xEE) or 0xFE))
                kept.Write(file[start..end]);
            at = end;
        }
    }

    private static int NextMarker(ReadOnlySpan<byte> file, string name, ref int at)
    {
        if (at >= file.Length)
            throw CutOff(name, at);
        if (file[at] != 0xFF)
            throw Bad(name, $"has the byte {file[at]:X2} where a marker must begin", at);
        while (at < file.Length && file[at] == 0xFF)
            at++;
        if (at >= file.Length)
            throw CutOff(name, at);
        if (file[at] == 0)
            throw Bad(name, "has a stuffed byte outside picture data", at);
        return file[at++];
    }

    // Picture data run to the first marker that is neither a stuffed FF nor a restart.
    private static int EndOfScan(ReadOnlySpan<byte> file, int at)
    {
        while (at < file.Length)
        {
            var next = file[at..].IndexOf((byte)0xFF);
            if (next < 0 || at + next + 1 >= file.Length)
                return file.Length;
            at += next;
            if (file[at + 1] is not (0 or (>= 0xD0 and <= 0xD7) or 0xFF))
                return at;
            at += file[at + 1] == 0xFF ? 1 : 2;
        }

        return file.Length;
    }

    private static ImageHeader ReadFrame(ReadOnlySpan<byte> body, string name, int marker, int start, FileLimits limits)
    {
        if (marker is not (0xC0 or 0xC1 or 0xC2))
        {
            throw new BadFileException(name, $"uses the rare JPEG process {marker:X2} (lossless, hierarchical or "
                + "arithmetic)", $"byte {start}", "Save it as an ordinary JPEG or as PNG");
        }

        if (body.Length < 6 || body.Length != 6 + 3 * body[5])
            throw Bad(name, "has a frame header of the wrong length", start);
        if (body[0] != 8)
            throw new BadFileException(name, $"has {body[0]} bits a sample", $"byte {start}", "Save it with 8 bits");
        var height = BinaryPrimitives.ReadUInt16BigEndian(body[1..]);
        var width = BinaryPrimitives.ReadUInt16BigEndian(body[3..]);
        ImageHeader.CheckSize(name, width, height, $"byte {start}, frame header", limits);
        int components = body[5];
        if (components is not (1 or 3 or 4))
            throw Bad(name, $"has {components} colour components", start);
        for (var n = 0; n < components; n++)
        {
            var sampling = body[7 + 3 * n];
            if (sampling >> 4 is < 1 or > 4 || (sampling & 15) is < 1 or > 4)
                throw Bad(name, $"has the sampling factor {sampling:X2}", start);
        }

        return new ImageHeader(ImageFormat.Jpeg, width, height, components == 1 ? 1 : 3, 8, 1);
    }

    private static bool IsFrame(int marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    private static BadFileException CutOff(string name, int at) =>
        new(name, "is cut off: the end-of-image marker is missing", $"byte {at}", PngChunks.Damaged);

    private static BadFileException Bad(string name, string problem, int at) =>
        new(name, problem, $"byte {at}", PngChunks.Damaged);
}
