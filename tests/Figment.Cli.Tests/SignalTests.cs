using System.Diagnostics;
using Xunit;

namespace Figment.Cli.Tests;

public class SignalTests
{
    [Theory]
    [InlineData("INT", ExitCode.Interrupted)]
    [InlineData("TERM", ExitCode.Terminated)]
    public void A_signal_saves_the_run_and_a_resume_can_go_on(string signal, int exitCode)
    {
        using var folder = new TemporaryFolder();
        var data = Images(folder);
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "figment"),
            ["train", "vae", "--data", data, "--steps", "1000000", "--runs", Path.Combine(folder.Path, "runs"),
                "--set", "model.hidden=[16]", "--set", "plan.batch=4", "--set", "plan.metric-interval=10", "--progress", "json"])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        while (process.StandardOutput.ReadLine() is { } line && !line.Contains("\"event\":\"steps\"", StringComparison.Ordinal)) { }
        using (var kill = Process.Start("kill", ["-" + signal, $"{process.Id}"])) kill.WaitForExit();
        var rest = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.Equal(exitCode, process.ExitCode);
        Assert.Contains("\"event\":\"ended\"", rest);
        var runs = CliRun.Of("runs", "list", "--runs", Path.Combine(folder.Path, "runs"), "--json");
        Assert.Contains("\"status\": \"stopped\"", runs.Out);
    }

    // Forty images of 8x8 as an npy file: version 1.0, bytes, rows first.
    private static string Images(TemporaryFolder folder)
    {
        var header = "{'descr': '|u1', 'fortran_order': False, 'shape': (40, 8, 8), }".PadRight(117) + "\n";
        var path = Path.Combine(folder.Path, "images.npy");
        using var file = File.Create(path);
        file.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, 0]);
        file.Write(System.Text.Encoding.ASCII.GetBytes(header));
        for (var i = 0; i < 40 * 64; i++) file.WriteByte((byte)(i * 37));
        return path;
    }
}
