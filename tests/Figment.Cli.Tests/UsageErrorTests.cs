using Xunit;

namespace Figment.Cli.Tests;

public class UsageErrorTests
{
    [Theory]
    [InlineData("docto", "'doctor'")]
    [InlineData("verison", "'version'")]
    [InlineData("doctor --jsn", "'--json'")]
    [InlineData("doctor --verbos", "'--verbose'")]
    [InlineData("meta shwo x.png", "'show'")]
    public void The_nearest_word_is_suggested(string line, string suggestion)
    {
        var run = CliRun.Of(line.Split(' '));
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains($"Did you mean {suggestion}?", run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Empty(run.Out);
    }

    [Theory]
    [InlineData("xyzzy")]
    [InlineData("version more")]
    [InlineData("completion")]
    [InlineData("completion powershell")]
    [InlineData("meta show")]
    public void A_wrong_line_is_one_line_that_points_to_the_help(string line)
    {
        var run = CliRun.Of(line.Split(' '));
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.EndsWith("--help.", run.Error.TrimEnd());
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_missing_file_is_one_line_without_a_stack()
    {
        var run = CliRun.Of("meta", "show", "/nowhere/x.png");
        Assert.Equal(ExitCode.Failure, run.ExitCode);
        Assert.Contains("/nowhere/x.png", run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Fact]
    public void Verbose_shows_the_stack() =>
        Assert.Contains("   at ", CliRun.Of("meta", "show", "/nowhere/x.png", "--verbose").Error);
}
