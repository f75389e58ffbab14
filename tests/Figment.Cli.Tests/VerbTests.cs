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
}
