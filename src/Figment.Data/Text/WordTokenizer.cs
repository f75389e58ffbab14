using System.Text;

namespace Figment.Data.Text;

/// <summary>A token for each word between spaces, one for the end of a line and one for words that are not in the
/// vocabulary, as texts that were cut into words before have them (WikiText, Penn Treebank).</summary>
/// <remarks>Other white space than the line's end counts as one space, and unknown words become
/// <see cref="UnknownWord"/>: back comes the text in this form.</remarks>
public sealed class WordTokenizer : Tokenizer
{
    /// <summary>Stands for a line's end.</summary>
    public const string LineEnd = "<eos>";

    /// <summary>Stands for a word that is not in the vocabulary.</summary>
    public const string UnknownWord = "<unk>";

    private readonly Dictionary<byte[], int> tokens = new(PieceComparer.Instance);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> known;
    private readonly byte[][] bytes;
    private readonly int unknown;

    /// <param name="words">In the order of their tokens, each once, <see cref="LineEnd"/> and
    /// <see cref="UnknownWord"/> among them.</param>
    /// <exception cref="ArgumentException">One of the two is missing.</exception>
    public WordTokenizer(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        Words = words;
        bytes = [.. words.Select(Encoding.UTF8.GetBytes)];
        foreach (var (token, word) in bytes.Index()) tokens[word] = token;
        known = tokens.GetAlternateLookup<ReadOnlySpan<byte>>();
        int Needed(string word) => tokens.TryGetValue(Encoding.UTF8.GetBytes(word), out var token) ? token
            : throw new ArgumentException($"A vocabulary of words has {LineEnd} and {UnknownWord}; {word} is missing.",
                nameof(words));
        (End, unknown) = (Needed(LineEnd), Needed(UnknownWord));
    }

    /// <summary>The words of a text: the most frequent first, of equally frequent ones the earlier.</summary>
    /// <param name="utf8">In parts that do not cut a word.</param>
    /// <param name="most">Tokens at most, the two that are no words included; null for all.</param>
    /// <param name="least">How often a word must occur.</param>
    public static WordTokenizer Of(IEnumerable<ReadOnlyMemory<byte>> utf8, int? most = null, int least = 1)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        var times = new Dictionary<byte[], long>(PieceComparer.Instance);
        var counts = times.GetAlternateLookup<ReadOnlySpan<byte>>();
        foreach (var part in utf8)
        {
            foreach (var (start, length) in Cut(part))
            {
                var word = part.Span.Slice(start, length);
                if (length > 0) counts[word] = (counts.TryGetValue(word, out var so) ? so : 0) + 1;
            }
        }

        var words = times.Where(pair => pair.Value >= least).OrderByDescending(pair => pair.Value)
            .Select(pair => Encoding.UTF8.GetString(pair.Key)).Where(word => word is not LineEnd and not UnknownWord);
        return new WordTokenizer([UnknownWord, LineEnd, .. most is { } n ? words.Take(Math.Max(0, n - 2)) : words]);
    }

    /// <inheritdoc/>
    public override string Kind => "words";

    /// <inheritdoc/>
    public override int Count => bytes.Length;

    /// <inheritdoc/>
    public override int? End { get; }

    /// <summary>In the order of their tokens.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<byte> utf8, List<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var text = utf8.ToArray();
        foreach (var (start, length) in Cut(text))
        {
            tokens.Add(length == 0 ? End!.Value
                : known.TryGetValue(text.AsSpan(start, length), out var token) ? token : unknown);
        }
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes(int token) => (uint)token >= (uint)bytes.Length ? throw NoSuch(token)
        : token == End ? "\n"u8 : bytes[token];

    private protected override ReadOnlySpan<byte> Between(int left, int right) =>
        left == End || right == End ? [] : " "u8;

    // Words by place and length; a line's end has the length 0.
    private static IEnumerable<(int Start, int Length)> Cut(ReadOnlyMemory<byte> text)
    {
        for (var at = 0; at < text.Length;)
        {
            if (text.Span[at] == '\n')
            {
                yield return (at++, 0);
                continue;
            }

            var start = at;
            while (at < text.Length && text.Span[at] > ' ') at++;
            if (at > start) yield return (start, at - start);
            else at++;
        }
    }
}
