using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Figment.Training.Options;

/// <summary>Where a value was written.</summary>
internal readonly record struct OptionMark(string? Source, int? Line, int? Column);

/// <summary>A configuration as written: scalars, sequences and mappings with their places.</summary>
internal abstract record OptionNode(OptionMark Mark);

/// <param name="Plain">Written without quotes, so that it may be a number, a boolean or null.</param>
internal sealed record ScalarNode(OptionMark Mark, string Text, bool Plain) : OptionNode(Mark)
{
    public bool IsNull => Plain && Text is "" or "~" or "null";
}

internal sealed record SequenceNode(OptionMark Mark, IReadOnlyList<OptionNode> Items) : OptionNode(Mark);

internal sealed record MappingNode(OptionMark Mark, IReadOnlyList<MappingEntry> Entries) : OptionNode(Mark);

internal sealed record MappingEntry(string Key, OptionMark KeyMark, OptionNode Value);

/// <summary>Reads YAML (of which JSON is a part) into nodes. Bounded on purpose: a hostile file costs no more than its
/// limits, and anchors, aliases, tags and further documents are refused.</summary>
internal sealed class OptionReader
{
    /// <summary>Longest text read, in characters.</summary>
    public const int MaxCharacters = 1 << 20;

    /// <summary>Deepest nesting read.</summary>
    public const int MaxDepth = 24;

    /// <summary>Most scalars, sequences and mappings read.</summary>
    public const int MaxNodes = 20_000;

    private readonly Parser parser;
    private readonly string source;
    private readonly bool hasLines;
    private readonly List<OptionFault> faults;
    private int nodes;

    private OptionReader(TextReader text, string source, bool hasLines, List<OptionFault> faults)
    {
        parser = new Parser(text);
        (this.source, this.hasLines, this.faults) = (source, hasLines, faults);
    }

    /// <summary>Parses one document. Faults of form are added to <paramref name="faults"/>; null when there is nothing
    /// to bind (an empty document, or one that could not be parsed).</summary>
    public static OptionNode? Parse(string text, string source, List<OptionFault> faults, bool hasLines = true)
    {
        if (text.Length > MaxCharacters)
        {
            faults.Add(new OptionFault("", $"longer than {MaxCharacters} characters", source));
            return null;
        }
        using var reader = new StringReader(text);
        var options = new OptionReader(reader, source, hasLines, faults);
        try
        {
            return options.ParseDocument();
        }
        catch (YamlException error)
        {
            // YamlDotNet opens its messages with the place, which the fault tells already.
            var message = error.InnerException?.Message ?? error.Message;
            var afterPlace = message.IndexOf("): ", StringComparison.Ordinal);
            options.Add(error.Start, "not YAML: " + (afterPlace < 0 ? message : message[(afterPlace + 3)..]));
            return null;
        }
        catch (FormException error)
        {
            options.Add(error.Place, error.Message);
            return null;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // On some malformed text (found by mutation) YamlDotNet's scanner fails with an exception that is not its
            // own.
            options.Add(options.parser.Current?.End ?? Mark.Empty, "not YAML: " + error.Message);
            return null;
        }
    }

    private OptionNode? ParseDocument()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
            return null;
        parser.Consume<DocumentStart>();
        var root = ParseNode(0);
        parser.Consume<DocumentEnd>();
        if (!parser.Accept<StreamEnd>(out var next))
            throw new FormException(parser.Current?.Start ?? next!.Start, "only one document is allowed");
        return root;
    }

    private OptionNode ParseNode(int depth)
    {
        if (parser.Accept<AnchorAlias>(out var alias))
            throw new FormException(alias.Start, "aliases are not allowed");
        if (!parser.Accept<NodeEvent>(out var node))
            throw new FormException(parser.Current?.Start ?? Mark.Empty, "a value is missing");
        if (!node.Anchor.IsEmpty)
            throw new FormException(node.Start, "anchors are not allowed");
        if (!node.Tag.IsEmpty)
            throw new FormException(node.Start, "tags are not allowed");
        if (depth > MaxDepth)
            throw new FormException(node.Start, $"nested more than {MaxDepth} deep");
        if (++nodes > MaxNodes)
            throw new FormException(node.Start, $"more than {MaxNodes} values");
        if (parser.TryConsume<Scalar>(out var scalar))
            return new ScalarNode(At(scalar.Start), scalar.Value, scalar.Style == ScalarStyle.Plain);
        return parser.TryConsume<SequenceStart>(out var sequence)
            ? ParseSequence(At(sequence.Start), depth)
            : ParseMapping(At(parser.Consume<MappingStart>().Start), depth);
    }

    private SequenceNode ParseSequence(OptionMark mark, int depth)
    {
        var items = new List<OptionNode>();
        while (!parser.TryConsume<SequenceEnd>(out _))
            items.Add(ParseNode(depth + 1));
        return new SequenceNode(mark, items);
    }

    private MappingNode ParseMapping(OptionMark mark, int depth)
    {
        var entries = new List<MappingEntry>();
        var seen = new Dictionary<string, OptionMark>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (ParseNode(depth + 1) is not ScalarNode key)
                throw new FormException(parser.Current?.Start ?? Mark.Empty, "keys are plain words");
            var value = ParseNode(depth + 1);
            if (seen.TryAdd(key.Text, key.Mark))
                entries.Add(new MappingEntry(key.Text, key.Mark, value));
            else
                faults.Add(new OptionFault(key.Text, $"given twice (first on line {seen[key.Text].Line})",
                    source, key.Mark.Line, key.Mark.Column));
        }
        return new MappingNode(mark, entries);
    }

    private OptionMark At(Mark mark) =>
        hasLines ? new OptionMark(source, (int)mark.Line, (int)mark.Column) : new OptionMark(source, null, null);

    private void Add(Mark mark, string message)
    {
        var place = At(mark);
        faults.Add(new OptionFault("", message, place.Source, place.Line, place.Column));
    }

    private sealed class FormException(Mark place, string message) : Exception(message)
    {
        public Mark Place { get; } = place;
    }
}
