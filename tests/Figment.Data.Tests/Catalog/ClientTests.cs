using System.Diagnostics;
using System.Text;
using Figment.Data.Catalog;
using Xunit;

namespace Figment.Data.Tests.Catalog;

public sealed class ClientTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_failing_client_is_quoted_without_its_log_file()
    {
        var error = Assert.Throws<FetchException>(() => Shell("echo 'npm error reason: no such host' >&2; "
            + "echo 'npm error A complete log of this run is in x' >&2; exit 3"));
        Assert.Equal("sh failed with code 3: npm error reason: no such host", error.Message);
        Assert.Equal("sh failed with code 1: no message", Assert.Throws<FetchException>(() => Shell("exit 1")).Message);
    }

    [Fact]
    public void A_missing_client_says_so()
    {
        var error = Assert.Throws<FetchException>(() =>
            ClientProcess.Run("figment-no-such-client", [], folder.Path, CancellationToken.None));
        Assert.Equal("figment-no-such-client is not installed", error.Message);
    }

    [Fact]
    public void Cancelling_ends_the_client_and_its_children()
    {
        using var cancel = new CancellationTokenSource(200);
        var watch = Stopwatch.StartNew();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            ClientProcess.Run("sh", ["-c", "sleep 60; true"], folder.Path, cancel.Token));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public void The_output_is_a_stream_and_need_not_be_read_to_its_end()
    {
        var text = "";
        ClientProcess.Run("sh", ["-c", "printf abc; head -c 300000 /dev/zero; echo noise >&2"], folder.Path, output =>
        {
            var bytes = new byte[3];
            output.ReadExactly(bytes);
            text = Encoding.ASCII.GetString(bytes);
        }, CancellationToken.None);
        Assert.Equal("abc", text);
    }

    [Fact]
    public void A_fault_while_reading_ends_the_client()
    {
        var watch = Stopwatch.StartNew();
        Assert.Throws<BadFileException>(() => ClientProcess.Run("sh", ["-c", "sleep 60; true"], folder.Path,
            _ => throw new BadFileException("x", "is bad", null, "Look"), CancellationToken.None));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public void Exactly_one_archive_is_expected()
    {
        Assert.Equal("npm pack x left 0 files *.tgz",
            Assert.Throws<FetchException>(() => ClientProcess.OnlyFile(folder.Path, "*.tgz", "npm pack x")).Message);
        Assert.Equal(folder.Write("a.tgz", [1]), ClientProcess.OnlyFile(folder.Path, "*.tgz", "npm pack x"));
    }

    private void Shell(string script) => ClientProcess.Run("sh", ["-c", script], folder.Path, CancellationToken.None);
}
