using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Figment.Data.Catalog;
using Xunit;

namespace Figment.Data.Tests.Catalog;

public sealed class DownloadTests : IDisposable
{
    private static readonly byte[] file = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 31))];
    private static readonly Uri address = new("https://x.example/file");
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_comes_whole_with_progress()
    {
        var news = new List<(long, long)>();
        Fetch(Serve(file), report: (done, total) => news.Add((done, total)));
        Assert.Equal(file, File.ReadAllBytes(folder["part"]));
        Assert.Equal((200_000, 200_000), news[^1]);
    }

    [Fact]
    public void A_broken_transfer_continues_where_it_stopped()
    {
        var server = new FakeServer((_, n) => n == 1 ? Broken(file, 120_000) : Rest(file, 120_000));
        Assert.Contains("broke off", Assert.Throws<FetchException>(() => Fetch(server)).Message,
            StringComparison.Ordinal);
        Assert.Equal(120_000, new FileInfo(folder["part"]).Length);
        Fetch(server);
        Assert.Equal("bytes=120000-", server.Requests[1].Headers.Range!.ToString());
        Assert.Equal(file, File.ReadAllBytes(folder["part"]));
    }

    [Fact]
    public void A_server_that_knows_no_ranges_starts_over()
    {
        folder.Write("part", [9, 9, 9]);
        Fetch(Serve(file));
        Assert.Equal(file, File.ReadAllBytes(folder["part"]));
    }

    [Fact]
    public void A_part_longer_than_the_file_is_thrown_away()
    {
        folder.Write("part", new byte[300_000]);
        var server = new FakeServer((request, _) => request.Headers.Range is null
            ? Whole(file) : new HttpResponseMessage(HttpStatusCode.RequestedRangeNotSatisfiable));
        Fetch(server);
        Assert.Equal(file, File.ReadAllBytes(folder["part"]));
    }

    [Fact]
    public void More_than_is_expected_is_refused_announced_or_not()
    {
        Assert.Contains("offers 200,000 bytes", Assert.Throws<FetchException>(() => Fetch(Serve(file), 1000)).Message,
            StringComparison.Ordinal);
        var silent = new FakeServer((_, _) =>
        {
            var response = Whole(file);
            response.Content.Headers.ContentLength = null;
            return response;
        });
        Assert.Contains("sends more than the 1,000 bytes",
            Assert.Throws<FetchException>(() => Fetch(silent, 1000)).Message,
            StringComparison.Ordinal);
        Assert.InRange(new FileInfo(folder["part"]).Length, 0, 1000);
    }

    [Theory]
    [InlineData("http://x.example/file", "is not an https address")]
    [InlineData("https://elsewhere.example/file", "unexpected host elsewhere.example")]
    [InlineData("file:///etc/passwd", "is not an https address")]
    [InlineData("/loop", "redirects more than 5 times")]
    public void Redirects_lead_only_where_they_may(string to, string why)
    {
        var server = new FakeServer((_, _) => new HttpResponseMessage(HttpStatusCode.Redirect)
        {
            Headers = { Location = new Uri(to, UriKind.RelativeOrAbsolute) },
        });
        Assert.Contains(why, Assert.Throws<FetchException>(() => Fetch(server)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_allowed_redirect_is_followed()
    {
        var server = new FakeServer((request, n) => n == 1
            ? new HttpResponseMessage(HttpStatusCode.Found) { Headers = { Location = new("https://mirror.example/f") } }
            : Whole(file));
        Fetch(server, allowed: ["mirror.example"]);
        Assert.Equal(file, File.ReadAllBytes(folder["part"]));
    }

    [Fact]
    public void A_refusal_is_told()
    {
        var server = new FakeServer((_, _) => new HttpResponseMessage(HttpStatusCode.NotFound));
        Assert.Contains("answered 404", Assert.Throws<FetchException>(() => Fetch(server)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_home_page_fills_the_cache_and_a_wrong_file_does_not_stay()
    {
        var lie = true;
        var server = new FakeServer((request, _) => Whole(CacheTests.Gzip(
            request.RequestUri!.AbsolutePath == "/labels" ? CacheTests.Labels
            : lie ? [.. CacheTests.Images[..^1], 99] : CacheTests.Images)));
        using var downloader = new HttpDownloader(server);
        var cache = new DataCache(new DataLocations(folder["cache"], []), [], downloader);
        var card = CacheTests.Card(CacheTests.Web());
        Assert.Contains("SHA-256", Assert.Throws<DataUnavailableException>(() => cache.Load(card)).Message,
            StringComparison.Ordinal);
        Assert.Equal(["cache/x.lock"], folder.Files());
        lie = false;
        Assert.Equal(CacheTests.Images, cache.Load(card)["x-images"]);
        Assert.Equal(["cache/x.lock", "cache/x/x-images", "cache/x/x-labels"], folder.Files());
    }

    [Fact]
    public void The_text_form_of_the_binarised_digits_becomes_what_was_published()
    {
        var card = CacheTests.Card() with { Shape = new(1, 1, 3) };
        var idx = CacheTests.Idx([2, 1, 3], [0, 1, 1, 1, 0, 0]);
        var wanted = new DataFile("t", idx.Length, "");
        Assert.Equal(idx, FileContent.FromText("0 1 1\n1 0 0\n"u8, "t.amat", card, wanted));
        foreach (var bad in new[] { "0 1 1\n1 0 2\n", "0 1 1 1 0 0\n", "0 1 1\n1 0 0", "" })
            Assert.Throws<BadFileException>(() =>
                FileContent.FromText(Encoding.ASCII.GetBytes(bad), "t", card, wanted));
    }

    private void Fetch(FakeServer server, long limit = 1 << 20, string[]? allowed = null,
        Action<long, long>? report = null)
    {
        using var downloader = new HttpDownloader(server);
        downloader.Fetch(address, folder["part"], limit, allowed ?? [], report, TestContext.Current.CancellationToken);
    }

    private static FakeServer Serve(byte[] bytes) => new((_, _) => Whole(bytes));

    private static HttpResponseMessage Whole(byte[] bytes) => new() { Content = new ByteArrayContent(bytes) };

    private static HttpResponseMessage Broken(byte[] bytes, int after)
    {
        var content = new StreamContent(new MemoryStream(bytes, 0, after));
        content.Headers.ContentLength = bytes.Length;
        return new() { Content = content };
    }

    private static HttpResponseMessage Rest(byte[] bytes, int from)
    {
        var content = new ByteArrayContent(bytes[from..]);
        content.Headers.ContentRange = new ContentRangeHeaderValue(from, bytes.Length - 1, bytes.Length);
        return new(HttpStatusCode.PartialContent) { Content = content };
    }
}
