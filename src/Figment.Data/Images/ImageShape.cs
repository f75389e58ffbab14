namespace Figment.Data.Images;

/// <summary>The size of one image in planes: channels (1 grey, 3 RGB, 4 RGBA), rows, columns.</summary>
/// <param name="Channels">Planes.</param>
/// <param name="Height">Rows, in pixels.</param>
/// <param name="Width">Columns, in pixels.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Values in one image: channels times height times width.</summary>
    public int Length => checked(Channels * Height * Width);

    /// <summary>Writes the shape as <c>3x64x64</c>.</summary>
    public override string ToString() => $"{Channels}x{Height}x{Width}";
}
