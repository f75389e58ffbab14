using Figment.Data.Catalog;
using Figment.Data.Formats;
using Figment.Data.Images;
using Figment.Data.Native;

namespace Figment.Data.Sets;

/// <summary>Tar archives of JPEG pictures in folders of classes, as one set.</summary>
internal static class JpegTar
{
    private const int LongestPicture = 1 << 20;

    internal static MemoryImages Read(DataCard card, List<byte[]> archives, string name)
    {
        MediaLibrary.EnsureLoaded(); // its own message, before threads wrap it
        var pictures = new List<(string Name, int Label, byte[] Jpeg)>();
        foreach (var archive in archives)
        {
            var here = new List<(string Name, int Label, byte[] Jpeg)>();
            using var tar = new MemoryStream(archive);
            TarEntries.ReadAll(tar, name, LongestPicture, (entry, bytes) =>
            {
                var label = card.ClassNames.ToList().IndexOf(entry.Split('/')[0]);
                if (label >= 0 && entry.EndsWith(".jpg", StringComparison.Ordinal))
                    here.Add((entry, label, bytes));
            });
            // By name, so that the order does not depend on who packed the archive.
            pictures.AddRange(here.OrderBy(picture => picture.Name, StringComparer.Ordinal));
        }

        return MemoryImages.Fill(name, card.Shape, pictures.Count, (i, planes) =>
        {
            var image = Image.Decode(pictures[i].Jpeg, pictures[i].Name, card.Shape.Channels);
            if (image.Shape != card.Shape)
                throw new BadFileException(pictures[i].Name,
                    $"is {image.Shape}, not {card.Shape}", null, GzipFile.Damaged);
            image.CopyPlanes(planes.Span);
        }, [.. pictures.Select(picture => picture.Label)], card.ClassNames, CancellationToken.None);
    }
}
