using System.Formats.Tar;
using System.Text;
using Figment.Data.Formats;
using Xunit;

namespace Figment.Data.Tests.Formats;

public class TarTests
{
    [Fact]
    public void Wanted_files_come_out_and_the_rest_is_passed_over()
    {
        var archive = Catalog.CacheTests.Archive(("a", [1]), ("b", new byte[100_000]), ("c/d", [2, 3]), ("e", [4]));
        var taken = new List<(string, string)>();
        TarEntries.ReadGzip(new MemoryStream(archive), "x.tgz", Wanted(("c/d", 2), ("a", 9)),
            (n, b) => taken.Add((n, Convert.ToHexString(b))));
        Assert.Equal([("a", "01"), ("c/d", "0203")], taken);
    }

    [Fact]
    public void A_leading_dot_is_ignored()
    {
        var names = new List<string>();
        TarEntries.ReadGzip(new MemoryStream(Catalog.CacheTests.Archive(("./usr/x", [1]))), "x", Wanted(("usr/x", 1)),
            (n, _) => names.Add(n));
        Assert.Equal(["usr/x"], names);
    }

    [Fact]
    public void Missing_linked_long_and_damaged_entries_are_told()
    {
        var archive = Catalog.CacheTests.Archive(("a", [1, 2, 3]));
        Assert.Contains("does not contain b, c", Fault(archive, ("c", 1), ("b", 1)), StringComparison.Ordinal);
        Assert.Contains("x.tgz:a: is 3 bytes long; at most 2 are expected", Fault(archive, ("a", 2)),
            StringComparison.Ordinal);
        Assert.Contains("x.tgz", Fault([.. archive[..30], 0xFF, .. archive[31..]], ("a", 3)), StringComparison.Ordinal);
        Assert.NotEmpty(Fault(Encoding.ASCII.GetBytes("this is no archive at all"), ("a", 3)));
        Assert.NotEmpty(Fault(archive[..^20], ("z", 3)));
        Assert.Contains("is a SymbolicLink, not a file", Fault(Linked(), ("a", 3)), StringComparison.Ordinal);
    }

    private static byte[] Linked()
    {
        using var target = new MemoryStream();
        using (var packed = new System.IO.Compression.GZipStream(target,
            System.IO.Compression.CompressionMode.Compress))
        using (var tar = new TarWriter(packed))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "a") { LinkName = "/etc/passwd" });
        return target.ToArray();
    }

    private static string Fault(byte[] archive, params (string, long)[] wanted) => Assert.Throws<BadFileException>(() =>
        TarEntries.ReadGzip(new MemoryStream(archive), "x.tgz", Wanted(wanted), (_, _) => { })).Message;

    private static Dictionary<string, long> Wanted(params (string Name, long Most)[] wanted) =>
        wanted.ToDictionary(pair => pair.Name, pair => pair.Most);
}
