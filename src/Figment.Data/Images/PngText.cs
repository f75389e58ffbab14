using System.IO.Compression;
using System.Text;

namespace Figment.Data.Images;

/// <summary>
/// Named texts inside a PNG file (iTXt chunks, UTF-8): how a sample grid carries the command, seeds and hashes that
/// made it.
/// </summary>
public static class PngText
{
    private const int MaximumText = 1 << 20;
    private const int MaximumTotal = 16 << 20;
    private static readonly UTF8Encoding utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Puts texts into a PNG file, right after its header; texts of the same names are replaced.</summary>
    /// <param name="png">The file.</param>
    /// <param name="texts">Names (1 to 79 printable Latin letters) and texts (any Unicode but NUL).</param>
    /// <returns>The new file; the picture data are unchanged.</returns>
    /// <exception cref="ArgumentException">A name or text cannot be stored.</exception>
    /// <exception cref="BadFileException">The file is no sound PNG.</exception>
    public static byte[] Write(ReadOnlySpan<byte> png, IEnumerable<KeyValuePair<string, string>> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var wanted = texts.ToList();
        foreach (var (name, text) in wanted)
            CheckPair(name, text);
        var names = wanted.Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        if (names.Count != wanted.Count)
            throw new ArgumentException("A name is given twice.", nameof(texts));
        using var target = new MemoryStream(png.Length + 1024);
        target.Write(PngChunks.Signature);
        foreach (var chunk in PngChunks.List(png, "PNG data"))
        {
            if (chunk.Type is "iTXt" or "tEXt" or "zTXt" && names.Contains(NameOf(chunk.Data(png))))
                continue;
            target.Write(png[chunk.Start..chunk.End]);
            if (chunk.Type != "IHDR")
                continue;
            foreach (var (name, text) in wanted)
                PngChunks.Write(target, "iTXt",
                    [.. Encoding.Latin1.GetBytes(name), 0, 0, 0, 0, 0, .. utf8.GetBytes(text)]);
        }

        return target.ToArray();
    }

    /// <summary>Reads every named text of a PNG file, in the file's order (iTXt, tEXt and zTXt).</summary>
    /// <param name="png">The file.</param>
    /// <param name="name">The name used in errors.</param>
    /// <exception cref="BadFileException">The file or a text is damaged, or a text is over 1 MiB.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Read(ReadOnlySpan<byte> png, string name)
    {
        var found = new List<KeyValuePair<string, string>>();
        var total = 0;
        foreach (var chunk in PngChunks.List(png, name))
        {
            if (chunk.Type is not ("iTXt" or "tEXt" or "zTXt"))
                continue;
            var data = chunk.Data(png);
            var key = NameOf(data);
            if (key.Length is 0 or > 79 || key.Length == data.Length)
                throw Bad(name, "has a text without a proper name", chunk);
            var text = chunk.Type switch
            {
                "tEXt" => Latin(data[(key.Length + 1)..], name, chunk),
                "zTXt" => Encoding.Latin1.GetString(Inflate(data[(key.Length + 1)..], 0, name, chunk)),
                _ => International(data[(key.Length + 1)..], name, chunk),
            };
            total += text.Length;
            if (total > MaximumTotal)
                throw Bad(name, "has more than 16 MiB of texts", chunk);
            found.Add(new(key, text));
        }

        return found;
    }

    private static string International(ReadOnlySpan<byte> data, string name, PngChunk chunk)
    {
        // compressed?, method, language NUL, translated name NUL, text
        var language = data.Length < 2 ? -1 : data[2..].IndexOf((byte)0);
        var translated = language < 0 ? -1 : data[(3 + language)..].IndexOf((byte)0);
        if (translated < 0 || data[0] > 1)
            throw Bad(name, "has a text that is cut off", chunk);
        var text = data[(4 + language + translated)..];
        if (data[0] == 1)
            text = Inflate([data[1], .. text], 0, name, chunk);
        if (text.Length > MaximumText)
            throw Bad(name, "has a text of more than 1 MiB", chunk);
        try
        {
            return utf8.GetString(text);
        }
        catch (DecoderFallbackException error)
        {
            throw new BadFileException(name, "has a text that is not UTF-8", $"byte {chunk.Start}, chunk iTXt",
                PngChunks.Damaged, error);
        }
    }

    private static string Latin(ReadOnlySpan<byte> text, string name, PngChunk chunk) =>
        text.Length > MaximumText
            ? throw Bad(name, "has a text of more than 1 MiB", chunk)
            : Encoding.Latin1.GetString(text);

    private static byte[] Inflate(ReadOnlySpan<byte> data, int method, string name, PngChunk chunk)
    {
        if (data.IsEmpty || data[0] != method)
            throw Bad(name, "has a text in an unknown compression", chunk);
        var text = new byte[MaximumText + 1];
        try
        {
            using var inflated = new ZLibStream(new MemoryStream(data[1..].ToArray()), CompressionMode.Decompress);
            var length = inflated.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
            return length > MaximumText ? throw Bad(name, "has a text of more than 1 MiB", chunk) : text[..length];
        }
        catch (InvalidDataException error)
        {
            throw new BadFileException(name, "has a text that cannot be unpacked",
                $"byte {chunk.Start}, chunk {chunk.Type}", PngChunks.Damaged, error);
        }
    }

    private static string NameOf(ReadOnlySpan<byte> data)
    {
        var end = data.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? data : data[..end]);
    }

    private static void CheckPair(string name, string text)
    {
        if (name.Length is 0 or > 79 || name.Trim() != name
            || name.Any(c => c is < ' ' or (> '~' and < '\u00A1') or > 'ÿ'))
            throw new ArgumentException($"'{name}' cannot name a PNG text: use 1 to 79 printable Latin letters.");
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException($"The text '{name}' contains NUL, which PNG cannot store.");
        if (utf8.GetByteCount(text) > MaximumText)
            throw new ArgumentException($"The text '{name}' is longer than 1 MiB.");
    }

    private static BadFileException Bad(string name, string problem, PngChunk chunk) =>
        new(name, problem, $"byte {chunk.Start}, chunk {chunk.Type}", PngChunks.Damaged);
}
