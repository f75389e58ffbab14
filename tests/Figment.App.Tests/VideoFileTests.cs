using System.Diagnostics;
using System.Text.Json;
using Figment.Data.Images;
using Xunit;

namespace Figment.App.Tests;

public sealed class VideoFileTests : IDisposable
{
    private readonly Workspace workspace = new();
    private readonly Dictionary<string, string> settings = new() { ["figment.command"] = "figment interpolate -o 'a b.mp4'; rm *" };

    public void Dispose() => workspace.Dispose();

    private string Video => workspace.File("walk.mp4");

    // Twelve frames, each a lighter grey than the one before.
    private static List<Image> Frames(int width, int height, int channels) =>
        [.. Enumerable.Range(0, 12).Select(n => new Image(width, height, channels, [.. Enumerable.Repeat((byte)(20 * n), width * height * channels)]))];

    private string Fake(string script)
    {
        var folder = Directory.CreateDirectory(workspace.File("bin")).FullName;
        var program = Path.Combine(folder, "ffmpeg");
        File.WriteAllText(program, "#!/bin/sh\n" + script);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return folder;
    }

    private string[] Files => [.. Directory.EnumerateFiles(workspace.Path).Select(file => Path.GetFileName(file)).Order()];

    [Fact]
    public void Every_frame_goes_to_the_program_and_its_file_comes_to_the_name()
    {
        var folder = Fake($"""
            for last; do :; done
            printf '%s\n' "$@" > '{workspace.File("arguments")}'
            cat > "$(printf %s "$last" | sed 's/^file://')"
            """);
        VideoFile.Write(Video, Frames(15, 10, 3), 24, settings, folders: folder);
        var sent = File.ReadAllBytes(Video);
        Assert.Equal(12 * 15 * 10 * 3, sent.Length);
        Assert.Equal([0, 20, 220], new[] { sent[0], sent[15 * 10 * 3], sent[^1] });
        var arguments = File.ReadAllLines(workspace.File("arguments"));
        string After(string option) => arguments[Array.IndexOf(arguments, option) + 1];
        Assert.Equal(("rgb24", "15x10", "24", "libx264", "yuv420p"),
            (After("-pixel_format"), After("-video_size"), After("-framerate"), After("-c:v"), After("-pix_fmt")));
        Assert.Equal(settings, JsonSerializer.Deserialize<Dictionary<string, string>>(After("-metadata")["comment=".Length..])!);
        Assert.Equal(["arguments", "walk.mp4"], Files);
    }

    [Fact]
    public void A_program_that_fails_is_quoted_and_leaves_nothing()
    {
        var folder = Fake("echo begin >&2; for last; do :; done; echo x > \"${last#file:}\"; echo \"Unknown encoder 'libx264'\" >&2; exit 3");
        File.WriteAllText(Video, "the old one");
        var failed = Assert.Throws<FigmentException>(() => VideoFile.Write(Video, Frames(400, 400, 3), 24, settings, folders: folder));
        Assert.Contains("ffmpeg made no video: Unknown encoder 'libx264'", failed.Message);
        Assert.Contains(".apng", failed.Message);
        Assert.Equal(["walk.mp4"], Files);
        Assert.Equal("the old one", File.ReadAllText(Video));
    }

    [Fact]
    public void A_program_that_never_ends_is_ended()
    {
        var folder = Fake("for last; do :; done; echo x > \"${last#file:}\"; sleep 600");
        var clock = Stopwatch.StartNew();
        var late = Assert.Throws<FigmentException>(() =>
            VideoFile.Write(Video, Frames(400, 400, 3), 24, settings, longest: TimeSpan.FromSeconds(1), folders: folder));
        Assert.Contains("ffmpeg was not ready after 1 s", late.Message);
        Assert.Empty(Files);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        Assert.ThrowsAny<OperationCanceledException>(() => VideoFile.Write(Video, Frames(400, 400, 3), 24, settings, folders: folder, cancellation: stop.Token));
        Assert.Empty(Files);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
    }

    [Fact]
    public void Without_the_program_it_is_said_how_to_get_it_and_what_needs_none()
    {
        // A program of the working folder is not taken: a name without a folder is looked for on the PATH alone.
        var missing = Assert.Throws<FigmentException>(() => VideoFile.Write(Video, Frames(2, 2, 1), 24, settings, folders: $".::bin:{workspace.Path}"));
        Assert.Contains("not on the PATH", missing.Message);
        Assert.Contains("apt install ffmpeg", missing.Message);
        Assert.Contains(".apng, which needs no other program", missing.Message);
        Assert.Empty(Files);
    }

    [Theory]
    [InlineData(15, 9, 1)]
    [InlineData(16, 10, 3)]
    public void What_the_real_program_writes_can_be_read_again(int width, int height, int channels)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, "ffmpeg")))) Assert.Skip("ffmpeg is not installed: apt install ffmpeg");
        VideoFile.Write(Video, Frames(width, height, channels), 25, settings);
        using var decoder = Process.Start(new ProcessStartInfo("ffmpeg",
            ["-nostdin", "-loglevel", "error", "-i", Video, "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"])
        { RedirectStandardOutput = true })!;
        using var decoded = new MemoryStream();
        decoder.StandardOutput.BaseStream.CopyTo(decoded);
        decoder.WaitForExit();
        var (wide, high) = (width + (width % 2), height + (height % 2));
        var pixels = decoded.ToArray();
        Assert.Equal(12 * wide * high, pixels.Length);
        for (var n = 0; n < 12; n++) Assert.InRange(pixels[n * wide * high], (20 * n) - 8, (20 * n) + 8);
        // The comment is in the file as it is, for who looks for where it came from.
        Assert.Contains("figment interpolate -o", System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(Video)));
    }
}
