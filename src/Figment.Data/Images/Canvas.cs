using Figment.Data.Native;

namespace Figment.Data.Images;

/// <summary>A colour.</summary>
/// <param name="R">Red, 0 to 255.</param>
/// <param name="G">Green, 0 to 255.</param>
/// <param name="B">Blue, 0 to 255.</param>
public readonly record struct Rgb(byte R, byte G, byte B);

/// <summary>A white sheet to draw a diagram on: dots, straight lines and text. What lies outside is cut off.</summary>
public sealed class Canvas
{
    private const double LetterHeight = 21; // pixels that a capital of the font has at scale 1
    private readonly byte[] pixels;

    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    public Canvas(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        (Width, Height, pixels) = (width, height, new byte[checked(width * height * 3)]);
        pixels.AsSpan().Fill(255);
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>A dot with a smooth edge.</summary>
    /// <param name="x">Column of its middle.</param>
    /// <param name="y">Row of its middle.</param>
    /// <param name="radius">In pixels.</param>
    /// <param name="colour">Its colour.</param>
    /// <param name="opacity">0 leaves what is below, 1 hides it.</param>
    public void Dot(double x, double y, double radius, Rgb colour, double opacity = 1)
    {
        if (!double.IsFinite(x) || !double.IsFinite(y)) return;
        for (var row = (int)Math.Max(0, y - radius - 1); row <= Math.Min(Height - 1, y + radius + 1); row++)
            for (var column = (int)Math.Max(0, x - radius - 1); column <= Math.Min(Width - 1, x + radius + 1); column++)
            {
                var distance = Math.Sqrt(((column - x) * (column - x)) + ((row - y) * (row - y)));
                Blend(column, row, colour, opacity * Math.Clamp(radius + 0.5 - distance, 0, 1));
            }
    }

    /// <summary>A filled rectangle; of width or height 1 a line.</summary>
    public void Box(int x, int y, int width, int height, Rgb colour)
    {
        for (var row = Math.Max(0, y); row < Math.Min(Height, y + height); row++)
            for (var column = Math.Max(0, x); column < Math.Min(Width, x + width); column++)
                Blend(column, row, colour, 1);
    }

    /// <summary>A line of text.</summary>
    /// <param name="text">Printable ASCII; other letters become question marks.</param>
    /// <param name="x">Where it begins.</param>
    /// <param name="y">Row of its baseline.</param>
    /// <param name="height">Of a capital, in pixels.</param>
    /// <param name="colour">Its colour.</param>
    public unsafe void Text(string text, int x, int y, double height, Rgb colour)
    {
        MediaLibrary.EnsureLoaded();
        var ink = stackalloc byte[] { colour.R, colour.G, colour.B };
        fixed (byte* target = pixels)
            Check(MediaCalls.Text(target, Width, Height, 3, Printable(text), x, y, height / LetterHeight, ink, out _));
    }

    /// <summary>How many columns a line of text takes.</summary>
    /// <inheritdoc cref="Text"/>
    public static unsafe int TextWidth(string text, double height)
    {
        MediaLibrary.EnsureLoaded();
        Check(MediaCalls.Text(null, 0, 0, 3, Printable(text), 0, 0, height / LetterHeight, null, out var width));
        return width;
    }

    /// <summary>What was drawn.</summary>
    public Image ToImage() => new(Width, Height, 3, (byte[])pixels.Clone());

    private static string Printable(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return string.Concat(text.Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));
    }

    private static void Check(int status)
    {
        if (status != 0) throw new InvalidOperationException($"Drawing text failed: {MediaCalls.LastError()}");
    }

    private void Blend(int x, int y, Rgb colour, double opacity)
    {
        var at = ((y * Width) + x) * 3;
        byte Mix(byte below, byte ink) => (byte)Math.Round(below + ((ink - below) * opacity));
        (pixels[at], pixels[at + 1], pixels[at + 2]) =
            (Mix(pixels[at], colour.R), Mix(pixels[at + 1], colour.G), Mix(pixels[at + 2], colour.B));
    }
}
