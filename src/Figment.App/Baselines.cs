using System.IO.Compression;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;

namespace Figment.App;

/// <summary>What files of everyday formats would need for the same images: figures that a person has a feeling
/// for.</summary>
internal static class Baselines
{
    /// <summary>The code lengths of a part.</summary>
    /// <param name="data">The set, with its transform.</param>
    /// <param name="source">The part.</param>
    /// <param name="seed">Decides the binarisation.</param>
    /// <returns>Names with bits a dimension.</returns>
    public static IReadOnlyList<(string Name, double BitsPerDimension)> Of(DataSplits data,
        IImageSource source, ulong seed)
    {
        var transform = data.Transform.ForEvaluation();
        var shape = transform.OutputShape(source.Shape);
        var isBinary = data.BinarizationName is "static" or "dynamic" or "threshold";
        var bytes = new byte[checked(source.Count * shape.Length)];
        var (scratch, numbers) = (new byte[source.Shape.Length], new float[shape.Length]);
        for (var i = 0; i < source.Count; i++)
        {
            transform.Apply(source.Pixels(i), source.Shape, seed, 0, i, scratch, numbers);
            PixelConversion.ToBytes(numbers, bytes.AsSpan(i * shape.Length));
        }

        double Bits(long files) => 8.0 * files / bytes.Length;
        return
        [
            (isBinary ? "uniform: 1 bit a pixel" : "uniform: 8 bits a value", isBinary ? 1 : 8),
            (isBinary ? "gzip of the whole part, 8 pixels a byte" : "gzip of the whole part",
                Bits(Gzip(isBinary ? Packed(bytes) : bytes))),
            ("PNG, the whole part as one picture",
                Bits(new ImageGrid { Padding = 0 }.Tile(bytes, shape).Encode(ImageFormat.Png).Length)),
            ("PNG, a file for each image", Bits(Enumerable.Range(0, source.Count)
                .Sum(i => (long)Image.FromPlanes(bytes.AsSpan(i * shape.Length, shape.Length), shape)
                    .Encode(ImageFormat.Png).Length))),
        ];
    }

    private static byte[] Packed(byte[] pixels)
    {
        var packed = new byte[(pixels.Length + 7) / 8];
        for (var i = 0; i < pixels.Length; i++)
            if (pixels[i] != 0) packed[i / 8] |= (byte)(128 >> (i % 8));
        return packed;
    }

    private static long Gzip(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var packer = new GZipStream(target, CompressionLevel.SmallestSize, leaveOpen: true)) packer.Write(bytes);
        return target.Length;
    }
}
