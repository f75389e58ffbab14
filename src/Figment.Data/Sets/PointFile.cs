using System.Globalization;
using System.Runtime.InteropServices;
using Figment.Data.Images;
using Figment.Data.Loading;

namespace Figment.Data.Sets;

/// <summary>Points of a line or a plane from a text file: one or two numbers a line, apart by commas, semicolons or
/// tabs. A first line of names is left out, and so are empty lines and those that begin with <c>#</c>.</summary>
public static class PointFile
{
    private const long MostBytes = 256L << 20;
    private const int LeastPoints = 10, MostShown = 20;
    private static readonly char[] separators = [',', ';', '\t'];

    /// <summary>Whether a path is taken for such a file: by its ending, <c>.csv</c>.</summary>
    public static bool Is(string path) => Path.GetExtension(path).Equals(".csv", StringComparison.OrdinalIgnoreCase);

    internal static ImageTransform Transform { get; } = new() { AreNumbers = true };

    internal static RawSet Read(string path)
    {
        if (new FileInfo(path).Length is var bytes && bytes > MostBytes)
            throw new BadFileException(path, $"has {bytes:N0} bytes, more than the {MostBytes:N0} that are read", null,
                "Give a part of its points");
        var (numbers, columns, line) = (new List<float>(), 0, 0);
        foreach (var text in File.ReadLines(path))
        {
            line++;
            if (string.IsNullOrWhiteSpace(text) || text.StartsWith('#')) continue;
            var fields = text.Split(separators);
            if (columns == 0)
            {
                columns = fields.Length is 1 or 2 ? fields.Length : throw new BadFileException(path,
                    $"has {fields.Length} columns", $"line {line}", "Points have one or two numbers: keep two columns");
                if (fields.All(field => Number(field) is null)) continue; // names
            }

            if (fields.Length != columns)
                throw new BadFileException(path, $"has {fields.Length} columns here, and {columns} before",
                    $"line {line}", "Give every line as many numbers; a file whose last line is short was cut off");
            foreach (var field in fields) numbers.Add(Finite(field, path, line));
        }

        if (numbers.Count < LeastPoints * Math.Max(1, columns))
            throw new BadFileException(path, $"has {numbers.Count / Math.Max(1, columns)} points", null,
                $"Give at least {LeastPoints}, a line each: some are held back for validation and testing");
        var points = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(numbers)).ToArray();
        return new RawSet(Path.GetFileNameWithoutExtension(path), new MemoryImages(Path.GetFileName(path),
            new ImageShape(1, 1, columns * sizeof(float)), points, null), null, null, Ordered: true, []);
    }

    private static float? Number(string field) =>
        float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static float Finite(string field, string path, int line)
    {
        var shown = field.Trim() is var word && word.Length > MostShown ? $"{word[..MostShown]}..." : word;
        var number = Number(field) ?? throw new BadFileException(path,
            shown.Length == 0 ? "lacks a number" : $"has '{shown}' for a number", $"line {line}",
            "Write numbers as 1.5 or -2e-3, with a decimal point");
        return float.IsFinite(number) ? number : throw new BadFileException(path,
            $"has '{shown}', which is not a finite number", $"line {line}", "Leave such points out");
    }
}
