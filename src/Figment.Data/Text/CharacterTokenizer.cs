using System.Buffers;
using System.Text;

namespace Figment.Data.Text;

/// <summary>A token for each character (Unicode scalar value) that occurred where the vocabulary comes from.</summary>
public sealed class CharacterTokenizer : Tokenizer
{
    private readonly Dictionary<Rune, int> tokens;
    private readonly byte[][] bytes;

    /// <param name="characters">In the order of their tokens, each once.</param>
    public CharacterTokenizer(IReadOnlyList<Rune> characters)
    {
        ArgumentNullException.ThrowIfNull(characters);
        Characters = characters;
        tokens = characters.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        bytes = [.. characters.Select(c => Encoding.UTF8.GetBytes(c.ToString()))];
    }

    /// <summary>The characters of a text, by their numbers in Unicode.</summary>
    /// <param name="utf8">In parts that do not cut a character.</param>
    public static CharacterTokenizer Of(IEnumerable<ReadOnlyMemory<byte>> utf8)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        var found = new SortedSet<Rune>();
        foreach (var part in utf8)
            Walk(part.Span, found, static (rune, set) => set.Add(rune));
        return new CharacterTokenizer([.. found]);
    }

    /// <inheritdoc/>
    public override string Kind => "characters";

    /// <inheritdoc/>
    public override int Count => bytes.Length;

    /// <summary>In the order of their tokens.</summary>
    public IReadOnlyList<Rune> Characters { get; }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<byte> utf8, List<int> tokens) =>
        Walk(utf8, (Known: this.tokens, Tokens: tokens), static (rune, to) =>
        {
            if (!to.Known.TryGetValue(rune, out var token))
                throw new UnknownTextException($"The character '{rune}' (U+{rune.Value:X4}) did not occur in the text "
                    + "that the vocabulary of characters comes from. Leave it out, or train with the tokeniser "
                    + "'bytes'.");
            to.Tokens.Add(token);
        });

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes(int token) =>
        (uint)token < (uint)bytes.Length ? bytes[token] : throw NoSuch(token);

    private static void Walk<T>(ReadOnlySpan<byte> text, T state, Action<Rune, T> visit)
    {
        for (var at = 0; at < text.Length;)
        {
            if (Rune.DecodeFromUtf8(text[at..], out var rune, out var length) != OperationStatus.Done)
                throw new UnknownTextException($"Byte {at} of the text is not UTF-8, so it is no character. Convert "
                    + "the text, or take the tokeniser 'bytes', which keeps any bytes.");
            visit(rune, state);
            at += length;
        }
    }
}
