using System.Text.RegularExpressions;
using Xunit;

namespace Figment.Architecture.Tests;

/// <summary>A name says what a thing is for; these say only that something was left over.</summary>
public partial class NamingTests
{
    private static readonly string[] Projects = ["Torch", "Nn", "Data", "Training", "Models", "Evaluation", "App", "Cli"];

    [Fact]
    public void No_folder_is_called_utils_helpers_common_or_manager() =>
        Findings.AssertNone(new[] { "src", "tests", "tools", "native", "web", "samples", "bench" }.SelectMany(Sources.Folders)
            .Where(folder => Empty().IsMatch(Path.GetFileName(folder))).Select(Sources.Relative));

    [Fact]
    public void No_class_is_called_utils_helpers_common_or_manager() =>
        Findings.AssertNone(Projects.SelectMany(project => Assemblies.TypeNames(project)
            .Where(name => Empty().IsMatch(name.Split('`')[0])).Select(name => $"{project}: {name}")));

    [Theory]
    [InlineData("Utils", true)]
    [InlineData("TensorHelpers", true)]
    [InlineData("RunManager", true)]
    [InlineData("Common", true)]
    [InlineData("utilities", true)]
    [InlineData("Uncommon", false)]
    [InlineData("Commons", false)]
    [InlineData("HelpScreen", false)]
    public void The_rule_reads_names_as_meant(string name, bool forbidden) => Assert.Equal(forbidden, Empty().IsMatch(name));

    [GeneratedRegex("(^|[a-z0-9.])(Utils?|Utilities|Helpers?|Common|Manager)$|^(utils?|utilities|helpers?|common|manager)$")]
    private static partial Regex Empty();
}
