using Figment.Data.Catalog;
using Figment.Data.Formats;
using Figment.Data.Images;

namespace Figment.Data.Sets;

/// <summary>A card's verified files into images.</summary>
internal static class CardReader
{
    internal static RawSet Read(DataCard card, IReadOnlyDictionary<string, byte[]> files)
    {
        IImageSource Part(DataPart part, Split split, string name) => card.Layout switch
        {
            DataLayout.Cifar => Cifar(card, Contents(part), $"{card.Id}/{name}"),
            DataLayout.JpegTar => JpegTar.Read(card, Contents(part), $"{card.Id}/{name}"),
            DataLayout.PhotoPatches => PhotoPatches.Read(card, part, files[part.Images], $"{card.Id}/{name}"),
            DataLayout.StackedDigits => new StackedDigits($"{card.Id}/{name}",
                Idx(card, part, files, name), part.Examples, split, card.ClassNames),
            DataLayout.EmojiSheet => EmojiSheet.Read(card, files[part.Images], files[part.Labels!],
                $"{card.Id}/{name}"),
            DataLayout.Points => PointSets.Draw(card, split, part.Examples, $"{card.Id}/{name}"),
            _ => Idx(card, part, files, $"{card.Id}/{name}"),
        };
        List<byte[]> Contents(DataPart part) => [.. part.Also.Prepend(part.Images).Select(name => files[name])];
        return new RawSet(card.Id, Part(card.Train, Split.Train, card.Test is null ? "all" : "train"),
            card.Validation is null ? null : Part(card.Validation, Split.Validation, "validation"),
            card.Test is null ? null : Part(card.Test, Split.Test, "test"), card.Ordered, []);
    }

    private static MemoryImages Idx(DataCard card, DataPart part, IReadOnlyDictionary<string, byte[]> files,
        string name)
    {
        var images = IdxArray.Parse(files[part.Images], part.Images);
        var labels = part.Labels is null ? null : IdxArray.Parse(files[part.Labels], part.Labels);
        var pixels = card.StoredAsBits ? Stretched(images.Values.Span) : images.Values;
        // The files of a set that others are composed from have its shape and classes, not the composed ones'.
        var shape = new ImageShape(1, images.Dimensions[1], images.Dimensions[2]);
        return new MemoryImages(name, shape, pixels, labels is null ? null : LabelsOf(labels),
            card.Of is null ? card.ClassNames : null);
    }

    private static MemoryImages Cifar(DataCard card, List<byte[]> files, string name)
    {
        var size = card.Shape.Length;
        var count = files.Sum(records => records.Length / (size + 1));
        var pixels = new byte[count * size];
        var labels = new int[count];
        var n = 0;
        foreach (var records in files)
        {
            for (var at = 0; at + size < records.Length; at += size + 1, n++)
            {
                labels[n] = records[at];
                records.AsSpan(at + 1, size).CopyTo(pixels.AsSpan(n * size));
            }
        }

        return new MemoryImages(name, card.Shape, pixels, labels, card.ClassNames);
    }

    internal static int[] LabelsOf(IdxArray labels)
    {
        var numbers = new int[labels.Values.Length];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = labels.Values.Span[i];
        return numbers;
    }

    private static byte[] Stretched(ReadOnlySpan<byte> bits)
    {
        var bytes = new byte[bits.Length];
        for (var i = 0; i < bits.Length; i++)
            bytes[i] = bits[i] != 0 ? (byte)255 : (byte)0;
        return bytes;
    }
}
