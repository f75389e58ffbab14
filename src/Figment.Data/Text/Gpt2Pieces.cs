using System.Buffers;
using System.Globalization;
using System.Text;

namespace Figment.Data.Text;

/// <summary>Cuts text into the pieces within which GPT-2's byte pairs are merged (Radford et al. 2019; the pattern of
/// the authors' code): the endings 's 't 're 've 'm 'll 'd; letters, digits or other signs with at most one space
/// before; white space, of which the last goes to what follows.</summary>
/// <remarks>Written out, because .NET's regular expressions see the halves of characters beyond the basic plane one by
/// one and know none of them for a letter. Bytes that are no UTF-8 count as other signs, one by one.</remarks>
internal static class Gpt2Pieces
{
    private enum Sign : byte
    {
        Letter,
        Digit,
        Space,
        Other,
    }

    private static readonly Sign[] ascii = [.. Enumerable.Range(0, 128).Select(c => Of(new Rune(c)))];

    /// <summary>Length in bytes of the piece that a text begins with.</summary>
    /// <param name="text">Not empty.</param>
    public static int First(ReadOnlySpan<byte> text)
    {
        if (text[0] == '\'' && Ending(text) is var ending and > 0) return ending;
        var first = Next(text, out var length);
        if (first != Sign.Space) return Run(text, 0, first);
        if (text[0] == ' ' && text.Length > 1 && Next(text[1..], out _) is var second and not Sign.Space)
            return Run(text, 1, second);
        // White space: all of it at the text's end; before something else all but its last; one alone stands for
        // itself.
        var (end, last) = (length, 0);
        while (end < text.Length)
        {
            if (Next(text[end..], out length) != Sign.Space) return last > 0 ? last : end;
            (last, end) = (end, end + length);
        }

        return end;
    }

    private static int Run(ReadOnlySpan<byte> text, int start, Sign sign)
    {
        var end = start;
        while (end < text.Length && Next(text[end..], out var length) == sign) end += length;
        return end;
    }

    private static int Ending(ReadOnlySpan<byte> text)
    {
        if (text.Length < 2) return 0;
        if (text[1] is (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d') return 2;
        return text.Length > 2 && (text[1], text[2]) is ((byte)'r', (byte)'e') or ((byte)'v', (byte)'e')
            or ((byte)'l', (byte)'l') ? 3 : 0;
    }

    private static Sign Next(ReadOnlySpan<byte> text, out int length)
    {
        length = 1;
        if (text[0] < 128) return ascii[text[0]];
        if (Rune.DecodeFromUtf8(text, out var rune, out var read) != OperationStatus.Done) return Sign.Other;
        length = read;
        return Of(rune);
    }

    private static Sign Of(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Sign.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Sign.Digit,
        _ => Rune.IsWhiteSpace(rune) ? Sign.Space : Sign.Other,
    };
}
