using Figment.Data.Images;
using Figment.Data.Sets;

namespace Figment.Data.Tests.Loading;

/// <summary>Sets whose pixels say which example they are.</summary>
internal static class Counting
{
    internal static MemoryImages Set(int count, int side = 2, bool labels = true, int classes = 3)
    {
        var shape = new ImageShape(1, side, side);
        var pixels = new byte[count * shape.Length];
        for (var n = 0; n < count; n++)
            pixels.AsSpan(n * shape.Length, shape.Length).Fill((byte)n);
        return new MemoryImages("counting", shape, pixels,
            labels ? [.. Enumerable.Range(0, count).Select(n => n % classes)] : null);
    }
}
