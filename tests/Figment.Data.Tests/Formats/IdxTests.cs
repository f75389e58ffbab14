using Figment.Data.Formats;
using Xunit;

namespace Figment.Data.Tests.Formats;

public sealed class IdxTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Plain_and_packed_files_read_the_same()
    {
        byte[] file = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60];
        foreach (var path in new[]
            { folder.Write("a-idx3-ubyte", file), folder.Write("a.gz", Catalog.CacheTests.Gzip(file)) })
        {
            var array = IdxArray.Read(path);
            Assert.Equal([2, 1, 3], array.Dimensions);
            Assert.Equal<byte>([10, 20, 30, 40, 50, 60], array.Values.ToArray());
        }
    }

    [Fact]
    public void What_is_written_is_read()
    {
        using var target = new MemoryStream();
        new IdxArray([3, 2], new byte[] { 1, 2, 3, 4, 5, 6 }).Write(target);
        Assert.Equal<byte>([0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6], target.ToArray());
        Assert.Equal([3, 2], IdxArray.Parse(target.ToArray(), "x").Dimensions);
        Assert.Throws<ArgumentException>(() => new IdxArray([3], new byte[2]).Write(target));
    }

    [Fact]
    public void Plain_values_are_not_copied()
    {
        byte[] file = [0, 0, 8, 1, 0, 0, 0, 2, 1, 2];
        var array = IdxArray.Parse(file, "x");
        file[8] = 99;
        Assert.Equal(99, array.Values.Span[0]);
    }

    [Fact]
    public void Several_gzip_members_are_one_file()
    {
        byte[] packed = [.. Catalog.CacheTests.Gzip([0, 0, 8, 1, 0, 0, 0, 2, 1]), .. Catalog.CacheTests.Gzip([2])];
        Assert.Equal<byte>([1, 2], IdxArray.Parse(packed, "x").Values.ToArray());
    }
}
