using System.IO.Compression;
using Figment.Data.Catalog;
using Figment.Data.Formats;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Native;

namespace Figment.Data.Sets;

/// <summary>
/// Small grey patches cut from photographs at places drawn once: the n-th patch of the k-th photograph (by file name)
/// of a part is always the same window.
/// </summary>
internal static class PhotoPatches
{
    // Where the patches lie. It is part of the protocol: never change it.
    private const ulong PlaceSeed = 20_131_209;
    private const int MostPhotos = 10_000;
    private const long LongestPhoto = 16L << 20;

    internal static MemoryImages Read(DataCard card, DataPart part, byte[] zip, string name)
    {
        MediaLibrary.EnsureLoaded(); // its own message, before threads wrap it
        var photos = Photos(zip, part.Images);
        if (photos.Count == 0)
            throw new BadFileException(part.Images, "holds no photograph image/*.jpg", null, GzipFile.Damaged);
        var (side, each) = (card.Shape.Height, part.Patches);
        var pixels = new byte[checked(photos.Count * each * card.Shape.Length)];
        Parallel.For(0, photos.Count, k =>
        {
            var photo = Image.Decode(photos[k].Jpeg, photos[k].Name, channels: 1);
            if (photo.Width < side || photo.Height < side)
                throw new BadFileException(photos[k].Name, "is smaller than a patch", null, GzipFile.Damaged);
            var place = CounterRandom.For(PlaceSeed, 0, 0, k);
            for (var n = 0; n < each; n++)
            {
                var x = place.Below(2 * (uint)n, photo.Width - side + 1);
                var y = place.Below((2 * (uint)n) + 1, photo.Height - side + 1);
                for (var row = 0; row < side; row++)
                    photo.Pixels.Slice(((y + row) * photo.Width) + x, side)
                        .CopyTo(pixels.AsSpan((((k * each) + n) * side + row) * side));
            }
        });
        return new MemoryImages(name, card.Shape, pixels);
    }

    private static List<(string Name, byte[] Jpeg)> Photos(byte[] zip, string name)
    {
        var photos = new List<(string Name, byte[] Jpeg)>();
        try
        {
            using var archive = new ZipArchive(new MemoryStream(zip), ZipArchiveMode.Read);
            foreach (var entry in archive.Entries.Take(MostPhotos))
            {
                if (!entry.FullName.StartsWith("image/", StringComparison.Ordinal)
                    || !entry.FullName.EndsWith(".jpg", StringComparison.Ordinal))
                    continue;
                if (entry.Length is < 1 or > LongestPhoto)
                    throw new BadFileException(name, $"holds {entry.FullName} of {entry.Length:N0} bytes",
                        null, GzipFile.Damaged);
                var jpeg = new byte[entry.Length];
                using var content = entry.Open();
                content.ReadExactly(jpeg);
                photos.Add((entry.FullName, jpeg));
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new BadFileException(name, "is no readable zip archive", null, GzipFile.Damaged, error);
        }

        photos.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return photos;
    }
}
