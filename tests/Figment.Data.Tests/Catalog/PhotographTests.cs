using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Figment.Data.Catalog;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Xunit;

namespace Figment.Data.Tests.Catalog;

public class PhotographTests
{
    [Fact]
    public void Patches_come_from_the_photographs_of_their_own_part()
    {
        RealSets.Files("photo-patches");
        var splits = DataSets.Open(new DataOptions { Source = "photo-patches" });
        Assert.Equal((400_000, 50_000, 50_000), (splits.Train.Count, splits.Validation.Count, splits.Test.Count));
        Assert.Equal(new ImageShape(1, 1, 63), splits.Shape);
        Assert.Equal("dequantised, mean removed", splits.BinarizationName);
        Assert.True(splits.ResearchOnly);
        Assert.Equal("the set's own parts", splits.Rule);

        var zip = RealSets.Files("photo-patches")["test.zip"];
        using var archive = new ZipArchive(new MemoryStream(zip));
        var first = archive.Entries.Where(entry => entry.FullName.StartsWith("image/", StringComparison.Ordinal))
            .OrderBy(entry => entry.FullName, StringComparer.Ordinal).First();
        using var content = first.Open();
        using var copy = new MemoryStream();
        content.CopyTo(copy);
        var photo = Image.Decode(copy.ToArray(), first.FullName, 1);
        for (var n = 0; n < 250; n += 83) Assert.True(Holds(photo, splits.Test.Pixels(n)), $"patch {n} is of the first photograph");
        Assert.False(Holds(photo, splits.Test.Pixels(250)) && Holds(photo, splits.Test.Pixels(251)), "patch 250 is of the next one");
    }

    [Fact]
    public void Patches_lie_at_the_same_places_every_time()
    {
        var files = RealSets.Files("photo-patches");
        var card = DataCatalog.Find("photo-patches")!;
        Assert.Equal(CardReader.Read(card, files).Validation!.ContentHash, CardReader.Read(card, files).Validation!.ContentHash);
    }

    [Theory]
    [InlineData(28, 0, Binarization.None)]
    [InlineData(0, 3, Binarization.None)]
    [InlineData(0, 0, Binarization.Dynamic)]
    public void Patches_are_not_brought_to_another_form(int size, int channels, Binarization binarize) =>
        Assert.Contains("leave out data.size", Assert.Throws<ArgumentException>(() => DataSets.Open(new DataOptions
        {
            Source = "photo-patches",
            Size = size,
            Channels = channels,
            Binarize = binarize,
        })).Message);

    [Fact]
    public void The_jpeg_set_has_its_own_name_and_every_class_alike()
    {
        RealSets.Files("cifar10-jpeg");
        var splits = DataSets.Open(new DataOptions { Source = "cifar10-jpeg", Validation = 5000 });
        Assert.Equal("cifar10-jpeg", splits.Name);
        Assert.Equal((45_000, 5_000, 10_000), (splits.Train.Count, splits.Validation.Count, splits.Test.Count));
        var counts = Enumerable.Range(0, splits.Test.Count).CountBy(splits.Test.Label).ToDictionary();
        Assert.Equal(10, counts.Count);
        Assert.All(counts.Values, count => Assert.Equal(1000, count));

        // The small set holds the first pictures of each class, decoded elsewhere.
        var small = DataSets.Open(new DataOptions { Source = "cifar10-mini" });
        var (mine, theirs) = (splits.Test.Pixels(0).ToArray(), small.Test.Pixels(0).ToArray());
        Assert.Equal(splits.Test.Label(0), small.Test.Label(0));
        Assert.True(mine.Zip(theirs).Average(pair => Math.Abs(pair.First - pair.Second)) < 1);
    }

    [Fact]
    public void The_archive_of_a_home_page_is_recognised_and_its_batches_are_read_in_their_order()
    {
        using var folder = new Folder();
        var real = DataCatalog.Find("cifar10")!;
        var batches = real.Files.Select((file, n) => (file.Name, Bytes: Batch(n))).ToList();
        var path = Path.Combine(folder.Path, "some.tar.gz");
        using (var packed = new GZipStream(File.Create(path), CompressionLevel.Fastest))
        using (var tar = new TarWriter(packed, TarEntryFormat.Ustar))
            foreach (var (name, bytes) in batches)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"cifar-10-batches-bin/{name}") { DataStream = new MemoryStream(bytes) });
        var card = real with
        {
            Files = [.. batches.Select(batch => new DataFile(batch.Name, batch.Bytes.Length, Convert.ToHexStringLower(SHA256.HashData(batch.Bytes))))],
            Origins = [((ArchiveOrigin)real.Origins[0]) with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) }],
        };
        var cache = new DataCache(new DataLocations(Path.Combine(folder.Path, "cache"), []));
        Assert.Empty(cache.Register(card, path, TestContext.Current.CancellationToken));

        var set = CardReader.Read(card, cache.Load(card, cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(10, set.Train.Count);
        Assert.Equal(2, set.Test!.Count);
        Assert.Equal([0, 1, 1, 2, 2, 3, 3, 4, 4, 5], Enumerable.Range(0, 10).Select(set.Train.Label));
        Assert.Equal(4 + 1, set.Train.Pixels(9)[0]);
        Assert.False(set.Ordered);
    }

    // Two records: labels n and n + 1, every pixel the same number as its label.
    private static byte[] Batch(int n)
    {
        var bytes = new byte[2 * 3073];
        bytes.AsSpan(0, 3073).Fill((byte)n);
        bytes.AsSpan(3073).Fill((byte)(n + 1));
        return bytes;
    }

    private static bool Holds(Image photo, ReadOnlySpan<byte> patch)
    {
        for (var y = 0; y + 8 <= photo.Height; y++)
            for (var x = 0; x + 8 <= photo.Width; x++)
            {
                var same = true;
                for (var row = 0; same && row < 8; row++)
                    same = photo.Pixels.Slice(((y + row) * photo.Width) + x, 8).SequenceEqual(patch.Slice(row * 8, 8));
                if (same) return true;
            }

        return false;
    }
}
