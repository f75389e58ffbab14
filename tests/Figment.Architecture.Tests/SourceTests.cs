using System.Text.RegularExpressions;
using Xunit;

namespace Figment.Architecture.Tests;

/// <summary>What the sources may look like: short files, and models without a word about lifetimes.</summary>
public partial class SourceTests
{
    private const int LongestFile = 350;

    private const int LongestLine = 120; // .editorconfig says it too, but no analyser reads it there

    [Fact]
    public void A_file_is_at_most_350_lines() =>
        Findings.AssertNone(Sources.Files("src", "*.cs").Where(file => !file.Contains("/Generated/", StringComparison.Ordinal))
            .Select(file => (Name: Sources.Relative(file), Lines: File.ReadLines(file).Count()))
            .Where(file => file.Lines > LongestFile).Select(file => $"{file.Name}: {file.Lines} lines"));

    [Fact]
    public void A_line_is_at_most_120_columns() =>
        Findings.AssertNone(from file in Sources.Files("src", "*.cs")
                            where !file.Contains("/Generated/", StringComparison.Ordinal)
                            from line in File.ReadLines(file).Select((text, index) => (Text: text, Number: index + 1))
                            where IsTooLong(line.Text)
                            select $"{Sources.Relative(file)}:{line.Number}: {line.Text.Length} columns");

    [Theory]
    [InlineData(120, "", false)]
    [InlineData(121, "", true)]
    [InlineData(121, "// https://", false)]
    [InlineData(121, "see https://", true)]
    public void The_rule_spares_only_addresses(int columns, string begin, bool tooLong) =>
        Assert.Equal(tooLong, IsTooLong(begin + new string('x', columns - begin.Length)));

    [Fact]
    public void Models_do_not_speak_of_lifetimes()
    {
        var found = from file in Sources.Files("src/Figment.Models", "*.cs")
                    from line in File.ReadLines(file).Select((text, index) => (Text: text, Number: index + 1))
                    let code = line.Text.Split("//")[0]
                    where Lifetime().IsMatch(code)
                    select $"{Sources.Relative(file)}:{line.Number}: {code.Trim()}";
        Findings.AssertNone(found);
    }

    [Theory]
    [InlineData("using var x = Open();", true)]
    [InlineData("        using (var x = Open())", true)]
    [InlineData("    await using var x = Open();", true)]
    [InlineData("    x.Dispose();", true)]
    [InlineData("    TensorScope.Run(() => x);", true)]
    [InlineData("using Figment.Torch;", false)]
    [InlineData("using static Figment.Torch.Ops;", false)]
    [InlineData("using Shape = System.Int64;", false)]
    public void The_rule_reads_lines_as_meant(string line, bool forbidden) => Assert.Equal(forbidden, Lifetime().IsMatch(line));

    [Fact]
    public void Sources_leave_nothing_for_later() =>
        Findings.AssertNone(from file in Sources.Files("src", "*.cs").Concat(Sources.Files("native", "*.cpp"))
                            from line in File.ReadLines(file).Select((text, index) => (Text: text, Number: index + 1))
                            where Later().IsMatch(line.Text)
                            select $"{Sources.Relative(file)}:{line.Number}: {line.Text.Trim()}");

    // An address cannot be broken, so a line that is one may be longer.
    private static bool IsTooLong(string line) => line.Length > LongestLine && !Address().IsMatch(line);

    [GeneratedRegex(@"^\s*(//+|\*)?\s*https://\S+$")]
    private static partial Regex Address();

    [GeneratedRegex(@"\busing\s+var\b|\busing\s*\(|\.Dispose\(|\bTensorScope\b|:\s*IDisposable\b")]
    private static partial Regex Lifetime();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Later();
}
