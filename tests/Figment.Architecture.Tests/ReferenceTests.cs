using System.Xml.Linq;
using Xunit;

namespace Figment.Architecture.Tests;

/// <summary>The layers of the house: who may reference whom. The table is the design's, section 1.</summary>
public class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Torch"] = [],
        ["Nn"] = ["Torch"],
        ["Data"] = ["Torch"],
        ["Training"] = ["Data", "Nn", "Torch"],
        ["Models"] = ["Data", "Nn", "Torch", "Training"],
        ["Evaluation"] = ["Data", "Nn", "Torch"],
        ["App"] = ["Data", "Evaluation", "Models", "Nn", "Torch", "Training"],
        ["Cli"] = ["App"],
        ["Studio"] = ["App"],
    };

    // Runs inside the compiler and is part of no program.
    private static readonly string[] BuildTime = ["Nn.Generators"];

    public static TheoryData<string> Projects => [.. ProjectReferences().Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_exactly_what_the_table_says(string project)
    {
        Assert.True(Allowed.ContainsKey(project), $"src/Figment.{project} is not in the table of layers.");
        Assert.Equal(Allowed[project], ProjectReferences()[project]);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Its_compiled_code_uses_no_other_layer(string project)
    {
        var used = Assemblies.References(project).Where(name => name.StartsWith("Figment.", StringComparison.Ordinal))
            .Select(name => name["Figment.".Length..]);
        Findings.AssertNone(used.Except(Allowed[project]));
    }

    [Fact]
    public void No_cycle()
    {
        var references = ProjectReferences();
        foreach (var project in references.Keys) Visit(project, []);

        void Visit(string project, string[] path)
        {
            Assert.False(path.Contains(project), $"a cycle: {string.Join(" -> ", path)} -> {project}");
            foreach (var next in references.GetValueOrDefault(project, [])) Visit(next, [.. path, project]);
        }
    }

    [Fact]
    public void Project_references_are_not_transitive() =>
        Assert.Contains("<DisableTransitiveProjectReferences>true</DisableTransitiveProjectReferences>",
            File.ReadAllText(Path.Combine(Sources.Root, "Directory.Build.props")));

    private static SortedDictionary<string, string[]> ProjectReferences() => new(
        Sources.Files("src", "*.csproj").Where(file => !BuildTime.Contains(NameOf(file))).ToDictionary(
            file => NameOf(file),
            file => XDocument.Load(file).Descendants("ProjectReference")
                .Where(reference => reference.Attribute("OutputItemType")?.Value != "Analyzer")
                .Select(reference => NameOf(reference.Attribute("Include")!.Value)).Order(StringComparer.Ordinal).ToArray()),
        StringComparer.Ordinal);

    private static string NameOf(string projectFile) => Path.GetFileNameWithoutExtension(projectFile)["Figment.".Length..];
}
