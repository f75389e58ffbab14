using System.Globalization;
using Figment.Data;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;

namespace Figment.App;

/// <summary>Pictures that a person named, as the model takes them.</summary>
/// <param name="Pixels">(N, C, H, W) in [0, 1].</param>
/// <param name="Count">N</param>
/// <param name="Names">What they are, in words.</param>
internal sealed record ChosenPictures(float[] Pixels, int Count, string Names)
{
    /// <summary>Images of a class that are taken at most, evenly spaced.</summary>
    public const int MostOfAClass = 1000;

    private const string ClassPrefix = "class:";

    /// <summary>The pictures that words name: a test image's number, <c>class:NAME</c> for the test images of a class
    /// (its name or number), or a file.</summary>
    /// <exception cref="FigmentException">A word names nothing.</exception>
    public static ChosenPictures Of(IReadOnlyList<string> words, TrainedModel trained, DataSplits data, ulong seed)
    {
        var pixels = new List<float>();
        foreach (var word in words)
            pixels.AddRange(
                word.StartsWith(ClassPrefix, StringComparison.Ordinal) ? OfClass(word, trained, data, seed)
                : int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                    ? OfSet(data.Test, [Pictures.Check(number, data.Test)], trained, data, seed)
                : File.Exists(word) ? FromFiles([word], trained, data, seed)
                : throw new FigmentException($"'{word}' is neither a test image nor a file",
                    "give a number, class:NAME, or a PNG or JPEG file", isUsage: true));
        return new ChosenPictures([.. pixels], pixels.Count / trained.Shape.Length, string.Join(' ', words));
    }

    /// <summary>Images of a set by number.</summary>
    public static float[] OfSet(IImageSource source, int[] images, TrainedModel trained, DataSplits data, ulong seed)
    {
        var pixels = new float[images.Length * trained.Shape.Length];
        Pictures.Read(() => source.Pick(images, data.Transform.ForEvaluation(), seed).Images, pixels);
        return pixels;
    }

    /// <summary>Pictures of one's own, cropped to the model's proportions, brought to its size and made black and white
    /// where its own data are.</summary>
    /// <exception cref="FigmentException">The model sees numbers, not pictures.</exception>
    public static float[] FromFiles(IReadOnlyList<string> files, TrainedModel trained, DataSplits data, ulong seed)
    {
        var shape = trained.Shape;
        if (data.Transform.IsReal)
            throw new FigmentException($"{trained.Run.Id} sees numbers, not pictures",
                "choose test images by number", isUsage: true);
        var bytes = new byte[files.Count * shape.Length];
        for (var n = 0; n < files.Count; n++)
        {
            var picture = Image.Read(files[n], shape.Channels);
            // The largest part in the middle that has the model's proportions.
            var width = (int)Math.Max(1, Math.Min(picture.Width, (long)picture.Height * shape.Width / shape.Height));
            var height = (int)Math.Max(1, Math.Min(picture.Height, (long)picture.Width * shape.Height / shape.Width));
            picture = picture.Crop((picture.Width - width) / 2, (picture.Height - height) / 2, width, height);
            picture.Resize(shape.Width, shape.Height).CopyPlanes(bytes.AsSpan(n * shape.Length));
        }

        var source = new MemoryImages("own pictures", shape, bytes);
        // A set of black and white has no transform that makes its own pictures so: a threshold does.
        var transform = new ImageTransform
        {
            Binarization = data.BinarizationName == "static" ? Binarization.Threshold : data.Transform.Binarization,
        };
        var own = new float[bytes.Length];
        Pictures.Read(() => source.Pick([.. Enumerable.Range(0, files.Count)], transform, seed).Images, own);
        return own;
    }

    /// <summary>The label that a word names: a class's name or its number.</summary>
    /// <exception cref="FigmentException">The data have no such class.</exception>
    public static int Label(string word, DataSplits data)
    {
        if (!data.Train.HasLabels)
            throw new FigmentException($"{data.Name} has no classes", "choose test images by number", isUsage: true);
        var names = data.ClassNames;
        for (var label = 0; label < names.Count; label++)
            if (names[label].Equals(word, StringComparison.OrdinalIgnoreCase)) return label;
        return int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var known) && known < names.Count
            ? known
            : throw new FigmentException($"{data.Name} has no class '{word}'"
                + (Nearest.To(word, names) is { } near ? $"; did you mean '{near}'?" : ""),
                $"its classes: {string.Join(", ", names.Take(40))}{(names.Count > 40 ? ", ..." : "")}", isUsage: true);
    }

    /// <summary>The numbers of a class's images, evenly spaced where there are more than asked for.</summary>
    public static int[] ImagesOf(int label, IImageSource source, int most)
    {
        int[] all = [.. Enumerable.Range(0, source.Count).Where(i => source.Label(i) == label)];
        return all.Length <= most ? all
            : [.. ImageSubset.Spread(all.Length, most).Select(i => all[i])];
    }

    private static float[] OfClass(string word, TrainedModel trained, DataSplits data, ulong seed)
    {
        var images = ImagesOf(Label(word[ClassPrefix.Length..], data), data.Test, MostOfAClass);
        return images.Length > 0 ? OfSet(data.Test, images, trained, data, seed)
            : throw new FigmentException($"{data.Test.Name} has no image of '{word}'", isUsage: true);
    }
}
