using System.Globalization;
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

    /// <summary>Writes a moving picture: a video where the file ends in <c>.mp4</c>, else an animated PNG.</summary>
    /// <param name="trained">The model.</param>
    /// <param name="path">The file; null puts an animated PNG into the run's folder of samples.</param>
    /// <param name="kind">What it shows.</param>
    /// <param name="frames">Of one size, at least one.</param>
    /// <param name="framesPerSecond">1 to 1000.</param>
    /// <param name="images">Images in it.</param>
    /// <param name="own">What it carries beside the model's provenance.</param>
    /// <param name="cancellation">Stops the writing of a video.</param>
    public static PictureResult SaveMoving(TrainedModel trained, string? path, string kind, IReadOnlyList<Image> frames,
        int framesPerSecond, int images, Dictionary<string, string> own, CancellationToken cancellation)
    {
        own["figment.frames-per-second"] = framesPerSecond.ToString(CultureInfo.InvariantCulture);
        var (width, height) = (frames[0].Width, frames[0].Height);
        if (!HasExtension(path, VideoFile.Extension))
            return Save(trained, path, kind, AnimatedPng.Encode(frames, framesPerSecond), (width, height), images, own);
        var settings = Settings(trained, kind, own);
        var full = Path.GetFullPath(path!);
        VideoFile.Write(full, frames, framesPerSecond, settings, cancellation: cancellation);
        return new PictureResult(full, images, width + (width % 2), height + (height % 2), settings);
    }

    /// <summary>Whether a file's name asks for a moving picture.</summary>
    public static bool IsMoving(string? path) => HasExtension(path, ".apng") || HasExtension(path, VideoFile.Extension);

    private static bool HasExtension(string? path, string extension) =>
        extension.Equals(Path.GetExtension(path), StringComparison.OrdinalIgnoreCase);

    private static PictureResult Save(TrainedModel trained, string? path, string kind, byte[] png,
        (int Width, int Height) size, int images, Dictionary<string, string> own)
    {
        var settings = Settings(trained, kind, own);
        var full = Path.GetFullPath(path ?? Path.Combine(trained.Folder, "samples", $"{kind}.png"));
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, PngText.Write(png, settings));
        return new PictureResult(full, images, size.Width, size.Height, settings);
    }

    private static Dictionary<string, string> Settings(TrainedModel trained, string kind,
        Dictionary<string, string> own)
    {
        var settings = trained.Provenance(null);
        settings["figment.kind"] = kind;
        foreach (var (name, value) in own) settings[name] = value;
        return settings;
    }
}
