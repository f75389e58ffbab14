using System.Text;
using Figment.Data.Catalog;
using Figment.Data.Text;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Xunit;

namespace Figment.Models.Tests.Text;

/// <summary>GPT-2's byte pairs as the published algorithm has them, on sentences with emoji, Korean, mathematical letters and
/// odd spaces (tests/golden/byte_pairs.py).</summary>
public class BytePairGoldenTests : EngineTest
{
    private static readonly string[] parts =
    [
        "the", " the", " quick", " brown", "fox", " jumps", "it's", " I'll", "we've", " they're", "he'd", "'m", "'tis", "'S",
        " ", "  ", "   ", "\n", "\n\n", "\t", " \n ", "\u00a0", "\u3000", "\u2028", "\u200b", "\ufeff", "0", " 42", "1,234.5",
        "\u00bd", "\u0664\u0662", "\u2167", ".", ", ", "!?", " (", ")", "--", "\"", " \u2026", "\u20ac", "#include", "don't",
        "\u00e9t\u00e9", " na\u00efve", "e\u0301", "\ud55c\uad6d\uc5b4", " \uc548\ub155\ud558\uc138\uc694",
        "\u65e5\u672c\u8a9e", " \u4f60\u597d", "\u0440\u0443\u0441\u0441\u043a\u0438\u0439",
        "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "\u0939\u093f\u0928\u094d\u0926\u0940", "\U0001d538\U0001d539",
        " \U0001d4d0\U0001d4d1\U0001d4d2", "\U0001d7d8\U0001d7d9", "\U0001f600", " \U0001f44d\U0001f3fd",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u2764\ufe0f", "\U0001f1f0\U0001f1f7", " x\u00b2", "\U00020000",
        "unbelievable", " antidisestablishmentarianism", "http://a.b/c?d=e", "_under_score", "CamelCase",
        "aaaaaaaaaaaaaaaaaaaaaaaa", "\r\n",
    ];

    [Fact]
    public void Ten_thousand_sentences_have_the_published_tokens()
    {
        var pairs = Gpt2();
        var golden = GoldenFile.Open("byte_pairs").Doubles;
        var (lengths, sums, first) = (golden["lengths"], golden["sums"], golden["first"]);
        var begun = new List<int>();
        for (uint s = 0; s < 10_000; s++)
        {
            var count = 3 + (GoldenNumbers.Hash(s, 0) % 16);
            var text = new StringBuilder();
            for (uint p = 1; p <= count; p++) text.Append(parts[GoldenNumbers.Hash(s, p) % parts.Length]);
            var tokens = pairs.Encode(text.ToString());
            if (s < 20) begun.AddRange(tokens);
            Assert.True(tokens.Length == lengths[s]
                && tokens.Index().Sum(pair => pair.Item * (pair.Index + 1L)) % (1L << 31) == sums[s], $"sentence {s}: {text}");
            Assert.Equal(text.ToString(), pairs.Decode(tokens));
        }

        Assert.Equal(first.Select(token => (int)token), begun);
    }

    [Fact]
    public void Its_numbers_are_known()
    {
        var pairs = Gpt2();
        Assert.Equal((50_257, 50_256), (pairs.Count, pairs.End));
        Assert.Equal([31373], pairs.Encode("hello"));
    }

    private static BytePairTokenizer Gpt2()
    {
        try
        {
            return TokenizerFiles.Gpt2();
        }
        catch (DataUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }
}
