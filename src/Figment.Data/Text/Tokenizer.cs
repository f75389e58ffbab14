namespace Figment.Data.Text;

/// <summary>Turns text into numbers, its tokens, and back. Text is UTF-8; where bytes are no text the byte-level
/// tokeniser keeps them as they are, and the others refuse them.</summary>
public abstract class Tokenizer
{
    private protected Tokenizer() { }

    /// <summary>What it cuts text into, as options and files name it: <c>characters</c>, <c>words</c>,
    /// <c>bytes</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Tokens run from 0 to one less.</summary>
    public abstract int Count { get; }

    /// <summary>The token that ends a text; null where there is none.</summary>
    public virtual int? End => null;

    /// <summary>The tokens of a text, behind those that a list has already.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="tokens">Takes them.</param>
    /// <exception cref="UnknownTextException">The text has a part that no token stands for.</exception>
    public abstract void Encode(ReadOnlySpan<byte> utf8, List<int> tokens);

    /// <summary>The bytes of a token.</summary>
    /// <param name="token">Below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public abstract ReadOnlySpan<byte> Bytes(int token);

    /// <summary>What stands between two tokens in a text: a space between words, otherwise nothing.</summary>
    private protected virtual ReadOnlySpan<byte> Between(int left, int right) => [];

    /// <summary>The tokens of a text.</summary>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokens = new List<int>();
        Encode(System.Text.Encoding.UTF8.GetBytes(text), tokens);
        return [.. tokens];
    }

    /// <summary>The text of tokens, as UTF-8; a text cut within a character is cut there, too.</summary>
    public byte[] DecodeBytes(ReadOnlySpan<int> tokens)
    {
        using var text = new MemoryStream(tokens.Length * 4);
        for (var i = 0; i < tokens.Length; i++)
        {
            if (i > 0) text.Write(Between(tokens[i - 1], tokens[i]));
            text.Write(Bytes(tokens[i]));
        }

        return text.ToArray();
    }

    /// <summary>The text of tokens; bytes that are no text become U+FFFD.</summary>
    public string Decode(ReadOnlySpan<int> tokens) => System.Text.Encoding.UTF8.GetString(DecodeBytes(tokens));

    private protected ArgumentOutOfRangeException NoSuch(int token) => new(nameof(token), token,
        $"Tokens of this vocabulary lie in [0, {Count}).");
}

/// <summary>A text has a part that a vocabulary does not know.</summary>
/// <param name="message">What, where, and what to do.</param>
public sealed class UnknownTextException(string message) : Exception(message);
