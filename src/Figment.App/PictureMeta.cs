using Figment.Data;
using Figment.Data.Images;

namespace Figment.App;

/// <summary>What a picture made by Figment says of its making.</summary>
/// <param name="Path">The picture.</param>
/// <param name="Texts">Named texts in the file's order: command, seeds, settings, hashes.</param>
public sealed record PictureMeta(string Path, IReadOnlyDictionary<string, string> Texts)
{
    private const long LargestFile = 1L << 30;

    /// <summary>Reads the texts of a PNG file; the picture itself is not decoded.</summary>
    /// <exception cref="BadFileException">The file is no sound PNG.</exception>
    public static PictureMeta Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new FileInfo(path);
        if (!file.Exists) throw new FigmentException($"there is no file {path}", "give the path of a PNG picture");
        if (file.Length > LargestFile)
            throw new FigmentException($"{path} is larger than 1 GiB", "give a picture made by figment");
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, text) in PngText.Read(File.ReadAllBytes(path), path)) texts[name] = text;
        return new PictureMeta(path, texts);
    }
}
