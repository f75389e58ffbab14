using Figment.Torch.Runtime;
using Xunit;

namespace Figment.Bench.Tests;

public class BenchOptionsTests
{
    private static readonly Benchmark[] Known = [Samples.Benchmark("vae"), Samples.Benchmark("conv-vae")];

    [Fact]
    public void Without_names_every_benchmark_runs()
    {
        var options = BenchOptions.Read(["--write"], Known);
        Assert.Equal(Known, options.Chosen);
        Assert.True(options.Write);
        Assert.Equal(Pace.Full, options.Pace);
    }

    [Fact]
    public void Names_and_rounds_are_taken_in_any_order()
    {
        var options = BenchOptions.Read(["--rounds", "9", "vae", "--quick"], Known);
        Assert.Equal("vae", Assert.Single(options.Chosen).Name);
        Assert.Equal((9, Pace.Quick.Seconds), (options.Pace.Rounds, options.Pace.Seconds));
    }

    [Theory]
    [InlineData("unknown benchmark con-vae; did you mean conv-vae?", "con-vae")]
    [InlineData("unknown option --quik; did you mean --quick?", "--quik")]
    [InlineData("--rounds takes a whole number from 1 to 100, not '0'", "--rounds", "0")]
    [InlineData("--rounds takes a whole number from 1 to 100, not ''", "--rounds")]
    [InlineData("--quick gives a first look only", "--quick", "--write")]
    public void A_wrong_word_is_refused_with_a_suggestion(string message, params string[] words) =>
        Assert.StartsWith(message, Assert.Throws<BenchmarkException>(() => BenchOptions.Read(words, Known)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_peer_without_its_library_or_torch_says_how_to_get_them()
    {
        var folder = Directory.CreateTempSubdirectory("figment-peers-").FullName;
        var openBlas = Directory.CreateDirectory(Path.Combine(folder, "any-linux", "openblas-pthread")).FullName;
        foreach (var name in new[] { "libblas.so.3", "liblapack.so.3" }) File.WriteAllText(Path.Combine(openBlas, name), "");
        var plan = new TuningPlan([
            new(TuningKind.Library, "libblas.so.3", "/lib/openmp/libblas.so.3", TuningSource.Decided, ""),
            new(TuningKind.Allocator, "M_ARENA_MAX", "1", TuningSource.Decided, ""),
            new(TuningKind.Variable, "GOMP_SPINCOUNT", "", TuningSource.Default, "")]);

        var peers = Peers.Find(plan, folder, hasTorch: true).ToDictionary(p => p.Name);
        Assert.Contains("blas/libblas.so.3", peers[Peers.Untuned].Missing, StringComparison.Ordinal);
        Assert.Contains("./figment bench --install-peers", peers[Peers.Untuned].Missing, StringComparison.Ordinal);
        Assert.Null(peers[Peers.OpenBlas].Missing);
        Assert.Equal(openBlas, peers[Peers.OpenBlas].Environment["LD_LIBRARY_PATH"]);
        Assert.Equal(new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = "/lib/openmp", ["MALLOC_ARENA_MAX"] = "1" },
            peers[Peers.Tuned].Environment);
        Assert.All(Peers.Find(plan, folder, hasTorch: false),
            p => Assert.Contains("has no torch", p.Missing, StringComparison.Ordinal));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("echo why >&2; exit 3", "exit code 3\nwhy")]
    [InlineData("echo hello", "no result in its last line: hello")]
    [InlineData("sleep 30", "stopped after 1 s")]
    public void A_side_that_fails_says_why(string script, string message)
    {
        if (!File.Exists("/bin/sh")) Assert.Skip("needs a shell");
        var fault = Assert.Throws<BenchmarkException>(() =>
            SideProcess.Run("/", "/bin/sh", ["-c", script], new Dictionary<string, string>(), limitSeconds: 1));
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_side_hears_nothing_of_the_callers_settings_but_its_own()
    {
        if (!File.Exists("/bin/sh")) Assert.Skip("needs a shell");
        Environment.SetEnvironmentVariable("OPENBLAS_OF_THE_CALLER", "1");
        var side = SideProcess.Run("/", "/bin/sh",
            ["-c", "echo progress; echo \"{\\\"version\\\": \\\"${OPENBLAS_OF_THE_CALLER:-unset} $OMP_NUM_THREADS\\\"}\""],
            new Dictionary<string, string> { ["OMP_NUM_THREADS"] = "5" });
        Assert.Equal("unset 5", side.Version);
    }
}
