using System.Diagnostics;
using System.Globalization;
using Figment.Torch.Runtime;

namespace Figment.Bench;

/// <summary>One row of the table: medians over the rounds, and the ratios' medians over the same rounds.</summary>
internal sealed record Row(string Name, string Unit, double Ours, double Untuned, double Tuned, double OverUntuned,
    double OverTuned, string Command);

/// <summary>
/// Runs Figment, PyTorch as it comes, and PyTorch with Figment's settings in turn, round after round.
/// </summary>
internal static class Comparison
{
    private const string Python = "/usr/bin/python3";
    private static readonly string[] Settings =
        ["OPENBLAS_", "OMP_", "GOMP_", "KMP_", "MKL_", "MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD", "LD_LIBRARY_PATH",
            "FIGMENT_THREADS", "FIGMENT_BLAS", "FIGMENT_TUNING"];

    /// <summary>What Figment chooses by itself on this machine, whatever the caller's environment says.</summary>
    public static TuningPlan Plan { get; } = TuningPlan.Decide(RuntimeTuning.Facts, new Dictionary<string, string>());

    private static string? peerBlas;

    public static int Run(bool write, bool quick, string? blasOfPeer)
    {
        var root = Root();
        peerBlas = blasOfPeer;
        var rounds = quick ? 2 : 7;
        if (Answer(Python, root, untuned: true, "-c", "import torch") is null)
        {
            Console.Error.WriteLine($"{Python} has no torch: install python3-torch to compare");
            return 1;
        }

        var load = double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);
        List<Row> rows =
        [
            Compare(root, "operator on one element (`neg`), best", "us", rounds,
                s => s.Microseconds!.Value, ["call"], "overhead.py"),
            Compare(root, "VAE 784-400-20, training step, batch 128", "us", rounds,
                s => s.Microseconds!.Value, ["vae"], "vae.py"),
            Compare(root, "convolutional VAE 28x28, training step, batch 128", "us", rounds,
                s => s.Microseconds!.Value, ["conv-vae"], "conv_vae.py"),
            Compare(root, "12 convolutions, peak memory of training", "MiB", Math.Min(rounds, 3),
                s => s.Bytes!.Value / 1048576.0, ["memory-training"], "memory.py", "training"),
            Compare(root, "12 convolutions, peak memory without gradients", "MiB", Math.Min(rounds, 3),
                s => s.Bytes!.Value / 1048576.0, ["memory-inference"], "memory.py", "inference"),
        ];
        string[] glance = [Path.Combine(root, "bench", "peers", "vae.py"), "--seconds", "0"];
        var page = BenchmarkPage.Write(rows, rounds, Side.Read(Answer(Python, root, true, glance)!).Version,
            Side.Read(Answer(Python, root, false, glance)!).Version, load);
        Console.WriteLine(page);
        if (write) File.WriteAllText(Path.Combine(root, "docs", "benchmarks.md"), page);
        return 0;
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2]
            : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }

    private static Row Compare(string root, string name, string unit, int rounds, Func<Side, double> figure,
        string[] ours, params string[] peer)
    {
        string[] script = [Path.Combine(root, "bench", "peers", peer[0]), .. peer[1..]];
        var results = new List<(double Ours, double Untuned, double Tuned)>();
        for (var round = 0; round < rounds; round++)
        {
            var a = Side.Read(Answer(Environment.ProcessPath!, root, true, ["side", .. ours])!);
            var b = Side.Read(Answer(Python, root, true, script)!);
            var c = Side.Read(Answer(Python, root, false, script)!);
            Agree(name, a, b);
            Agree(name, a, c);
            results.Add((figure(a), figure(b), figure(c)));
            Console.Error.WriteLine($"{name}, round {round + 1} of {rounds}: {figure(a):F2} against {figure(b):F2} "
                + $"untuned, {figure(c):F2} tuned {unit}");
        }

        return new(name, unit, Median(results.Select(r => r.Ours)), Median(results.Select(r => r.Untuned)),
            Median(results.Select(r => r.Tuned)),
            Median(results.Select(r => r.Untuned / r.Ours)), Median(results.Select(r => r.Tuned / r.Ours)),
                $"bench/peers/{string.Join(' ', peer)}");
    }

    // Only what computes the same may be compared.
    private static void Agree(string name, Side a, Side b)
    {
        if (a.Losses is null) return;
        foreach (var (x, y) in a.Losses.Zip(b.Losses!))
            if (!(Math.Abs(x - y) <= 1e-3 * Math.Abs(y)))
                throw new InvalidOperationException($"{name}: losses differ, "
                    + $"{string.Join(' ', a.Losses)} against {string.Join(' ', b.Losses!)}");
    }

    // Figment tunes itself; a tuned peer gets the same settings through its environment.
    private static string? Answer(string program, string root, bool untuned, params string[] args)
    {
        var mapped = args.Any(a => a.StartsWith("memory-", StringComparison.Ordinal) || a.EndsWith("memory.py", StringComparison.Ordinal));
        var start = new ProcessStartInfo(program, args) { WorkingDirectory = root, RedirectStandardOutput = true };
        bool IsSetting(string name) => Settings.Any(s => name.StartsWith(s, StringComparison.Ordinal));
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToList()) start.Environment.Remove(name);
        if (untuned && program == Python && peerBlas is not null) start.Environment["LD_LIBRARY_PATH"] = peerBlas;
        if (!untuned)
        {
            foreach (var choice in Plan.Choices.Where(c => c.Source != TuningSource.Default))
            {
                if (choice.Kind == TuningKind.Library)
                    start.Environment["LD_LIBRARY_PATH"] = Path.GetDirectoryName(choice.Value);
                else
                    start.Environment[Variable(choice.Name)] = choice.Value;
            }
        }

        // Every buffer is mapped by itself, so that a peak is what is held and not how the heap happens to be cut up.
        if (mapped) start.Environment["MALLOC_MMAP_THRESHOLD_"] = "65536";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Trim() : null;
    }

    private static string Variable(string name) => name switch
    {
        "M_ARENA_MAX" => "MALLOC_ARENA_MAX",
        "M_MMAP_THRESHOLD" => "MALLOC_MMAP_THRESHOLD_",
        "M_TRIM_THRESHOLD" => "MALLOC_TRIM_THRESHOLD_",
        _ => name,
    };

    private static string Root()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
            if (File.Exists(Path.Combine(d.FullName, "Figment.slnx")))
                return d.FullName;
        throw new InvalidOperationException("run the benchmarks from inside the repository");
    }
}
