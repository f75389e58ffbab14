using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Xunit;

namespace Figment.Cli.Tests;

/// <summary>Several processes that train one model, as a user starts them.</summary>
public sealed class LaunchTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    [Trait("speed", "slow")]
    public void Launched_ranks_learn_as_one_process_does()
    {
        var alone = CliRun.Process([.. Train("alone", 40)], OneThread);
        var together = CliRun.Process(["launch", "--procs", "2", "--", .. Train("together", 40)], OneThread);
        Assert.True(alone.ExitCode == 0 && together.ExitCode == 0, alone.Error + together.Error);
        AssertSameLosses(Losses("alone"), Losses("together"));
    }

    [Fact]
    public async Task Two_shells_as_the_guide_says()
    {
        var (port, command) = (FreePort(), Train("shells", 40));
        var shells = Enumerable.Range(0, 2).Select(rank => Task.Run(() => CliRun.Process([.. command],
            OneThread, ("RANK", $"{rank}"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", $"{port}"))));
        var ended = await Task.WhenAll(shells);
        Assert.All(ended, run => Assert.True(run.ExitCode == 0, run.Error));
        Assert.NotEmpty(ended[0].Out);
        Assert.Equal("", ended[1].Out);
        Assert.Equal(40, Losses("shells").Length);
    }

    [Fact]
    [Trait("speed", "slow")]
    public void A_killed_rank_ends_the_job_in_time_and_the_run_goes_on()
    {
        using var launcher = Begin(Train("killed", 1_000_000), out var pids);
        var clock = Stopwatch.StartNew();
        Kill("-9", pids[1]);
        var error = launcher.StandardError.ReadToEnd();
        launcher.WaitForExit();
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"{clock.Elapsed}");
        Assert.Equal(137, launcher.ExitCode);
        Assert.Contains("rank 1", error);
        Assert.True(pids.TrueForAll(pid => !Directory.Exists($"/proc/{pid}")), "a rank is left");
        var before = Directory.GetDirectories(Path.Combine(folder.Path, "killed"))[0];
        Assert.NotEmpty(Directory.GetDirectories(Path.Combine(before, "checkpoints")));
        using var resumed = Begin(["resume", "latest", "--runs", Path.Combine(folder.Path, "killed"), "--progress", "json"], out _);
        Kill("-TERM", resumed.Id);
        resumed.StandardOutput.ReadToEnd();
        resumed.WaitForExit();
        Assert.Equal(ExitCode.Terminated, resumed.ExitCode);
    }

    [Fact]
    [Trait("speed", "slow")]
    public void No_rank_outlives_a_killed_launcher()
    {
        using var launcher = Begin(Train("orphans", 1_000_000), out var pids);
        Kill("-9", launcher.Id);
        launcher.WaitForExit();
        var clock = Stopwatch.StartNew();
        while (pids.Exists(IsAlive) && clock.Elapsed < TimeSpan.FromSeconds(10)) Thread.Sleep(50);
        Assert.DoesNotContain(pids, IsAlive);
    }

    [Fact]
    public void Contradictory_variables_are_a_wrong_usage()
    {
        var run = CliRun.Process([.. Train("never", 1)], ("RANK", "2"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "a"), ("MASTER_PORT", "1"));
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("ranks are 0 to 1", run.Error);
    }

    private static (string, string) OneThread => ("OMP_NUM_THREADS", "1");

    private List<string> Train(string runs, int steps) =>
    [
        "train", "vae", "--data", Images(), "--runs", Path.Combine(folder.Path, runs), "--steps", $"{steps}", "--progress", "json",
        "--set", "model.hidden=[16]", "--set", "plan.batch=8", "--set", "plan.metric-interval=1", "--set", "plan.preview-interval=0",
        "--set", "plan.checkpoint-interval=5",
    ];

    // Returns when the first rank has told of some steps.
    private static Process Begin(List<string> command, out List<int> ranks)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "figment"), ["launch", "--procs", "2", "--", .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        var launcher = Process.Start(start)!;
        for (var seen = 0; seen < 20 && launcher.StandardOutput.ReadLine() is { } line;)
            if (line.Contains("\"event\":\"steps\"", StringComparison.Ordinal)) seen++;
        ranks = [.. File.ReadAllText($"/proc/{launcher.Id}/task/{launcher.Id}/children")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture))];
        Assert.Equal(2, ranks.Count);
        return launcher;
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            // A zombie waits for a parent that does not come back, and runs no more.
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void Kill(string signal, int pid)
    {
        using var kill = Process.Start("kill", [signal, $"{pid}"]);
        kill.WaitForExit();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private double[] Losses(string runs)
    {
        var run = Assert.Single(Directory.GetDirectories(Path.Combine(folder.Path, runs)));
        return [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(row => row.GetProperty("kind").GetString() == "train")
            .Select(row => row.GetProperty("values").GetProperty("loss").GetDouble())];
    }

    private static void AssertSameLosses(double[] alone, double[] together)
    {
        Assert.Equal(alone.Length, together.Length);
        for (var i = 0; i < alone.Length; i++)
            Assert.True(Math.Abs(alone[i] - together[i]) <= 1e-5 * Math.Abs(alone[i]), $"step {i + 1}: {together[i]} for {alone[i]}");
    }

    // Forty images of 8x8 as an npy file: version 1.0, bytes, rows first.
    private string Images()
    {
        var path = Path.Combine(folder.Path, "images.npy");
        if (File.Exists(path)) return path;
        var header = "{'descr': '|u1', 'fortran_order': False, 'shape': (40, 8, 8), }".PadRight(117) + "\n";
        using var file = File.Create(path);
        file.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, 0]);
        file.Write(System.Text.Encoding.ASCII.GetBytes(header));
        for (var i = 0; i < 40 * 64; i++) file.WriteByte((byte)(i * 37));
        return path;
    }
}
