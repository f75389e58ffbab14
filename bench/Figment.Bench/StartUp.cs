using System.Diagnostics;

namespace Figment.Bench;

/// <summary>
/// `figment sample` from the start of its process to the end: it loads libtorch and a trained VAE 784-400-20, draws one image
/// and writes it. The twin of bench/peers/start_up.py.
/// </summary>
internal static class StartUp
{
    private const int Calls = 5;

    public static Side Sample()
    {
        var program = Path.Combine(BenchCommand.Root(), "src", "Figment.Cli", "bin", "Release", "net10.0", "figment");
        if (!File.Exists(program)) throw new BenchmarkException($"start-up: no {program}; ./figment bench builds it");
        var digits = Loading.IdxFolder();
        var runs = Loading.Folder("runs", folder => Call(program,
            ["train", "vae", "--data", digits, "--steps", "1", "--runs", folder, "--name", "start-up", "--progress", "none"]));
        var picture = Path.Combine(Path.GetTempPath(), $"figment-start-up-{Environment.ProcessId}.png");
        string[] sample = ["sample", "start-up", "-n", "1", "--runs", runs, "-o", picture, "--progress", "none"];
        Call(program, sample);
        var times = Enumerable.Range(0, Calls).Select(_ =>
        {
            var start = Stopwatch.GetTimestamp();
            Call(program, sample);
            return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }).ToList();
        File.Delete(picture);
        return new() { Microseconds = Comparison.Median(times), Steps = Calls };
    }

    private static void Call(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new BenchmarkException($"figment {arguments[0]}: exit code {process.ExitCode}\n{errors}{output.Result}");
    }
}
