using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Figment.Data.Catalog;
using Figment.Data.Formats;
using Xunit;

namespace Figment.Data.Tests.Catalog;

public sealed class CacheTests : IDisposable
{
    private static readonly byte[] images = Idx([3, 1, 2], [1, 2, 3, 4, 5, 6]);
    private static readonly byte[] labels = Idx([3], [0, 1, 2]);
    private readonly Folder folder = new();

    private DataLocations Places => new(folder["cache"], [folder["data"]], folder["root"]);

    private DataCache Cache(params IPackageClient[] clients) => new(Places, clients, NoNetwork());

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_npm_package_is_fetched_once_and_kept_whole()
    {
        var archive = Archive(("package/x-images", images), ("package/other", new byte[900]),
            ("package/x-labels", labels));
        var npm = new FakeClient("npm", "x-1.0.0.tgz", archive);
        var card = Card(Npm(archive));
        var news = new List<DataProgress>();
        var files = Cache(npm).Load(card, new Listener(news.Add));
        Assert.Equal(images, files["x-images"]);
        Assert.Equal(labels, files["x-labels"]);
        Assert.Equal("x@1.0.0", Assert.Single(npm.Asked));
        Assert.Equal(["cache/x.lock", "cache/x/x-images", "cache/x/x-labels"], folder.Files());
        Assert.Contains(news, one => one.Stage == "fetching: npm pack x@1.0.0");

        var again = Cache(npm).Load(card);
        Assert.Single(npm.Asked);
        Assert.Equal(images, again["x-images"]);
        Assert.Equal(DataPlace.Cache, Cache().Find(card).Place);
    }

    [Fact]
    public void A_damaged_cache_is_noticed_and_replaced()
    {
        var archive = Archive(("package/x-images", images), ("package/x-labels", labels));
        var npm = new FakeClient("npm", "x.tgz", archive);
        var card = Card(Npm(archive));
        Cache(npm).Load(card);
        var kept = folder["cache/x/x-images"];
        var bytes = File.ReadAllBytes(kept);
        bytes[^1] ^= 1;
        File.WriteAllBytes(kept, bytes);
        Assert.Equal(images, Cache(npm).Load(card)["x-images"]);
        Assert.Equal(2, npm.Asked.Count);
        Assert.Equal(images, File.ReadAllBytes(kept));
    }

    [Fact]
    public void A_package_of_other_content_is_refused_and_leaves_nothing()
    {
        var archive = Archive(("package/x-images", images), ("package/x-labels", labels));
        var card = Card(Npm(archive));
        var npm = new FakeClient("npm", "x.tgz", Archive(("package/x-images", images), ("package/x-labels", [1])));
        var error = Assert.Throws<DataUnavailableException>(() => Cache(npm).Load(card));
        Assert.Contains(error.Tried, line => line.StartsWith("npm pack x@1.0.0: ", StringComparison.Ordinal)
            && line.Contains("x.tgz: has the SHA-256", StringComparison.Ordinal));
        Assert.Equal(["cache/x.lock"], folder.Files());
    }

    [Fact]
    public void The_archive_may_be_right_and_a_file_in_it_wrong()
    {
        var archive = Archive(("package/x-images", labels), ("package/x-labels", labels));
        var error = Assert.Throws<DataUnavailableException>(() =>
            Cache(new FakeClient("npm", "x.tgz", archive)).Load(Card(Npm(archive))));
        Assert.Contains("is not the x-images that is expected", error.Message, StringComparison.Ordinal);
        Assert.Equal(["cache/x.lock"], folder.Files());
    }

    [Fact]
    public void Without_network_and_cache_the_error_says_what_was_tried_and_which_package_to_fetch()
    {
        var card = Card(new NpmOrigin("x", "1.0.0", new string('0', 64), Entries()),
            new DebianOrigin("dataset-x", "/usr/share/x", Entries()), Web());
        var error = Assert.Throws<DataUnavailableException>(() => Cache(new FakeClient("npm", "", null)).Load(card));
        Assert.Equal(
            [
                $"cache {folder["cache/x"]}: not there",
                $"FIGMENT_DATA {folder["data"]}: not there",
                "installed Debian package dataset-x: not installed",
                "npm pack x@1.0.0: npm is not installed",
                "apt-get download dataset-x: there is no client apt-get",
                "x.example: x.example could not be reached or broke off: no network",
            ], error.Tried);
        Assert.Contains("npm pack x@1.0.0' and here 'figment data add x x-1.0.0.tgz'", error.Message,
            StringComparison.Ordinal);
        Assert.Contains("apt-get install dataset-x", error.Message, StringComparison.Ordinal);
        Assert.Contains("https://x.example/", error.Message, StringComparison.Ordinal);
        Assert.Contains("FIGMENT_DATA", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_next_origin_serves_where_the_first_fails()
    {
        var archive = Archive(("package/x-images", images), ("package/x-labels", labels));
        var card = Card(new DebianOrigin("dataset-x", "/usr/share/x", Entries()), Npm(archive));
        Assert.Equal(images, Cache(new FakeClient("npm", "x.tgz", archive)).Load(card)["x-images"]);
    }

    [Theory]
    [InlineData("data/x/x-images", "data/x/x-labels")]
    [InlineData("data/x-images.gz", "data/x-labels")]
    public void Copies_on_the_search_path_are_used_in_place(string imagesAt, string labelsAt)
    {
        folder.Write(imagesAt, imagesAt.EndsWith(".gz", StringComparison.Ordinal) ? Gzip(images) : images);
        folder.Write(labelsAt, labels);
        Assert.Equal(images, Cache().Load(Card())["x-images"]);
        Assert.Equal(DataPlace.SearchPath, Cache().Find(Card()).Place);
        Assert.Equal(2, folder.Files().Length);
    }

    [Fact]
    public void A_search_path_that_lacks_a_file_says_which()
    {
        folder.Write("data/x/x-images", images);
        var error = Assert.Throws<DataUnavailableException>(() => Cache().Load(Card()));
        Assert.Contains($"FIGMENT_DATA {folder["data"]}: lacks x-labels", error.Tried);
        Assert.Equal(DataPlace.Missing, Cache().Find(Card()).Place);
    }

    [Fact]
    public void An_installed_package_is_read_where_it_lies()
    {
        folder.Write("root/usr/share/x/x-images.gz", Gzip(images));
        folder.Write("root/usr/share/x/x-labels.gz", Gzip(labels));
        var card = Card(new DebianOrigin("dataset-x", "/usr/share/x", new Dictionary<string, string>
        {
            ["x-images"] = "x-images.gz",
            ["x-labels"] = "x-labels.gz",
        }));
        Assert.Equal(images, Cache().Load(card)["x-images"]);
        Assert.Equal(DataPlace.Installed, Cache().Find(card).Place);
    }

    [Fact]
    public void A_gzip_bomb_under_a_known_name_stops_at_the_expected_size()
    {
        folder.Write("data/x/x-images.gz", Gzip([.. images, .. new byte[50 << 20]]));
        folder.Write("data/x/x-labels", labels);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<DataUnavailableException>(() => Cache().Load(Card()));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        Assert.Contains($"unpacks to more than the expected {images.Length} bytes", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Users_bring_files_folders_and_archives_under_any_name()
    {
        var archive = Archive(("package/x-images", images), ("package/x-labels", labels));
        var card = Card(Npm(archive));
        Assert.Equal(["x-labels"], Cache().Register(card, folder.Write("mine/whatever.bin", images)));
        Assert.Equal([], Cache().Register(card, folder.Write("mine/other.gz", Gzip(labels))));
        Assert.Equal(images, Cache().Load(card)["x-images"]);

        Directory.Delete(folder["cache"], recursive: true);
        Assert.Equal([], Cache().Register(card, folder["mine"]));
        Directory.Delete(folder["cache"], recursive: true);
        Assert.Equal([], Cache().Register(card, folder.Write("a.tgz", archive)));
        Assert.Equal(labels, Cache().Load(card)["x-labels"]);
    }

    [Fact]
    public void A_file_that_is_none_of_the_cards_is_refused_with_the_hashes()
    {
        var error = Assert.Throws<BadFileException>(() => Cache().Register(Card(), folder.Write("no.bin", [1, 2, 3])));
        Assert.Contains("is none of the files of 'x'", error.Message, StringComparison.Ordinal);
        Assert.Contains("039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81", error.Message,
            StringComparison.Ordinal);
        Assert.Contains("x-images", error.Cure, StringComparison.Ordinal);
        Assert.Equal(["no.bin"], folder.Files());
    }

    [Fact]
    public async Task Two_at_once_fetch_once()
    {
        var archive = Archive(("package/x-images", images), ("package/x-labels", labels));
        var card = Card(Npm(archive));
        using var waits = new ManualResetEventSlim();
        // The first holds the lock until the second is seen to wait for it.
        var npm = new FakeClient("npm", "x.tgz", archive) { Before = () => waits.Wait(TimeSpan.FromSeconds(20)) };
        var listener = new Listener(one =>
        {
            if (one.Stage == "waiting for another process that is fetching it")
                waits.Set();
        });
        Task<IReadOnlyDictionary<string, byte[]>> One() => Task.Factory.StartNew(() => Cache(npm).Load(card, listener),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var both = await Task.WhenAll(One(), One());
        Assert.All(both, files => Assert.Equal(images, files["x-images"]));
        Assert.Single(npm.Asked);
        Assert.True(waits.IsSet);
    }

    [Fact]
    public void A_cancelled_fetch_leaves_no_half_file()
    {
        using var cancel = new CancellationTokenSource();
        var archive = Archive(("package/x-images", images), ("package/x-labels", labels));
        var npm = new FakeClient("npm", "x.tgz", archive) { Before = cancel.Cancel };
        Assert.ThrowsAny<OperationCanceledException>(() => Cache(npm).Load(Card(Npm(archive)), null, cancel.Token));
        Assert.Equal(["cache/x.lock"], folder.Files());
    }

    [Fact]
    public void What_a_killed_process_left_is_cleared_away()
    {
        var archive = Archive(("package/x-images", images), ("package/x-labels", labels));
        folder.Write("cache/x/.tmp-0123/x-images", [1]);
        Cache(new FakeClient("npm", "x.tgz", archive)).Load(Card(Npm(archive)));
        Assert.Equal(["cache/x.lock", "cache/x/x-images", "cache/x/x-labels"], folder.Files());
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_told_apart()
    {
        folder.Write("cache", [0]);
        var error = Assert.Throws<DataUnavailableException>(() => Cache().Load(Card(Web())));
        Assert.Contains("set FIGMENT_CACHE", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_that_can_never_be_taken_is_not_waited_for()
    {
        Directory.CreateDirectory(folder["cache"]);
        File.CreateSymbolicLink(folder["cache/x.lock"], folder["cache/x.lock"]);
        var error = Assert.Throws<DataUnavailableException>(() => Cache().Load(Card(Web())));
        Assert.Contains("cannot be written", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_places_follow_the_environment()
    {
        DataLocations Of(params (string, string)[] set) =>
            DataLocations.From(name => set.FirstOrDefault(pair => pair.Item1 == name).Item2, "/home/u");
        Assert.Equal("/home/u/.cache/figment", Of().Cache);
        Assert.Equal("/x/figment", Of(("XDG_CACHE_HOME", "/x")).Cache);
        Assert.Equal("/home/u/.cache/figment", Of(("XDG_CACHE_HOME", "relative")).Cache);
        Assert.Equal("/c", Of(("XDG_CACHE_HOME", "/x"), ("FIGMENT_CACHE", "/c")).Cache);
        Assert.Equal(["/a", "/b c"], Of(("FIGMENT_DATA", "/a:/b c:")).SearchPath);
    }

    internal static byte[] Idx(int[] sizes, byte[] values)
    {
        using var target = new MemoryStream();
        new IdxArray(sizes, values).Write(target);
        return target.ToArray();
    }

    internal static byte[] Gzip(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var packed = new GZipStream(target, CompressionLevel.Optimal))
            packed.Write(bytes);
        return target.ToArray();
    }

    internal static byte[] Archive(params (string Name, byte[] Bytes)[] entries)
    {
        using var target = new MemoryStream();
        using (var packed = new GZipStream(target, CompressionLevel.Fastest))
        using (var tar = new TarWriter(packed, TarEntryFormat.Ustar))
        {
            foreach (var (name, bytes) in entries)
            {
                var entry = new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) };
                tar.WriteEntry(entry);
            }
        }

        return target.ToArray();
    }

    internal static DataCard Card(params DataOrigin[] origins) => new()
    {
        Id = "x",
        Title = "X",
        Description = "A set for tests.",
        Citation = "none",
        Licence = "none",
        HomePage = new("https://x.example/"),
        Shape = new(1, 1, 2),
        ClassNames = ["a", "b", "c"],
        Train = new("x-images", "x-labels"),
        Files = [Known("x-images", images), Known("x-labels", labels)],
        Origins = origins,
    };

    internal static WebOrigin Web(WebForm form = WebForm.Gzip) => new(new Dictionary<string, Uri>
    {
        ["x-images"] = new("https://x.example/images"),
        ["x-labels"] = new("https://x.example/labels"),
    }, form);

    internal static byte[] Images => images;

    internal static byte[] Labels => labels;

    private static NpmOrigin Npm(byte[] archive) =>
        new("x", "1.0.0", Convert.ToHexStringLower(SHA256.HashData(archive)),
        Entries("package/"));

    private static Dictionary<string, string> Entries(string folder = "") =>
        new() { ["x-images"] = folder + "x-images", ["x-labels"] = folder + "x-labels" };

    private static DataFile Known(string name, byte[] bytes) =>
        new(name, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));

    private static HttpDownloader NoNetwork() =>
        new(new FakeServer((_, _) => throw new HttpRequestException("no network")));
}
