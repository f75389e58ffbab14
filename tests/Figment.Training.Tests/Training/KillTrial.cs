using System.Diagnostics;
using Figment.Training.Runs;

namespace Figment.Training.Tests.Training;

/// <summary>A program that trains, and how it is told to start and to go on.</summary>
/// <param name="FileName">The executable.</param>
/// <param name="Train">Arguments that start a run; <c>{runs}</c> stands for the folder of runs.</param>
/// <param name="Resume">Arguments that go on with the newest run of the folder.</param>
internal sealed record TrainingProgram(string FileName, IReadOnlyList<string> Train, IReadOnlyList<string> Resume)
{
    public Process Start(IReadOnlyList<string> arguments, string runs) => Process.Start(new ProcessStartInfo(
        FileName, arguments.Select(a => a.Replace("{runs}", runs, StringComparison.Ordinal)))
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        // Left to itself a run that begins beside a busy process takes fewer threads, and other threads are other bits.
        Environment = { ["FIGMENT_THREADS"] = "2" },
    })!;
}

/// <summary>Kills a training program with SIGKILL at random moments, lets it go on, and compares what it leaves with an
/// unbroken run: tensor files of the newest checkpoint byte by byte, all columns of metrics but times, pictures, and no
/// file that an unbroken run does not have.</summary>
internal sealed class KillTrial(TrainingProgram program, int seed) : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Random random = new(seed);

    public void Dispose() => folder.Dispose();

    /// <summary>Tries <paramref name="points"/> moments; returns how many kills hit a living process.</summary>
    public async Task<int> Run(int points, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var expected = folder["unbroken"];
        await Finish(program.Train, expected, cancellation);
        var duration = clock.Elapsed;
        var hits = 0;
        for (var point = 0; point < points; point++)
        {
            var runs = folder[$"killed-{point}"];
            if (await Kill(program.Train, runs, duration, cancellation))
                hits++;
            // Now and then the resumed process is killed too.
            if (random.Next(3) == 0 && await Kill(NextVerb(runs), runs, duration, cancellation))
                hits++;
            await Finish(NextVerb(runs), runs, cancellation);
            AssertSame(expected, runs);
            Directory.Delete(runs, recursive: true);
        }
        return hits;
    }

    // Killed before the run was made, there is nothing to go on with: it is started again.
    private IReadOnlyList<string> NextVerb(string runs) =>
        new RunCatalog(runs).Ids().Count == 0 ? program.Train : program.Resume;

    private async Task<bool> Kill(
        IReadOnlyList<string> verb, string runs, TimeSpan within, CancellationToken cancellation)
    {
        using var process = program.Start(verb, runs);
        await Task.Delay(within * random.NextDouble(), cancellation);
        var alive = !process.HasExited;
        process.Kill();
        await process.WaitForExitAsync(cancellation);
        return alive;
    }

    private async Task Finish(IReadOnlyList<string> verb, string runs, CancellationToken cancellation)
    {
        using var process = program.Start(verb, runs);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellation),
            process.StandardError.ReadToEndAsync(cancellation));
        await process.WaitForExitAsync(cancellation);
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}\n{await output}\n{await error}");
    }

    private static void AssertSame(string expected, string actual)
    {
        using var a = Only(expected);
        using var b = Only(actual);
        Assert.Equal(RunStatus.Finished, b.Record.Status);
        Assert.Equal(Tensors(a), Tensors(b));
        Assert.Equal(Columns(a), Columns(b));
        Assert.Equal(Files(a), Files(b));
        foreach (var sample in a.Samples())
            Assert.Equal(a.Files.ReadAll($"samples/{sample}", 1 << 26), b.Files.ReadAll($"samples/{sample}", 1 << 26));
    }

    private static RunView Only(string runs)
    {
        Assert.Empty(Directory.EnumerateFileSystemEntries(runs, ".tmp-*"));
        return new RunCatalog(runs).Open(Assert.Single(new RunCatalog(runs).Ids()));
    }

    private static string[] Tensors(RunView run)
    {
        var newest = run.Checkpoints.Newest(out var rejected)!;
        Assert.Empty(rejected);
        return [$"{newest.Manifest.Step}", .. newest.Manifest.Files.Select(f => $"{f.Name} {f.Sha256}")];
    }

    private static string[] Columns(RunView run) =>
        [.. File.ReadLines(Path.Combine(run.FullPath, "metrics.jsonl")).Select(l => l[..l.IndexOf(",\"machine\":")])];

    private static string[] Files(RunView run) =>
    [
        .. Directory.EnumerateFileSystemEntries(run.FullPath, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(run.FullPath, f))
            // The event file's name has the second in which the run began.
            .Select(f => f.StartsWith("events.out.", StringComparison.Ordinal) ? "events" : f)
            .Order(StringComparer.Ordinal),
    ];
}
