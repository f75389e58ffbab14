using System.Text.Json.Serialization;
using Figment.Data;
using Figment.Data.Images;
using Figment.Data.Sets;

namespace Figment.App;

/// <summary>Which images of a data set to show.</summary>
public sealed record DataPictureRequest
{
    /// <summary>A data set's name, or a path to the user's own data.</summary>
    public required string Set { get; init; }

    /// <summary><c>train</c>, <c>validation</c> or <c>test</c>.</summary>
    public string Split { get; init; } = "train";

    /// <summary>How many, at equal distances over the split.</summary>
    public int Count { get; init; } = 64;

    /// <summary>Height and width that a model would see; 0 keeps the data's own.</summary>
    public int Size { get; init; }

    /// <summary>Each pixel becomes a block of this many by as many.</summary>
    public int Scale { get; init; } = 1;

    /// <summary>The PNG file to write; null writes <c>SET-SPLIT.png</c> here.</summary>
    public string? Out { get; init; }
}

/// <summary>A picture of a data set.</summary>
/// <param name="Path">The file.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Shape">One image, channels first.</param>
/// <param name="Of">Images in the split.</param>
/// <param name="Rule">How the set is cut into parts.</param>
/// <param name="Images">What is shown, in reading order.</param>
public sealed record DataPictureResult(string Path, int Width, int Height, string Shape, int Of, string Rule,
    IReadOnlyList<ShownImage> Images);

/// <summary>One image of a data set.</summary>
/// <param name="Class">Its class's name; null without classes.</param>
/// <param name="Caption">What it shows; null where the set does not say.</param>
public sealed record ShownImage(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Class,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Caption);

/// <summary>Shows what is in a data set, as models get to see it. No libtorch is loaded.</summary>
public static class DataPicture
{
    private const int Most = 10_000;

    /// <summary>Draws some of a set's images as a grid.</summary>
    /// <exception cref="FigmentException">The set has no pictures, or none in that split.</exception>
    /// <exception cref="Figment.Data.Catalog.DataUnavailableException">The set's files could not be had.</exception>
    /// <exception cref="BadFileException">A file cannot be read.</exception>
    public static DataPictureResult Draw(DataPictureRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Count is < 1 or > Most || request.Scale is < 1 or > 64)
            throw new FigmentException($"count is from 1 to {Most:N0} and scale from 1 to 64", isUsage: true);
        var split = Splits.Parse(request.Split);
        var data = DataSets.Open(new DataOptions { Source = request.Set, Size = request.Size }, null,
            new DataProgressEvents(progress), cancellation);
        foreach (var note in data.Notes) progress.Report(new Remark(note));
        if (data.Transform.AreNumbers)
            throw new FigmentException($"{data.Name} are points, not pictures", "see figment lab", isUsage: true);
        var whole = data[split];
        if (whole.Count == 0)
            throw new FigmentException($"{whole.Name} is empty", "choose another --split", isUsage: true);
        var images = ImageSubset.Spread(whole, request.Count);
        var shape = images.Shape;
        var planes = new byte[checked(images.Count * shape.Length)];
        for (var i = 0; i < images.Count; i++) images.Pixels(i).CopyTo(planes.AsSpan(i * shape.Length));
        var picture = new ImageGrid { Scale = request.Scale, Background = 128 }.Tile(planes, shape);
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(data.Name));
        var path = Path.GetFullPath(request.Out ?? $"{name}-{request.Split.ToLowerInvariant()}.png");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, picture.Encode(ImageFormat.Png));
        return new DataPictureResult(path, picture.Width, picture.Height, shape.ToString(), whole.Count, data.Rule,
            [.. Enumerable.Range(0, images.Count).Select(i => new ShownImage(
                images.HasLabels ? images.ClassNames[images.Label(i)] : null, images.Caption(i)))]);
    }
}
