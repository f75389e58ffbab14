using System.Buffers.Binary;
using System.IO.Compression;

namespace Figment.Data.Images;

/// <summary>
/// Checks a PNG file down to the last byte of picture data without holding the picture: every chunk, the declared size,
/// and the inflated stream, which is read row by row and never past the size that the header declares.
/// </summary>
internal static class PngFile
{
    // Adam7: the first column and row of each pass, and the steps between its columns and rows.
    private static readonly (int X, int Y, int StepX, int StepY)[] passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    internal static ImageHeader Check(ReadOnlySpan<byte> file, string name, FileLimits limits, out byte[] clean)
    {
        var chunks = PngChunks.List(file, name);
        if (chunks[0].Type != "IHDR" || chunks[0].Length != 13)
            throw Bad(name, "does not begin with a 13-byte IHDR chunk", chunks[0]);
        var header = chunks[0].Data(file);
        var width = BinaryPrimitives.ReadUInt32BigEndian(header);
        var height = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        ImageHeader.CheckSize(name, width, height, "chunk IHDR", limits);
        int depth = header[8], colour = header[9], interlace = header[12];
        if (!IsColour(colour, depth))
            throw Bad(name, $"declares colour type {colour} with {depth} bits, which PNG does not define", chunks[0]);
        if (header[10] != 0 || header[11] != 0 || interlace > 1)
            throw Bad(name, "declares an unknown compression, filter or interlace method", chunks[0]);

        var (palette, transparency, orientation) = CheckOrder(file, name, chunks, colour, depth);
        clean = Rebuild(file, chunks, palette, transparency, depth, out var dataStart, out var dataLength);
        CheckRows(clean, dataStart, dataLength, name, RowsOf((int)width, (int)height, colour, depth, interlace == 1));
        var channels = colour switch
        {
            0 => 1,
            2 => transparency is null ? 3 : 4,
            3 => transparency is null ? 3 : 4,
            _ => 4,
        };
        return new ImageHeader(ImageFormat.Png, (int)width, (int)height, channels, depth, orientation);
    }

    private static (PngChunk? Palette, PngChunk? Transparency, int Orientation) CheckOrder(ReadOnlySpan<byte> file,
        string name, List<PngChunk> chunks, int colour, int depth)
    {
        PngChunk? palette = null, transparency = null;
        var orientation = 1;
        var previous = "";
        var dataSeen = false;
        foreach (var chunk in chunks.Skip(1))
        {
            switch (chunk.Type)
            {
                case "IHDR":
                    throw Bad(name, "has a second header", chunk);
                case "PLTE":
                    if (palette is not null || dataSeen || colour is 0 or 4)
                        throw Bad(name, "has a palette where none may be", chunk);
                    if (chunk.Length == 0 || chunk.Length % 3 != 0
                        || chunk.Length > 3 * (colour == 3 ? 1 << depth : 256))
                        throw Bad(name, $"has a palette of {chunk.Length} bytes", chunk);
                    palette = chunk;
                    break;
                case "tRNS":
                    var right = colour switch
                    {
                        0 => chunk.Length == 2,
                        2 => chunk.Length == 6,
                        3 => palette is { } entries && chunk.Length > 0 && chunk.Length <= entries.Length / 3,
                        _ => false,
                    };
                    if (!right || transparency is not null || dataSeen)
                        throw Bad(name, "has a transparency table that does not fit", chunk);
                    transparency = chunk;
                    break;
                case "IDAT":
                    if (dataSeen && previous != "IDAT")
                        throw Bad(name, "has its picture data in separate places", chunk);
                    if (colour == 3 && palette is null)
                        throw Bad(name, "has no palette", chunk);
                    dataSeen = true;
                    break;
                case "IEND":
                    if (!dataSeen)
                        throw Bad(name, "has no picture data", chunk);
                    break;
                case "eXIf":
                    orientation = ExifOrientation.Read(chunk.Data(file));
                    break;
                default:
                    if (char.IsAsciiLetterUpper(chunk.Type[0]))
                        throw Bad(name, $"needs the unknown critical chunk {chunk.Type}", chunk);
                    break;
            }

            previous = chunk.Type;
        }

        return (palette, transparency, orientation);
    }

    // Header, palette, transparency, one IDAT, IEND. The palette is filled up to the number of colours its indices can
    // name, so that no index points outside it.
    private static byte[] Rebuild(ReadOnlySpan<byte> file, List<PngChunk> chunks, PngChunk? palette,
        PngChunk? transparency, int depth, out int dataStart, out int dataLength)
    {
        var data = chunks.Where(chunk => chunk.Type == "IDAT").ToList();
        dataLength = data.Sum(chunk => chunk.Length);
        using var target = new MemoryStream(dataLength + 1200);
        target.Write(PngChunks.Signature);
        PngChunks.Write(target, "IHDR", chunks[0].Data(file));
        if (palette is { } colours)
        {
            var full = new byte[3 * Math.Max(colours.Length / 3, 1 << Math.Min(depth, 8))];
            colours.Data(file).CopyTo(full);
            PngChunks.Write(target, "PLTE", full);
        }

        if (transparency is { } table)
            PngChunks.Write(target, "tRNS", table.Data(file));
        dataStart = (int)target.Position + 8;
        if (data.Count == 1)
        {
            PngChunks.Write(target, "IDAT", data[0].Data(file));
        }
        else
        {
            var joined = new byte[dataLength];
            var at = 0;
            foreach (var chunk in data)
            {
                chunk.Data(file).CopyTo(joined.AsSpan(at));
                at += chunk.Length;
            }

            PngChunks.Write(target, "IDAT", joined);
        }

        PngChunks.Write(target, "IEND", []);
        return target.ToArray();
    }

    private static List<(int Rows, int Bytes)> RowsOf(int width, int height, int colour, int depth, bool interlaced)
    {
        var samples = colour switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        int RowBytes(int columns) => (int)(((long)columns * samples * depth + 7) / 8);
        if (!interlaced)
            return [(height, RowBytes(width))];
        return [.. passes
            .Select(pass => (Rows: (height - pass.Y + pass.StepY - 1) / pass.StepY,
                Columns: (width - pass.X + pass.StepX - 1) / pass.StepX))
            .Where(pass => pass is { Rows: > 0, Columns: > 0 })
            .Select(pass => (pass.Rows, RowBytes(pass.Columns)))];
    }

    private static void CheckRows(byte[] clean, int start, int length, string name, List<(int Rows, int Bytes)> parts)
    {
        var row = new byte[parts.Max(part => part.Bytes) + 1];
        try
        {
            using var inflated = new ZLibStream(new MemoryStream(clean, start, length), CompressionMode.Decompress);
            var done = 0L;
            foreach (var (rows, bytes) in parts)
            {
                for (var y = 0; y < rows; y++, done++)
                {
                    if (inflated.ReadAtLeast(row.AsSpan(0, bytes + 1), bytes + 1, throwOnEndOfStream: false) <= bytes)
                    {
                        throw new BadFileException(name, $"holds {done:N0} of {parts.Sum(part => (long)part.Rows):N0} "
                            + "rows of picture data", "chunk IDAT", PngChunks.Damaged);
                    }

                    if (row[0] > 4)
                        throw new BadFileException(name, $"uses the unknown row filter {row[0]}",
                            $"chunk IDAT, row {done}", PngChunks.Damaged);
                }
            }

            if (inflated.ReadByte() >= 0)
            {
                throw new BadFileException(name, "holds more picture data than its header declares", "chunk IDAT",
                    "The file is damaged or made to exhaust memory: do not use it");
            }
        }
        catch (InvalidDataException error)
        {
            throw new BadFileException(name, "has picture data that cannot be unpacked", "chunk IDAT",
                PngChunks.Damaged, error);
        }
    }

    private static bool IsColour(int colour, int depth) => colour switch
    {
        0 => depth is 1 or 2 or 4 or 8 or 16,
        3 => depth is 1 or 2 or 4 or 8,
        2 or 4 or 6 => depth is 8 or 16,
        _ => false,
    };

    private static BadFileException Bad(string name, string problem, PngChunk chunk) =>
        new(name, problem, $"byte {chunk.Start}, chunk {chunk.Type}", PngChunks.Damaged);
}
