using System.Diagnostics;
using System.Text;
using Figment.Training.Runs;

namespace Figment.Training.Tests.Runs;

public sealed class RunDirectoryTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly RunDirectory run;

    public RunDirectoryTests()
    {
        Directory.CreateDirectory(folder["run/sub"]);
        File.WriteAllText(folder["run/sub/file"], "inside");
        File.WriteAllText(folder["secret"], "outside");
        run = RunDirectory.Open(folder["run"]);
    }

    public void Dispose()
    {
        run.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("sub/../../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("sub//file")]
    [InlineData("./sub/file")]
    [InlineData("sub/file/")]
    [InlineData("sub\\file")]
    [InlineData("sub/fi\0le")]
    public void Paths_that_are_no_plain_names_are_refused(string path)
    {
        Assert.Throws<UnsafePathException>(() => run.Open(path, RunFileMode.Read));
        Assert.Throws<UnsafePathException>(() => run.Open(path, RunFileMode.Append));
        Assert.Throws<UnsafePathException>(() => run.Delete(path));
        Assert.Throws<UnsafePathException>(() => run.Rename("sub/file", path));
        Assert.Throws<UnsafePathException>(() => run.CreateFolder(path));
        Assert.Throws<UnsafePathException>(() => run.List(path));
    }

    [Fact]
    public void A_name_longer_than_any_file_system_takes_is_refused() =>
        Assert.Throws<UnsafePathException>(() => run.Open(new string('x', 256), RunFileMode.Append));

    [Fact]
    public void Links_are_not_followed_in_any_place()
    {
        File.CreateSymbolicLink(folder["run/link"], folder["secret"]);
        File.CreateSymbolicLink(folder["run/inner"], folder["run/sub/file"]);
        Directory.CreateSymbolicLink(folder["run/way"], folder.FullPath);
        Assert.Throws<UnsafePathException>(() => run.Open("link", RunFileMode.Read));
        Assert.Throws<UnsafePathException>(() => run.Open("link", RunFileMode.Append));
        Assert.Throws<UnsafePathException>(() => run.Open("inner", RunFileMode.Read));
        Assert.ThrowsAny<IOException>(() => run.Open("link", RunFileMode.CreateNew));
        Assert.ThrowsAny<IOException>(() => run.Open("way/secret", RunFileMode.Read));
        Assert.ThrowsAny<IOException>(() => run.Rename("sub/file", "way/stolen"));
        Assert.ThrowsAny<IOException>(() => run.CreateFolder("way/new"));
        Assert.Empty(run.List("way"));
        Assert.Equal("outside", File.ReadAllText(folder["secret"]));
    }

    [Fact]
    public void Second_names_and_pipes_are_not_read()
    {
        Process.Start("ln", [folder["secret"], folder["run/hard"]]).WaitForExit();
        Process.Start("mkfifo", [folder["run/pipe"]]).WaitForExit();
        Assert.Throws<UnsafePathException>(() => run.Open("hard", RunFileMode.Read));
        Assert.Throws<UnsafePathException>(() => run.Open("pipe", RunFileMode.Read));
        Assert.ThrowsAny<IOException>(() => run.Open("sub", RunFileMode.Read));
    }

    [Fact]
    public void Deleting_a_folder_removes_links_and_not_what_they_name()
    {
        File.CreateSymbolicLink(folder["run/sub/link"], folder["secret"]);
        Directory.CreateSymbolicLink(folder["run/sub/way"], folder.FullPath);
        Directory.CreateDirectory(folder["run/sub/deep/er"]);
        run.Delete("sub");
        Assert.False(Directory.Exists(folder["run/sub"]));
        Assert.Equal("outside", File.ReadAllText(folder["secret"]));
        run.Delete("sub");
        run.Delete("no/such");
    }

    [Fact]
    public void Files_are_read_made_appended_and_listed()
    {
        Assert.Equal("inside", Encoding.UTF8.GetString(run.ReadAll("sub/file")));
        using (var stream = run.Open("sub/new", RunFileMode.CreateNew))
            stream.Write("abc"u8);
        Assert.ThrowsAny<IOException>(() => run.Open("sub/new", RunFileMode.CreateNew));
        using (var stream = run.Open("sub/new", RunFileMode.Append))
        {
            Assert.Equal(3, stream.Position);
            stream.Write("d"u8);
            run.Sync(stream);
            stream.SetLength(2);
        }
        run.SyncFolder("sub");
        Assert.Equal([new RunEntry("file", false, 6, false), new RunEntry("new", false, 2, false)], run.List("sub"));
        Assert.Equal([new RunEntry("sub", true, 0, false)], run.List(""));
        Assert.Throws<FileNotFoundException>(() => run.Open("none", RunFileMode.Read));
        Assert.Throws<InvalidDataException>(() => run.ReadAll("sub/file", limit: 5));
        Assert.True(run.FreeBytes > 0);
    }

    [Fact]
    public void A_replaced_file_has_all_its_new_bytes_and_leaves_nothing_behind()
    {
        run.Replace("sub/file", "one"u8);
        run.Replace("sub/file", "two!"u8);
        File.WriteAllText(folder["run/sub/.tmp-file"], "left by a crash");
        run.Replace("sub/file", "three"u8);
        Assert.Equal(["file"], run.List("sub").Select(e => e.Name));
        Assert.Equal("three", File.ReadAllText(folder["run/sub/file"]));
    }

    [Fact]
    public void The_folder_may_be_moved_while_it_is_open()
    {
        Directory.Move(folder["run"], folder["moved"]);
        Assert.Equal("inside", Encoding.UTF8.GetString(run.ReadAll("sub/file")));
        Assert.Single(run.List("sub"));
    }

    [Fact]
    public void A_full_disk_is_known_by_its_error()
    {
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.None, 0);
        var error = Assert.ThrowsAny<IOException>(() => full.Write("x"u8));
        Assert.True(DiskFullException.Is(error));
        Assert.False(DiskFullException.Is(new IOException("other")));
    }
}
