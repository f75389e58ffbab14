using Figment.Data.Native;

namespace Figment.Data.Images;

/// <summary>How pixels are computed when a picture changes size.</summary>
public enum Resampling
{
    /// <summary>Mean over the covered area: the choice for making smaller.</summary>
    Area,

    /// <summary>Bilinear.</summary>
    Linear,

    /// <summary>Bicubic: the choice for making larger.</summary>
    Cubic,

    /// <summary>The nearest pixel, for label maps and pixel art.</summary>
    Nearest,
}

/// <summary>
/// A picture in memory: 8 bits a sample, interleaved (row, column, channel), 1 grey, 3 RGB or 4 RGBA channels.
/// </summary>
public sealed class Image
{
    private readonly byte[] pixels;

    /// <summary>Takes a buffer of pixels as a picture; the buffer is not copied.</summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="channels">1, 3 or 4.</param>
    /// <param name="pixels">height * width * channels bytes.</param>
    /// <exception cref="ArgumentException">The buffer's length does not fit the size.</exception>
    public Image(int width, int height, int channels, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentNullException.ThrowIfNull(pixels);
        if (channels is not (1 or 3 or 4))
            throw new ArgumentException($"A picture has 1, 3 or 4 channels, not {channels}.", nameof(channels));
        if (pixels.LongLength != (long)width * height * channels)
        {
            throw new ArgumentException(
                $"{width} x {height} x {channels} needs {(long)width * height * channels} bytes, not {pixels.Length}.",
                nameof(pixels));
        }

        (Width, Height, Channels, this.pixels) = (width, height, channels, pixels);
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>1 grey, 3 RGB, 4 RGBA.</summary>
    public int Channels { get; }

    /// <summary>The shape in planes.</summary>
    public ImageShape Shape => new(Channels, Height, Width);

    /// <summary>The samples: row, column, channel.</summary>
    public ReadOnlySpan<byte> Pixels => pixels;

    /// <summary>Reads a PNG or JPEG file; its EXIF orientation is applied.</summary>
    /// <param name="path">The file.</param>
    /// <param name="channels">Wanted channels (1, 3, 4), or 0 for the file's own. Transparency is laid on
    /// white.</param>
    /// <param name="limits">The limits; null for the defaults.</param>
    /// <exception cref="BadFileException">The file is damaged, beyond a limit or of another kind.</exception>
    public static Image Read(string path, int channels = 0, FileLimits? limits = null) =>
        Decode(FileBytes.Read(path), path, channels, limits);

    /// <summary>Decodes a PNG or JPEG file held in memory; its EXIF orientation is applied.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">The name used in errors.</param>
    /// <param name="channels">Wanted channels (1, 3, 4), or 0 for the file's own. Transparency is laid on
    /// white.</param>
    /// <param name="limits">The limits; null for the defaults.</param>
    /// <exception cref="BadFileException">The file is damaged, beyond a limit or of another kind.</exception>
    /// <exception cref="MediaLibraryMissingException">The bridge to OpenCV is not there.</exception>
    public static unsafe Image Decode(ReadOnlySpan<byte> file, string name, int channels = 0, FileLimits? limits = null)
    {
        if (channels is not (0 or 1 or 3 or 4))
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "Use 0, 1, 3 or 4.");
        var header = ImageHeader.Check(file, name, limits ?? FileLimits.Default, out var clean);
        MediaLibrary.EnsureLoaded();
        var decoded = new byte[(long)header.Width * header.Height * header.Channels];
        fixed (byte* source = clean)
        fixed (byte* target = decoded)
        {
            if (MediaCalls.Decode(source, clean.Length, header.Width, header.Height, header.Channels, target) != 0)
            {
                throw new BadFileException(name, $"cannot be decoded: {MediaCalls.LastError()}", "picture data",
                    PngChunks.Damaged);
            }
        }

        var image = new Image(header.Width, header.Height, header.Channels, decoded).Oriented(header.Orientation);
        return channels == 0 ? image : image.WithChannels(channels);
    }

    /// <summary>Builds a picture from planes (channel, row, column).</summary>
    /// <param name="planes">shape.Length bytes.</param>
    /// <param name="shape">The shape.</param>
    public static Image FromPlanes(ReadOnlySpan<byte> planes, ImageShape shape)
    {
        if (planes.Length != shape.Length)
            throw new ArgumentException($"{shape} needs {shape.Length} bytes, not {planes.Length}.", nameof(planes));
        var area = shape.Height * shape.Width;
        var interleaved = new byte[planes.Length];
        for (var c = 0; c < shape.Channels; c++)
        {
            var plane = planes.Slice(c * area, area);
            for (var i = 0; i < area; i++)
                interleaved[i * shape.Channels + c] = plane[i];
        }

        return new Image(shape.Width, shape.Height, shape.Channels, interleaved);
    }

    /// <summary>Copies the picture as planes (channel, row, column).</summary>
    /// <param name="planes">At least Shape.Length bytes.</param>
    public void CopyPlanes(Span<byte> planes)
    {
        var area = Height * Width;
        for (var c = 0; c < Channels; c++)
        {
            var plane = planes.Slice(c * area, area);
            for (var i = 0; i < area; i++)
                plane[i] = pixels[i * Channels + c];
        }
    }

    /// <summary>Changes the size; each side is scaled on its own.</summary>
    /// <param name="width">New columns, at least 1.</param>
    /// <param name="height">New rows, at least 1.</param>
    /// <param name="method">How; null takes <see cref="Resampling.Area"/> to shrink, <see cref="Resampling.Cubic"/> to
    /// enlarge.</param>
    public unsafe Image Resize(int width, int height, Resampling? method = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (width == Width && height == Height)
            return this;
        MediaLibrary.EnsureLoaded();
        var chosen = method ?? (width <= Width && height <= Height ? Resampling.Area : Resampling.Cubic);
        var resized = new byte[checked(width * height * Channels)];
        fixed (byte* source = pixels)
        fixed (byte* target = resized)
        {
            if (MediaCalls.Resize(source, Width, Height, Channels, target, width, height, (int)chosen) != 0)
                throw new InvalidOperationException($"Resizing failed: {MediaCalls.LastError()}");
        }

        return new Image(width, height, Channels, resized);
    }

    /// <summary>Cuts out a window.</summary>
    /// <param name="x">First column.</param>
    /// <param name="y">First row.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The window leaves the picture.</exception>
    public Image Crop(int x, int y, int width, int height)
    {
        if (x < 0 || y < 0 || width < 1 || height < 1 || (long)x + width > Width || (long)y + height > Height)
        {
            throw new ArgumentOutOfRangeException(nameof(width),
                $"The window {width} x {height} at ({x}, {y}) leaves the picture of {Width} x {Height}.");
        }

        if (width == Width && height == Height)
            return this;
        var cropped = new byte[width * height * Channels];
        for (var row = 0; row < height; row++)
        {
            pixels.AsSpan(((y + row) * Width + x) * Channels, width * Channels)
                .CopyTo(cropped.AsSpan(row * width * Channels));
        }

        return new Image(width, height, Channels, cropped);
    }

    /// <summary>
    /// Changes the channels. Colour becomes grey by 0.299 R + 0.587 G + 0.114 B; transparency is laid on white.
    /// </summary>
    /// <param name="channels">1, 3 or 4.</param>
    public Image WithChannels(int channels) => channels == Channels ? this : ChannelConversion.Convert(this, channels);

    /// <summary>Turns and mirrors the picture as an EXIF orientation (1 to 8) asks for.</summary>
    /// <param name="orientation">1 as stored, 2 mirrored, 3 half turn, 6 a quarter turn clockwise, ...</param>
    public Image Oriented(int orientation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(orientation, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(orientation, 8);
        if (orientation == 1)
            return this;
        var swapped = orientation >= 5;
        var (width, height) = swapped ? (Height, Width) : (Width, Height);
        var turned = new byte[pixels.Length];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (fromX, fromY) = orientation switch
                {
                    2 => (Width - 1 - x, y),
                    3 => (Width - 1 - x, Height - 1 - y),
                    4 => (x, Height - 1 - y),
                    5 => (y, x),
                    6 => (y, Height - 1 - x),
                    7 => (Width - 1 - y, Height - 1 - x),
                    _ => (Width - 1 - y, x),
                };
                pixels.AsSpan((fromY * Width + fromX) * Channels, Channels)
                    .CopyTo(turned.AsSpan((y * width + x) * Channels));
            }
        }

        return new Image(width, height, Channels, turned);
    }

    /// <summary>Encodes the picture.</summary>
    /// <param name="format">PNG keeps every value; JPEG does not, and refuses transparency.</param>
    /// <param name="quality">JPEG quality, 1 to 100.</param>
    public unsafe byte[] Encode(ImageFormat format, int quality = 95)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        MediaLibrary.EnsureLoaded();
        // 6 is zlib's own balance; OpenCV's default of 1 makes grids twice as large.
        var setting = format == ImageFormat.Png ? 6 : quality;
        fixed (byte* source = pixels)
        {
            if (MediaCalls.Encode(source, Width, Height, Channels, (int)format, setting, out var handle, out var data,
                out var length) != 0)
                throw new InvalidOperationException($"Encoding failed: {MediaCalls.LastError()}");
            try
            {
                return new ReadOnlySpan<byte>(data, checked((int)length)).ToArray();
            }
            finally
            {
                MediaCalls.Release(handle);
            }
        }
    }
}
