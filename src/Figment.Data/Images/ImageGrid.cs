namespace Figment.Data.Images;

/// <summary>Many equal images as one picture: sample grids, reconstruction strips, manifolds.</summary>
public sealed record ImageGrid
{
    /// <summary>Images in a row; 0 makes the grid as square as can be.</summary>
    public int Columns { get; init; }

    /// <summary>Pixels between images and around the grid.</summary>
    public int Padding { get; init; } = 2;

    /// <summary>The shade of the padding, 0 black to 255 white.</summary>
    public byte Background { get; init; }

    /// <summary>Each pixel becomes a block of this many by as many pixels, so that small images can be seen.</summary>
    public int Scale { get; init; } = 1;

    /// <summary>Tiles images in reading order; an incomplete last row is filled with the background.</summary>
    /// <param name="images">(N, C, H, W) bytes; C is 1, 3 or 4.</param>
    /// <param name="shape">The shape of one image.</param>
    /// <exception cref="ArgumentException">The buffer does not hold a whole number of images, or none.</exception>
    public Image Tile(ReadOnlySpan<byte> images, ImageShape shape)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Padding);
        ArgumentOutOfRangeException.ThrowIfNegative(Columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(Scale, 1);
        if (images.IsEmpty || images.Length % shape.Length != 0)
            throw new ArgumentException($"{images.Length} bytes are no whole number of {shape} images.",
                nameof(images));
        var count = images.Length / shape.Length;
        var columns = Math.Min(count, Columns > 0 ? Columns : (int)Math.Ceiling(Math.Sqrt(count)));
        var rows = (count + columns - 1) / columns;
        var (cellWidth, cellHeight) = (shape.Width * Scale + Padding, shape.Height * Scale + Padding);
        var (width, height) = (checked(columns * cellWidth + Padding), checked(rows * cellHeight + Padding));
        var pixels = new byte[checked(width * height * shape.Channels)];
        pixels.AsSpan().Fill(Background);
        if (shape.Channels == 4)
        {
            for (var i = 3; i < pixels.Length; i += 4)
                pixels[i] = 255;
        }

        for (var n = 0; n < count; n++)
        {
            var left = Padding + n % columns * cellWidth;
            var top = Padding + n / columns * cellHeight;
            Place(images.Slice(n * shape.Length, shape.Length), shape, pixels, width, left, top);
        }

        return new Image(width, height, shape.Channels, pixels);
    }

    /// <summary>Tiles images given as numbers in [0, 1]; values outside are cut off, NaN becomes 0.</summary>
    /// <param name="images">(N, C, H, W) numbers.</param>
    /// <param name="shape">The shape of one image.</param>
    public Image Tile(ReadOnlySpan<float> images, ImageShape shape)
    {
        var bytes = new byte[images.Length];
        Loading.PixelConversion.ToBytes(images, bytes);
        return Tile(bytes, shape);
    }

    private void Place(ReadOnlySpan<byte> image, ImageShape shape, byte[] pixels, int width, int left, int top)
    {
        for (var c = 0; c < shape.Channels; c++)
        {
            for (var y = 0; y < shape.Height * Scale; y++)
            {
                var row = image.Slice((c * shape.Height + y / Scale) * shape.Width, shape.Width);
                var at = ((top + y) * width + left) * shape.Channels + c;
                for (var x = 0; x < shape.Width * Scale; x++, at += shape.Channels)
                    pixels[at] = row[x / Scale];
            }
        }
    }
}
