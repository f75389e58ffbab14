using Figment.Data.Images;

namespace Figment.App;

/// <summary>Writes pictures with their making inside.</summary>
internal static class PictureFile
{
    /// <summary>Writes a picture made with a model.</summary>
    /// <param name="trained">The model.</param>
    /// <param name="path">The PNG file; null puts it into the run's folder of samples.</param>
    /// <param name="kind">What it shows: <c>samples</c>, <c>map</c>.</param>
    /// <param name="picture">The picture.</param>
    /// <param name="images">Images in it.</param>
    /// <param name="own">What it carries beside the model's provenance.</param>
    public static PictureResult Save(TrainedModel trained, string? path, string kind,
        Image picture, int images, Dictionary<string, string> own) => Save(trained, path, kind,
            picture.Encode(ImageFormat.Png), (picture.Width, picture.Height), images, own);

    /// <summary>Writes a picture that is a PNG already.</summary>
    public static PictureResult Save(TrainedModel trained, string? path, string kind, byte[] png,
        (int Width, int Height) size, int images, Dictionary<string, string> own)
    {
        var settings = trained.Provenance(null);
        settings["figment.kind"] = kind;
        foreach (var (name, value) in own) settings[name] = value;
        var full = Path.GetFullPath(path ?? Path.Combine(trained.Folder, "samples", $"{kind}.png"));
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, PngText.Write(png, settings));
        return new PictureResult(full, images, size.Width, size.Height, settings);
    }
}
