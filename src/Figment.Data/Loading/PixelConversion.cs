using System.Numerics;
using System.Runtime.CompilerServices;

namespace Figment.Data.Loading;

/// <summary>Bytes to numbers in [0, 1] and back, many at a time; the result does not depend on how many.</summary>
public static class PixelConversion
{
    // 2^24 levels over 255 shades; 255 times it is 2^24 exactly, which no level reaches.
    private const float LevelsPerShade = (1 << 24) / 255f;

    /// <summary>value / 255, rounded as IEEE division rounds.</summary>
    /// <param name="pixels">Bytes.</param>
    /// <param name="numbers">As many numbers.</param>
    public static void ToUnit(ReadOnlySpan<byte> pixels, Span<float> numbers)
    {
        numbers = numbers[..pixels.Length];
        var at = 0;
        var scale = new Vector<float>(255f);
        for (; at <= pixels.Length - Vector<byte>.Count; at += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(pixels[at..]), out var low, out var high);
            Vector.Widen(low, out var a, out var b);
            Vector.Widen(high, out var c, out var d);
            var target = numbers[at..];
            (Vector.ConvertToSingle(Vector.AsVectorInt32(a)) / scale).CopyTo(target);
            (Vector.ConvertToSingle(Vector.AsVectorInt32(b)) / scale).CopyTo(target[Vector<float>.Count..]);
            (Vector.ConvertToSingle(Vector.AsVectorInt32(c)) / scale).CopyTo(target[(2 * Vector<float>.Count)..]);
            (Vector.ConvertToSingle(Vector.AsVectorInt32(d)) / scale).CopyTo(target[(3 * Vector<float>.Count)..]);
        }

        for (; at < pixels.Length; at++)
            numbers[at] = pixels[at] / 255f;
    }

    /// <summary>1 where the pixel is at least half of white (128 of 255), 0 elsewhere.</summary>
    /// <param name="pixels">Bytes.</param>
    /// <param name="numbers">As many numbers.</param>
    public static void ToBinary(ReadOnlySpan<byte> pixels, Span<float> numbers)
    {
        numbers = numbers[..pixels.Length];
        for (var i = 0; i < pixels.Length; i++)
            numbers[i] = pixels[i] >> 7;
    }

    /// <summary>
    /// 1 with probability pixel / 255, 0 otherwise: pixel i is compared with the i-th uniform number of the stream, so
    /// 0 and 255 are certain.
    /// </summary>
    /// <param name="pixels">Bytes.</param>
    /// <param name="random">The stream of this example in this epoch.</param>
    /// <param name="numbers">As many numbers.</param>
    public static void Sample(ReadOnlySpan<byte> pixels, CounterRandom random, Span<float> numbers)
    {
        numbers = numbers[..pixels.Length];
        var at = 0;
        var scale = new Vector<float>(LevelsPerShade);
        for (; at <= pixels.Length - Vector<byte>.Count; at += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(pixels[at..]), out var low, out var high);
            Vector.Widen(low, out var a, out var b);
            Vector.Widen(high, out var c, out var d);
            var target = numbers[at..];
            Hits(a, random, at, scale).CopyTo(target);
            Hits(b, random, at + Vector<float>.Count, scale).CopyTo(target[Vector<float>.Count..]);
            Hits(c, random, at + 2 * Vector<float>.Count, scale).CopyTo(target[(2 * Vector<float>.Count)..]);
            Hits(d, random, at + 3 * Vector<float>.Count, scale).CopyTo(target[(3 * Vector<float>.Count)..]);
        }

        for (; at < pixels.Length; at++)
            numbers[at] = random.Level((uint)at) < pixels[at] * LevelsPerShade ? 1f : 0f;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Hits(Vector<uint> pixels, CounterRandom random, int at, Vector<float> scale)
    {
        var level = Vector.ConvertToSingle(Vector.AsVectorInt32(random.LevelVector((uint)at)));
        var threshold = Vector.ConvertToSingle(Vector.AsVectorInt32(pixels)) * scale;
        return Vector.ConditionalSelect(Vector.LessThan(level, threshold), Vector<float>.One, Vector<float>.Zero);
    }

    /// <summary>Numbers in [0, 1] to the nearest byte; values outside are cut off, NaN becomes 0.</summary>
    /// <param name="numbers">Numbers.</param>
    /// <param name="pixels">As many bytes.</param>
    public static void ToBytes(ReadOnlySpan<float> numbers, Span<byte> pixels)
    {
        for (var i = 0; i < numbers.Length; i++)
            pixels[i] = numbers[i] > 0 ? (byte)(Math.Min(numbers[i], 1f) * 255f + 0.5f) : (byte)0;
    }
}
