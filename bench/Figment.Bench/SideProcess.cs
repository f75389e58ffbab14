using System.Diagnostics;

namespace Figment.Bench;

/// <summary>Runs one side in a process of its own, with the settings of that side alone.</summary>
internal static class SideProcess
{
    private static readonly string[] Settings =
        ["OPENBLAS_", "OMP_", "GOMP_", "KMP_", "MKL_", "MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD", "LD_LIBRARY_PATH",
            "FIGMENT_THREADS", "FIGMENT_BLAS", "FIGMENT_TUNING"];

    public static Side Figment(string root, Benchmark benchmark, params string[] options) =>
        Run(root, Environment.ProcessPath!, ["side", benchmark.Name, .. options], EnvironmentOf(benchmark));

    public static Side Of(Peer peer, string root, Benchmark benchmark, params string[] options)
    {
        var words = benchmark.Peer.Split(' ');
        string[] arguments = [Path.Combine(root, "bench", "peers", words[0]), .. words[1..], .. options,
            .. peer.TunedCode && benchmark.TakesOptions ? new[] { "--tuned" } : []];
        var environment = new Dictionary<string, string>(peer.Environment);
        foreach (var (name, value) in EnvironmentOf(benchmark)) environment[name] = value;
        return Run(root, Peers.Python, arguments, environment);
    }

    /// <summary>The largest speed of arithmetic that Figment reaches here, in GFLOP/s.</summary>
    public static double Peak(string root) =>
        1e-3 * MatrixPeak.Flops
            / Run(root, Environment.ProcessPath!, ["side", "peak"], new Dictionary<string, string>()).Microseconds!.Value;

    /// <summary>A single process, for tests.</summary>
    /// <exception cref="BenchmarkException">It failed, took longer than the limit, or answered something else.</exception>
    public static Side Run(string root, string program, string[] arguments, IReadOnlyDictionary<string, string> environment,
        double limitSeconds = 600)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(n => Settings.Any(n.StartsWith)).ToList())
            start.Environment.Remove(name);
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1"; // a new file would make the build look stale
        foreach (var (name, value) in environment) start.Environment[name] = value;

        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        var command = $"{Path.GetFileName(program)} {string.Join(' ', arguments)}";
        if (!process.WaitForExit(TimeSpan.FromSeconds(limitSeconds)))
        {
            process.Kill(entireProcessTree: true);
            throw new BenchmarkException($"{command}: stopped after {limitSeconds:F0} s");
        }

        var line = output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
        if (process.ExitCode != 0)
            throw new BenchmarkException($"{command}: exit code {process.ExitCode}\n{errors.Result.Trim()}");
        return Side.TryRead(line) ?? throw new BenchmarkException($"{command}: no result in its last line: {line}");
    }

    // What a comparison of held memory needs: every buffer is mapped by itself, so that the peak is what is held and not how
    // the heap happens to be cut up.
    private static Dictionary<string, string> EnvironmentOf(Benchmark benchmark) =>
        benchmark.Kind == BenchmarkKind.Memory ? new() { ["MALLOC_MMAP_THRESHOLD_"] = "65536" } : [];
}

/// <summary>A benchmark could not be carried out; the message is for the person who asked for it.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
