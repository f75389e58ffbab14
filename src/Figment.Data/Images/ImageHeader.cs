namespace Figment.Data.Images;

/// <summary>The picture formats that are read and written.</summary>
public enum ImageFormat
{
    /// <summary>Portable Network Graphics: without loss, with transparency.</summary>
    Png,

    /// <summary>JPEG: with loss, without transparency.</summary>
    Jpeg,
}

/// <summary>What a picture file declares about itself, before its orientation is applied.</summary>
/// <param name="Format">The format.</param>
/// <param name="Width">Stored columns, in pixels.</param>
/// <param name="Height">Stored rows, in pixels.</param>
/// <param name="Channels">1 grey, 3 RGB or 4 RGBA: what the file decodes to without loss (grey with alpha counts as
/// 4).</param>
/// <param name="BitDepth">Bits a sample in the file: 1, 2, 4, 8 or 16. Decoding gives 8.</param>
/// <param name="Orientation">The EXIF orientation, 1 (as stored) to 8.</param>
public readonly record struct ImageHeader(ImageFormat Format, int Width, int Height, int Channels, int BitDepth,
    int Orientation)
{
    /// <summary>
    /// Reads the header of a PNG or JPEG file after checking the whole file's structure: chunk lengths and checksums,
    /// segment lengths, declared size against the limits, and that the picture data are all there.
    /// </summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">The name used in errors.</param>
    /// <param name="limits">The limits; null for the defaults.</param>
    /// <exception cref="BadFileException">The file is damaged, beyond a limit or of another kind.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> file, string name, FileLimits? limits = null) =>
        Check(file, name, limits ?? FileLimits.Default, out _);

    /// <summary>
    /// Checks a file and gives back a copy with nothing but picture data, so that no decoder of metadata is reached.
    /// </summary>
    internal static ImageHeader Check(ReadOnlySpan<byte> file, string name, FileLimits limits, out byte[] clean)
    {
        if (file.StartsWith(PngChunks.Signature[..4]))
            return PngFile.Check(file, name, limits, out clean);
        if (file.StartsWith(JpegFile.Signature))
            return JpegFile.Check(file, name, limits, out clean);
        throw new BadFileException(name, file.IsEmpty ? "is empty" : $"is not a PNG or JPEG picture{Guess(file)}",
            "byte 0", "Only PNG and JPEG are read: convert the picture to one of them");
    }

    internal static void CheckSize(string name, uint width, uint height, string where, FileLimits limits)
    {
        if (width == 0 || height == 0)
            throw new BadFileException(name, $"declares an empty picture, {width} x {height}", where,
                PngChunks.Damaged);
        if (width > limits.Side || height > limits.Side || (long)width * height > limits.Pixels)
        {
            throw new BadFileException(name, $"declares {width:N0} x {height:N0} pixels; the limit is "
                + $"{limits.Pixels:N0} pixels and {limits.Side:N0} a side", where,
                "Scale the picture down, or raise the limit if you trust it");
        }
    }

    private static string Guess(ReadOnlySpan<byte> file) => file switch
    {
        [0x47, 0x49, 0x46, 0x38, ..] => " but a GIF",
        [0x42, 0x4D, ..] => " but a BMP",
        [0x52, 0x49, 0x46, 0x46, _, _, _, _, 0x57, 0x45, 0x42, 0x50, ..] => " but a WebP",
        [0x49, 0x49, 0x2A, 0x00, ..] or [0x4D, 0x4D, 0x00, 0x2A, ..] => " but a TIFF",
        _ => "",
    };
}
