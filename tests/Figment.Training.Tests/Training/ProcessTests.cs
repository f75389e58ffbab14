using System.Diagnostics;
using Figment.Training.Runs;

namespace Figment.Training.Tests.Training;

public sealed class ProcessTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Killed_at_random_points_a_run_goes_on_to_the_same_bits()
    {
        using var trial = new KillTrial(Toy(400), seed: 1);
        await trial.Run(3, Stop);
    }

    [Fact]
    [Trait("speed", "slow")]
    public async Task Killed_at_twenty_random_points_a_run_goes_on_to_the_same_bits()
    {
        using var trial = new KillTrial(Toy(400), seed: 2);
        var hits = await trial.Run(20, Stop);
        Assert.True(hits >= 10, $"only {hits} kills hit a living process");
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task The_first_signal_lets_the_run_save_itself(string signal, int exitCode)
    {
        using var process = await StartSlow(5);
        await Send(process, signal);
        await process.WaitForExitAsync(Stop);
        Assert.Equal(exitCode, process.ExitCode);
        using var run = new RunCatalog(folder.FullPath).Open(new RunCatalog(folder.FullPath).Find("latest"));
        Assert.Equal(RunStatus.Stopped, run.Record.Status);
        Assert.True(run.Record.Step > 0);
        Assert.Equal(run.Record.Step, run.Checkpoints.Newest(out _)!.Manifest.Step);
    }

    [Fact]
    public async Task The_second_signal_leaves_at_once()
    {
        using var process = await StartSlow(60_000);
        await Send(process, "INT");
        await Task.Delay(200, Stop);
        Assert.False(process.HasExited);
        await Send(process, "INT");
        var clock = Stopwatch.StartNew();
        await process.WaitForExitAsync(Stop);
        Assert.Equal(130, process.ExitCode);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20));
        using var run = new RunCatalog(folder.FullPath).Open(new RunCatalog(folder.FullPath).Find("latest"));
        Assert.Equal(RunStatus.Interrupted, run.Record.Status);
    }

    private static TrainingProgram Toy(int steps) => new(Environment.ProcessPath!,
        [ToyProgram.Word, "train", "{runs}", $"{steps}"], [ToyProgram.Word, "resume", "{runs}", $"{steps}"]);

    // Returns once the run is in its steps: its first checkpoint is there.
    private async Task<Process> StartSlow(int milliseconds)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!, [ToyProgram.Word, "train", folder.FullPath, "100000"]);
        start.Environment[ToyProgram.SlowVariable] = $"{milliseconds}";
        var process = Process.Start(start)!;
        var catalog = new RunCatalog(folder.FullPath);
        while (catalog.Ids().Count == 0
            || !Directory.Exists(Path.Combine(folder.FullPath, catalog.Find("latest"), "checkpoints", "step-00000000")))
            await Task.Delay(50, Stop);
        await Task.Delay(300, Stop);
        return process;
    }

    private static async Task Send(Process process, string signal) =>
        await Process.Start("kill", [$"-{signal}", $"{process.Id}"]).WaitForExitAsync(Stop);
}
