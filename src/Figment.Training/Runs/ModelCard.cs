using System.Globalization;
using System.Text;

namespace Figment.Training.Runs;

/// <summary>What a reader of a run's folder wants to know first; written as its <c>README.md</c>.</summary>
public sealed record ModelCard
{
    /// <summary>The model's title.</summary>
    public required string Title { get; init; }

    /// <summary>The run's id.</summary>
    public required string Run { get; init; }

    /// <summary>The paper, as authors, title and year.</summary>
    public string? Paper { get; init; }

    /// <summary>The paper's address.</summary>
    public string? PaperLink { get; init; }

    /// <summary>What the model is and how it was trained, in a sentence or two.</summary>
    public string? Summary { get; init; }

    /// <summary>Facts about the training in the order to tell them: parameters, steps, time.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Facts { get; init; } = [];

    /// <summary>The training data, its source and licence; says so when it is for research use only.</summary>
    public string? Data { get; init; }

    /// <summary>Results: the protocol as name, the value with its unit.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Results { get; init; } = [];

    /// <summary>Commands that use the run.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];

    /// <summary>What the model should not be used for, and its known faults.</summary>
    public string? Limits { get; init; }

    /// <summary>The card as Markdown. Texts come from files and users: none of them can make markup of its
    /// own.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {Plain(Title)}\n\nRun `{Code(Run)}`.");
        if (Summary is not null)
            text.Append(CultureInfo.InvariantCulture, $" {Plain(Summary)}");
        text.Append('\n');
        if (Paper is not null)
            text.Append(CultureInfo.InvariantCulture, $"\nPaper: {Plain(Paper)}")
                .Append(PaperLink is null ? "" : $", <{Code(PaperLink)}>").Append('\n');
        Table(text, "Training", Facts);
        Table(text, "Results", Results);
        if (Data is not null)
            text.Append(CultureInfo.InvariantCulture, $"\n## Data\n\n{Plain(Data)}\n");
        if (Limits is not null)
            text.Append(CultureInfo.InvariantCulture, $"\n## Limits\n\n{Plain(Limits)}\n");
        if (Commands.Count > 0)
            text.Append("\n## Use\n\n```bash\n").AppendJoin('\n', Commands.Select(Code)).Append("\n```\n");
        return text.ToString();
    }

    private static void Table(StringBuilder text, string heading, IReadOnlyList<KeyValuePair<string, string>> rows)
    {
        if (rows.Count == 0)
            return;
        text.Append(CultureInfo.InvariantCulture, $"\n## {heading}\n\n| | |\n|---|---|\n");
        foreach (var (name, value) in rows)
            text.Append(CultureInfo.InvariantCulture, $"| {Plain(name)} | {Plain(value)} |\n");
    }

    private static string Plain(string words)
    {
        var text = new StringBuilder(words.Length);
        foreach (var c in words)
            text.Append(c switch
            {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '\\' or '`' or '*' or '_' or '[' or ']' or '|' or '#' or '~' => $"\\{c}",
                _ when char.IsControl(c) => " ",
                _ => c.ToString(),
            });
        return text.ToString();
    }

    private static string Code(string words) =>
        string.Concat(words.Select(c => char.IsControl(c) ? ' ' : c)).Replace('`', '\'')
            .Replace("<", "%3C", StringComparison.Ordinal).Replace(">", "%3E", StringComparison.Ordinal);
}
