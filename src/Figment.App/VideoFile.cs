using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Figment.Data.Images;

namespace Figment.App;

/// <summary>Writes videos (MP4 with H.264, which every browser plays) by piping frames to the program
/// <c>ffmpeg</c>.</summary>
internal static class VideoFile
{
    public const string Extension = ".mp4";

    private const string Program = "ffmpeg";

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>Writes frames of one size. The file is there when it is whole, and not before.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="frames">At least one; all of one size, 1 or 3 channels. Odd sides get a black line.</param>
    /// <param name="framesPerSecond">1 to 1000.</param>
    /// <param name="settings">What the file carries as its comment, as JSON.</param>
    /// <param name="longest">How long it may take; null for ten minutes.</param>
    /// <param name="folders">Where to look for the program, as in PATH, which null takes.</param>
    /// <param name="cancellation">Ends the program.</param>
    /// <exception cref="FigmentException">The program is not there, fails, or takes too long.</exception>
    public static void Write(string path, IReadOnlyList<Image> frames, int framesPerSecond,
        IReadOnlyDictionary<string, string> settings, TimeSpan? longest = null, string? folders = null,
        CancellationToken cancellation = default)
    {
        if (frames.Count == 0 || frames.Any(frame => frame.Shape != frames[0].Shape) || frames[0].Channels == 4)
            throw new ArgumentException("A video has frames of one size, grey or colour.", nameof(frames));
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var part = Path.Combine(Path.GetDirectoryName(full)!,
            $".{Path.GetFileName(full)}.{Environment.ProcessId}.part");
        var program = Find(folders ?? Environment.GetEnvironmentVariable("PATH") ?? "");
        var patience = longest ?? Longest;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            var (code, errors) = Run(program, Arguments(part, frames[0], framesPerSecond, settings), frames,
                limit.Token);
            cancellation.ThrowIfCancellationRequested();
            if (limit.IsCancellationRequested)
                throw new FigmentException(string.Create(CultureInfo.InvariantCulture,
                    $"{Program} was not ready after {patience.TotalSeconds:0} s, so it was ended"), Otherwise);
            if (code != 0)
                throw new FigmentException($"{Program} made no video: {LastLine(errors, code)}", Otherwise);
            File.Move(part, full, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private const string Otherwise = "end the file in .apng, which needs no other program";

    private static List<string> Arguments(string part, Image frame, int framesPerSecond,
        IReadOnlyDictionary<string, string> settings) =>
    [
        "-nostats", "-hide_banner", "-loglevel", "error", "-y",
        "-f", "rawvideo", "-pixel_format", frame.Channels == 1 ? "gray" : "rgb24",
        "-video_size", string.Create(CultureInfo.InvariantCulture, $"{frame.Width}x{frame.Height}"),
        "-framerate", framesPerSecond.ToString(CultureInfo.InvariantCulture), "-i", "pipe:0",
        // Colours are halved in both directions, so both sides must be even.
        "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264", "-crf", "16", "-pix_fmt", "yuv420p",
        "-metadata", $"comment={JsonSerializer.Serialize(settings)}",
        "-movflags", "+faststart", "-f", "mp4", $"file:{part}",
    ];

    private static (int Code, string Errors) Run(string program, IEnumerable<string> arguments,
        IReadOnlyList<Image> frames, CancellationToken cancellation)
    {
        using var process = Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        });
        using var ending = cancellation.Register(() => End(process));
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var isFed = Feed(process.StandardInput.BaseStream, frames);
        process.WaitForExit();
        return (process.ExitCode == 0 && !isFed ? -1 : process.ExitCode, errors.GetAwaiter().GetResult());
    }

    // False where the program did not want them all: what it then says tells why.
    private static bool Feed(Stream input, IReadOnlyList<Image> frames)
    {
        try
        {
            using (input)
                foreach (var frame in frames) input.Write(frame.Pixels);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new FigmentException($"{start.FileName} cannot be started: {error.Message}", Otherwise);
        }
    }

    private static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            return; // it has ended by itself
        }
    }

    // On the PATH alone: by its bare name a program of the working folder would be taken first.
    private static string Find(string folders) => folders.Split(Path.PathSeparator)
        .Where(Path.IsPathRooted).Select(folder => Path.Combine(folder, Program)).FirstOrDefault(File.Exists)
        ?? throw new FigmentException($"videos are written by the program {Program}, which is not on the PATH",
            $"install it (apt install {Program}; brew install {Program}), or {Otherwise}");

    private static string LastLine(string errors, int code) =>
        errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
        ?? string.Create(CultureInfo.InvariantCulture, $"it ended with code {code} and did not say why");
}
