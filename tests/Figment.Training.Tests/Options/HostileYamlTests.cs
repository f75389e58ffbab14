using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Figment.Training.Tests.Options;

public sealed class HostileYamlTests
{
    [Theory]
    [InlineData("note: &a x", "anchors are not allowed")]
    [InlineData("note: *a", "aliases are not allowed")]
    [InlineData("note: !!python/object x", "tags are not allowed")]
    [InlineData("model: !Figment.Evil { id: flat }", "tags are not allowed")]
    [InlineData("seed: 1\n---\nseed: 2", "only one document is allowed")]
    [InlineData("seed: [1, 2", "not YAML")]
    [InlineData("{ seed: 1", "not YAML")]
    [InlineData("seed: 'open", "not YAML")]
    [InlineData("? [a]\n: 1", "keys are plain words")]
    [InlineData("<<: { seed: 1 }", "unknown key")]
    public void Forms_beyond_plain_data_are_refused(string yaml, string message) =>
        Assert.Contains(message, Assert.Single(Sample.Faults(yaml)), StringComparison.Ordinal);

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void Deep_nesting_is_refused_early(char open) =>
        Assert.Contains("nested more than", Assert.Single(Sample.Faults("note: " + new string(open, 500_000))),
            StringComparison.Ordinal);

    [Fact]
    public void Deep_blocks_are_refused()
    {
        var yaml = new StringBuilder();
        for (var i = 0; i < 300; i++)
            yaml.Append(' ', i).Append("a:\n");
        Assert.Contains("nested more than", Assert.Single(Sample.Faults(yaml.ToString())), StringComparison.Ordinal);
    }

    [Fact]
    public void Size_and_count_are_bounded()
    {
        Assert.Contains("longer than", Assert.Single(Sample.Faults("note: " + new string('x', 1 << 20))),
            StringComparison.Ordinal);
        var many = "model: { hidden: [" + string.Join(',', Enumerable.Repeat('1', 30_000)) + "] }";
        Assert.Contains("more than 20000 values", Assert.Single(Sample.Faults(many)), StringComparison.Ordinal);
    }

    [Fact]
    public void Long_unknown_words_cost_little_and_are_told_short()
    {
        var clock = Stopwatch.StartNew();
        var fault = Assert.Single(Sample.Faults($"seed: {new string('9', 100_000)}"));
        Assert.True(fault.Length < 200);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Mutated_documents_are_read_or_refused_but_never_crash()
    {
        var good = Sample.Format.Write(new SampleOptions { Note = "a\nb", Terms = [new TermOptions()] });
        var random = new Random(7);
        const string alphabet = "{}[]:,-&*!|>'\"%@`#? \n\t\0\u0085\ud83d~0aZ.=<";
        for (var round = 0; round < 3_000; round++)
        {
            var text = new StringBuilder(good);
            for (var edits = random.Next(1, 6); edits > 0; edits--)
            {
                var at = random.Next(text.Length);
                if (random.Next(3) == 0)
                    text.Remove(at, Math.Min(random.Next(1, 9), text.Length - at));
                else
                    text.Insert(at, alphabet[random.Next(alphabet.Length)]);
            }
            try
            {
                Sample.Read(text.ToString());
            }
            catch (Figment.Training.Options.OptionsException refused)
            {
                Assert.NotEmpty(refused.Faults);
            }
            catch (Exception other)
            {
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"round {round}: {other}\n{text}"));
            }
        }
    }
}
