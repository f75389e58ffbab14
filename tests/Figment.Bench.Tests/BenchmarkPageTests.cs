using Xunit;

namespace Figment.Bench.Tests;

public sealed class BenchmarkPageTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("figment-bench-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_page_is_made_from_the_files_and_tells_what_has_none()
    {
        Benchmark[] all = [Samples.Benchmark("one"), Samples.Benchmark("two"), Samples.Benchmark("three")];
        (Samples.Result(all[0], 20_000, (Peers.Untuned, 80_000), (Peers.OpenBlas, 50_000), (Peers.Tuned, 30_000)) with
        {
            Conditions = TheConditions("./figment bench one --write"),
        }).Save(folder);
        Samples.Result(all[1], 1000, (Peers.Tuned, 1500)).Save(folder);

        var page = BenchmarkPage.Write(all, BenchmarkResult.LoadAll(folder));
        // 4e9 operations in 20 ms are 200 GFLOP/s, half of the peak of 400.
        Assert.Contains("| `one`: the one model | ms | 20.0 | 80.0 | 50.0 | 30.0 | 4.00 | 2.50 | 1.50 | 200 | 50 % | 8.00 | 8.00 | 1.00 |",
            page, StringComparison.Ordinal);
        Assert.Contains("| `two`: the two model | ms | 1.00 | - | - | 1.50 | - | - | 1.50 |", page, StringComparison.Ordinal);
        Assert.Contains("Not measured yet: `three`.", page, StringComparison.Ordinal);
        Assert.Contains("at least three times as fast as the untuned peer: 1 of 1", page, StringComparison.Ordinal);
        Assert.Contains("`./figment bench one --write`, 2026-11-21 12:00 UTC: one", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_run_of_one_benchmark_leaves_the_other_rows_alone()
    {
        Benchmark[] all = [Samples.Benchmark("one"), Samples.Benchmark("two")];
        foreach (var benchmark in all) Samples.Result(benchmark, 1000, (Peers.Tuned, 1500)).Save(folder);
        var other = File.ReadAllText(Path.Combine(folder, "two.json"));
        Samples.Result(all[0], 1000, (Peers.Tuned, 2500)).Save(folder);

        var results = BenchmarkResult.LoadAll(folder);
        Assert.Equal(2.5, results["one"].Peers[Peers.Tuned].Ratio!.Value, 1e-9);
        Assert.Equal(other, File.ReadAllText(Path.Combine(folder, "two.json")));
        Assert.Contains("| 1.50 |", BenchmarkPage.Write(all, results), StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_that_could_not_run_is_named_with_the_cure()
    {
        var one = Samples.Benchmark("one");
        var result = Samples.Result(one, 1000, (Peers.Tuned, 1500)) with { Conditions = TheConditions("./figment bench") };
        var page = BenchmarkPage.Write([one], new Dictionary<string, BenchmarkResult> { ["one"] = result });
        Assert.Contains("- openblas: no libblas there: run ./figment bench --install-peers", page, StringComparison.Ordinal);
        Assert.Contains("- untuned: did not run", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_result_is_named()
    {
        File.WriteAllText(Path.Combine(folder, "broken.json"), "{");
        Assert.Contains("broken.json", Assert.Throws<BenchmarkException>(() => BenchmarkResult.LoadAll(folder)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Every_real_benchmark_has_a_name_of_its_own_a_unit_and_a_peer()
    {
        Assert.Equal(Benchmarks.All.Count, Benchmarks.All.Select(b => b.Name).Distinct().Count());
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Figment.slnx"))) root = root.Parent;
        foreach (var benchmark in Benchmarks.All)
        {
            Assert.Matches("^[a-z][a-z0-9-]*$", benchmark.Name);
            Assert.True(Comparison.Figure(benchmark, new() { Microseconds = 1, Bytes = 1 }) > 0);
            if (root is not null)
                Assert.True(File.Exists(Path.Combine(root.FullName, "bench", "peers", benchmark.Peer.Split(' ')[0])),
                    $"{benchmark.Name}: no bench/peers/{benchmark.Peer}");
        }
    }

    private static Conditions TheConditions(string command) => new()
    {
        Date = "2026-11-21 12:00 UTC",
        Command = command,
        Machine = "a machine",
        Instructions = "avx2",
        LoadBefore = 0.1,
        Settings = [],
        Missing = new Dictionary<string, string>
        {
            [Peers.OpenBlas] = "no libblas there: run ./figment bench --install-peers",
        },
    };
}
