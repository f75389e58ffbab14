using System.Diagnostics;
using System.Globalization;
using Figment.App;
using Figment.Torch;
using Figment.Torch.Runtime;

namespace Figment.Bench;

/// <summary>What was asked for.</summary>
internal sealed record BenchOptions
{
    public IReadOnlyList<Benchmark> Chosen { get; init; } = Benchmarks.All;

    public bool List { get; init; }

    public bool Write { get; init; }

    public bool Quick { get; init; }

    public int? Rounds { get; init; }

    public Pace Pace => (Quick ? Pace.Quick : Pace.Full) is var pace && Rounds is { } rounds
        ? pace with { Rounds = rounds, BudgetSeconds = double.MaxValue }
        : pace;

    /// <exception cref="BenchmarkException">A word is neither an option nor a benchmark.</exception>
    public static BenchOptions Read(IReadOnlyList<string> words, IReadOnlyList<Benchmark> known)
    {
        var (options, chosen) = (new BenchOptions(), new List<Benchmark>());
        for (var i = 0; i < words.Count; i++)
        {
            options = words[i] switch
            {
                "--list" => options with { List = true },
                "--write" => options with { Write = true },
                "--quick" => options with { Quick = true },
                "--rounds" => options with { Rounds = RoundsOf(words.ElementAtOrDefault(++i)) },
                ['-', ..] => throw new BenchmarkException(Unknown("option", words[i],
                    ["--list", "--write", "--quick", "--rounds", "--install-peers", "--help"])),
                _ => options,
            };
            if (words[i].StartsWith('-') || (i > 0 && words[i - 1] == "--rounds")) continue;
            chosen.Add(known.FirstOrDefault(b => b.Name == words[i])
                ?? throw new BenchmarkException(Unknown("benchmark", words[i], known.Select(b => b.Name))));
        }

        if (options is { Write: true, Quick: true })
            throw new BenchmarkException("--quick gives a first look only, so it cannot be written");
        return options with { Chosen = chosen.Count > 0 ? chosen.Distinct().ToList() : known };
    }

    private static int RoundsOf(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) && rounds is > 0 and <= 100
            ? rounds : throw new BenchmarkException($"--rounds takes a whole number from 1 to 100, not '{text}'");

    private static string Unknown(string what, string word, IEnumerable<string> known) =>
        $"unknown {what} {word}" + (Nearest.To(word, known) is { } near ? $"; did you mean {near}?" : "")
        + (what == "benchmark" ? " ./figment bench --list names them all" : "");
}

/// <summary>`./figment bench`: runs benchmarks, shows their table, keeps the results.</summary>
internal static class BenchCommand
{
    public static int Run(string[] words)
    {
        try
        {
            var options = BenchOptions.Read(words, Benchmarks.All);
            if (options.List) return List();
            var failed = Compare(options, Root(), words);
            return failed ? 1 : 0;
        }
        catch (BenchmarkException e)
        {
            Console.Error.WriteLine($"figment bench: {e.Message}");
            return 2;
        }
    }

    private static int List()
    {
        var width = Benchmarks.All.Max(b => b.Name.Length);
        foreach (var b in Benchmarks.All) Console.WriteLine($"{b.Name.PadRight(width)}  {b.Title}");
        return 0;
    }

    private static bool Compare(BenchOptions options, string root, string[] words)
    {
        var plan = TuningPlan.Decide(RuntimeTuning.Facts, new Dictionary<string, string>());
        var peers = Peers.Find(plan, Peers.Folder, Peers.HasTorch());
        var ready = peers.Where(p => p.Missing is null).ToList();
        foreach (var p in peers.Where(p => p.Missing is not null))
            Console.Error.WriteLine($"figment bench: without the {p.Name} peer: {p.Missing}");
        var (results, failures) = (new List<BenchmarkResult>(), new List<string>());
        var conditions = ConditionsNow(plan, peers, $"./figment bench {string.Join(' ', words)}".TrimEnd());
        var folder = Path.Combine(root, "docs", "benchmarks");
        var seconds = options.Pace.Seconds.ToString(CultureInfo.InvariantCulture);
        foreach (var b in options.Chosen)
        {
            string[] given = b.TakesOptions ? ["--seconds", seconds, "--check-seconds", "10", .. PaceOf(b)] : [];
            try
            {
                var watch = BusyElsewhere.Watch();
                var result = Comparison.Run(b, [.. ready.Where(p => p.Name != b.Without)], options.Pace,
                    () => SideProcess.Figment(root, b, given), p => SideProcess.Of(p, root, b, given),
                    () => SideProcess.Peak(root), Console.Error.WriteLine);
                result = result with { Conditions = conditions with { BusyElsewhere = watch.Processors } };
                results.Add(result);
                if (options.Write) result.Save(folder); // at once: a later failure loses nothing
            }
            catch (BenchmarkException e)
            {
                failures.Add(e.Message);
                Console.Error.WriteLine($"figment bench: {e.Message}");
            }
        }

        Console.WriteLine(BenchmarkPage.Tables(Benchmarks.All, results.ToDictionary(r => r.Name)));
        if (options.Write)
            File.WriteAllText(Path.Combine(root, "docs", "benchmarks.md"),
                BenchmarkPage.Write(Benchmarks.All, BenchmarkResult.LoadAll(folder)));
        if (failures.Count > 0) Console.Error.WriteLine($"figment bench: {failures.Count} failed");
        return failures.Count > 0;
    }

    private static string[] PaceOf(Benchmark b) => b.TakesMinutes ? ["--warm-ups", "0", "--least-steps", "1"] : [];

    private static Conditions ConditionsNow(TuningPlan plan, IReadOnlyList<Peer> peers, string command)
    {
        var facts = MachineFacts.Read();
        return new()
        {
            Date = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
            Command = command,
            Machine = $"{facts.CpuModel}, {facts.PhysicalCores} cores ({facts.Architecture}); libtorch {LibTorch.Version}, "
                + $".NET {Environment.Version}",
            Instructions = string.Join(' ', facts.CpuFlags
                .Where(f => f.StartsWith("avx", StringComparison.Ordinal) || f == "fma").Order(StringComparer.Ordinal)),
            LoadBefore = double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture),
            Settings = [.. plan.Choices.Select(c =>
                $"`{c.Name}` = {(c.Value == "" ? "default" : Path.GetFileName(c.Value))}: {c.Reason}")],
            Missing = peers.Where(p => p.Missing is not null).ToDictionary(p => p.Name, p => p.Missing!),
        };
    }

    /// <summary>The repository's folder.</summary>
    public static string Root()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
            if (File.Exists(Path.Combine(d.FullName, "Figment.slnx")))
                return d.FullName;
        throw new BenchmarkException("run the benchmarks from inside the repository");
    }
}
