using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Figment.Data.Formats;
using Figment.Data.Sets;

namespace Figment.App;

/// <summary>Codes of a data set, as a file.</summary>
public sealed record EncodeRequest
{
    /// <summary>The model.</summary>
    public ModelSource Source { get; init; } = new();

    /// <summary><c>train</c>, <c>validation</c> or <c>test</c>.</summary>
    public string Split { get; init; } = "test";

    /// <summary>Only this many images, evenly spaced over the split; 0 takes all.</summary>
    public int Limit { get; init; }

    /// <summary>The file: <c>.npy</c> (the codes), <c>.npz</c> (<c>codes</c> and <c>labels</c>) or <c>.csv</c> (index
    /// in the split, label, then the code); null writes <c>codes-SPLIT.npy</c> into the run's folder.</summary>
    public string? Out { get; init; }

    /// <summary>Of the binarisation, where the data have one.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>A file of numbers that was written.</summary>
/// <param name="Path">The file.</param>
/// <param name="Rows">Rows, one an image.</param>
/// <param name="Columns">Numbers in a row beside index and label.</param>
public sealed record TableResult(string Path, int Rows, int Columns)
{
    /// <summary>The file in one line.</summary>
    [JsonIgnore]
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Path} ({Rows:N0} x {Columns:N0})");
}

/// <summary>Writes the codes of images.</summary>
public static class Encode
{
    /// <summary>Encodes a split and writes the means of its codes, an image a row, in the split's order.</summary>
    /// <exception cref="FigmentException">The model encodes no images, the split is empty, or the file's kind is
    /// unknown.</exception>
    public static TableResult Run(EncodeRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var split = Splits.Parse(request.Split);
        var kind = Path.GetExtension(request.Out ?? ".npy");
        if (kind is not (".npy" or ".npz" or ".csv"))
            throw new FigmentException($"codes are not written as '{kind}'", "end the file in .npy, .npz or .csv",
                isUsage: true);
        using var trained = TrainedModel.Open(request.Source, progress);
        var space = new LatentSpace(trained, progress, needsEncoder: true);
        var data = trained.Data(progress, cancellation);
        var source = ImageSubset.Spread(data[split], request.Limit);
        if (source.Count == 0)
            throw new FigmentException($"{source.Name} is empty", "choose another --split", isUsage: true);
        progress.Report(new StageBegun($"encoding {source.Count:N0} images of {source.Name}"));
        var codes = space.Encode(source, [.. Enumerable.Range(0, source.Count)], data.Transform.ForEvaluation(),
            request.Seed, cancellation);

        var path = Path.GetFullPath(request.Out ?? Path.Combine(trained.Folder,
            $"codes-{split.ToString().ToLowerInvariant()}.npy"));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        float[] numbers = [.. codes.SelectMany(code => code)];
        if (kind == ".csv")
            WriteCsv(path, source, ImageSubset.Spread(data[split].Count, request.Limit), codes);
        else if (kind == ".npz")
            NpzFile.Write(path,
            [
                new("codes", NpyArray.From<float>(numbers, codes.Length, space.Size)),
                new("labels", NpyArray.From<long>([.. Enumerable.Range(0, source.Count).Select(i =>
                    (long)source.Label(i))], source.Count)),
            ]);
        else
            NpyArray.From<float>(numbers, codes.Length, space.Size).Write(path);
        return new TableResult(path, codes.Length, space.Size);
    }

    private static void WriteCsv(string path, IImageSource source, int[] numbers, float[][] codes)
    {
        using var file = new StreamWriter(path, append: false, new UTF8Encoding(false));
        file.WriteLine($"index,label,{string.Join(',', Enumerable.Range(0, codes[0].Length).Select(j => $"z{j}"))}");
        for (var i = 0; i < codes.Length; i++)
            file.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{numbers[i]},{source.Label(i)},")
                + string.Join(',', codes[i].Select(z => z.ToString("R", CultureInfo.InvariantCulture))));
    }
}
