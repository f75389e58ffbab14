using System.Text;
using Figment.Data.Text;
using Xunit;

namespace Figment.Data.Tests.Text;

public class TokenizerTests
{
    private static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static BytePairTokenizer Pairs(string text, int count) => BytePairTraining.Learn([Utf8(text)], count);

    private const string Rhyme = "low low low low low lower lower newest newest newest newest newest newest widest widest widest";

    [Theory]
    [InlineData("Hello, world!", "Hello|,| world|!")]
    [InlineData("it's they'll we've I'm you'd they're don't 'S", "it|'s| they|'ll| we|'ve| I|'m| you|'d| they|'re| don|'t| '|S")]
    [InlineData("a  b   c", "a| | b|  | c")]
    [InlineData("a\n\nb \n c", "a|\n|\n|b| \n| c")]
    [InlineData("end  ", "end|  ")]
    [InlineData("\t\tx", "\t|\t|x")]
    [InlineData(" 42,000½", " 42|,|000½")]
    [InlineData("𝔸𝔹 𝓐", "𝔸𝔹| 𝓐")]
    [InlineData("한국어 안녕", "한국어| 안녕")]
    [InlineData("👍🏽ok", "👍🏽|ok")]
    [InlineData("naïve e\u0301", "naïve| e|\u0301")]
    public void Text_is_cut_as_by_the_published_pattern(string text, string pieces)
    {
        var found = new List<string>();
        for (var rest = Utf8(text).Span; !rest.IsEmpty;)
        {
            var piece = rest[..Gpt2Pieces.First(rest)];
            found.Add(Encoding.UTF8.GetString(piece));
            rest = rest[piece.Length..];
        }

        Assert.Equal(pieces, string.Join('|', found));
    }

    /// <summary>Sennrich et al. 2016, algorithm 1: es, then est, then lo or low.</summary>
    [Fact]
    public void The_most_frequent_pair_is_merged_first()
    {
        var pairs = Pairs(Rhyme, 264);
        var merged = pairs.Merges.Take(4).Select(merge => Encoding.UTF8.GetString(pairs.Bytes(merge.Left)) + "+"
            + Encoding.UTF8.GetString(pairs.Bytes(merge.Right))).ToList();
        Assert.Equal("e+s", merged[0]); // nine times, as s+t, whose left token is higher
        Assert.Equal("es+t", merged[1]);
        Assert.Contains("l+o", merged);
        Assert.Equal(264, pairs.Count);
        Assert.Equal(263, pairs.End);
    }

    [Fact]
    public void Learning_is_the_same_each_time_and_merges_as_it_learned()
    {
        var text = string.Concat(Enumerable.Range(0, 400).Select(i => $"{Rhyme} {i} straße 한국 {i * 7919 % 113}\n"));
        var (one, other) = (Pairs(text, 400), Pairs(text, 400));
        Assert.Equal(one.Merges, other.Merges);
        var tokens = one.Encode(text);
        Assert.Equal(tokens, other.Encode(text));
        Assert.Equal(text, one.Decode(tokens));
        Assert.True(tokens.Length < Utf8(text).Length / 2);
        // No pair that was learned is left standing.
        var ranks = one.Merges.ToHashSet();
        for (var rest = Utf8(text).Span; !rest.IsEmpty;)
        {
            var piece = one.Encode(Encoding.UTF8.GetString(rest[..Gpt2Pieces.First(rest)]));
            Assert.DoesNotContain(piece.Zip(piece[1..]), pair => ranks.Contains(pair));
            rest = rest[Gpt2Pieces.First(rest)..];
        }
    }

    [Fact]
    public void Any_bytes_come_back_as_they_were()
    {
        var pairs = Pairs(string.Concat(Enumerable.Repeat(Rhyme + " 안녕하세요 \U0001f600 ", 5)), 300);
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (round % 2 == 0)
                bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 60).Select(_ => random.Next(4) switch
                {
                    0 => " ",
                    1 => "newest",
                    2 => char.ConvertFromUtf32(random.Next(0x20, 0xD800)),
                    _ => char.ConvertFromUtf32(random.Next(0x10000, 0x1F700)),
                })));
            var tokens = new List<int>();
            pairs.Encode(bytes, tokens);
            Assert.Equal(bytes, pairs.DecodeBytes([.. tokens]));
        }
    }

    [Fact]
    public void The_end_of_text_in_a_text_is_text()
    {
        var pairs = Pairs(Rhyme, 270);
        Assert.DoesNotContain(pairs.End!.Value, pairs.Encode("a<|endoftext|>b"));
        Assert.Equal("<|endoftext|>", pairs.Decode([pairs.End.Value]));
    }

    [Fact]
    public void A_huge_piece_takes_little_time()
    {
        var pairs = Pairs(Rhyme, 280);
        var text = string.Concat(Enumerable.Repeat("lowest", 200_000));
        Assert.Equal(text, pairs.Decode(pairs.Encode(text)));
    }

    [Fact]
    public void Characters_are_those_of_the_text_in_their_order()
    {
        var characters = CharacterTokenizer.Of([Utf8("hé\n"), Utf8("llo 😀")]);
        Assert.Equal(7, characters.Count);
        Assert.Equal("\n hloé😀", string.Concat(characters.Characters));
        Assert.Equal("hello 😀".Replace('e', 'é'), characters.Decode(characters.Encode("héllo 😀")));
        var error = Assert.Throws<UnknownTextException>(() => characters.Encode("hex"));
        Assert.Contains("'e' (U+0065)", error.Message, StringComparison.Ordinal);
        Assert.Throws<UnknownTextException>(() => characters.Encode([0x68, 0xFF], []));
    }

    [Fact]
    public void Words_are_the_most_frequent_ones_and_lines_end()
    {
        var words = WordTokenizer.Of([Utf8(" b a a \n c b a <unk> \n")]);
        Assert.Equal(["<unk>", "<eos>", "a", "b", "c"], words.Words);
        var tokens = words.Encode(" a  z b \n a");
        Assert.Equal([2, 0, 3, 1, 2], tokens);
        Assert.Equal("a <unk> b\na", words.Decode(tokens));
        Assert.Equal(3, WordTokenizer.Of([Utf8("b a a")], most: 3).Count);
        Assert.Equal(3, WordTokenizer.Of([Utf8("b a a")], least: 2).Count);
    }

    public static TheoryData<string> Kinds => ["characters", "words", "bytes"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Files_bring_back_the_same_tokenizer(string kind)
    {
        var text = string.Concat(Enumerable.Repeat(Rhyme + " \"quoted\" 안녕 \U0001f600 <b>\n", 3));
        Tokenizer tokenizer = kind switch
        {
            "characters" => CharacterTokenizer.Of([Utf8(text)]),
            "words" => WordTokenizer.Of([Utf8(text)]),
            _ => Pairs(text, 290),
        };
        using var folder = new Folder();
        Assert.False(TokenizerFiles.Exist(folder.Path));
        TokenizerFiles.Save(tokenizer, folder.Path);
        Assert.True(TokenizerFiles.Exist(folder.Path));
        var loaded = TokenizerFiles.Load(folder.Path);
        Assert.Equal((tokenizer.Kind, tokenizer.Count, tokenizer.End), (loaded.Kind, loaded.Count, loaded.End));
        Assert.Equal(tokenizer.Encode(text), loaded.Encode(text));
    }

    [Theory]
    [InlineData("{", "#version: 0.2\n", "vocab.json")] // cut off
    [InlineData("{\"a\": 0, \"a\": 1}", "", "vocab.json")] // twice
    [InlineData("{\"a\": 0, \"b\": 0}", "", "\"b\" the number 0")]
    [InlineData("{\"a\": 7}", "", "the number 7")]
    [InlineData("{\"a\": 0}", "", "no token for the byte")]
    [InlineData("[1, 2]", "", "vocab.json")]
    [InlineData(null, "#version: 0.2\nu e\nq\n", "line 3")]
    [InlineData(null, "q zzz\n", "line 1")]
    public void Files_that_do_not_fit_are_refused(string? vocabulary, string merges, string says)
    {
        using var folder = new Folder();
        TokenizerFiles.Save(Pairs("queue queue qu", 262), folder.Path);
        if (vocabulary is not null) File.WriteAllText(Path.Combine(folder.Path, "vocab.json"), vocabulary);
        File.WriteAllText(Path.Combine(folder.Path, "merges.txt"), merges);
        var error = Assert.Throws<BadFileException>(() => TokenizerFiles.Load(folder.Path));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_and_tokens_are_told()
    {
        using var folder = new Folder();
        Assert.Contains("vocab.json", Assert.Throws<BadFileException>(() => TokenizerFiles.Load(folder.Path)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Pairs(Rhyme, 260).Bytes(260));
        Assert.Throws<ArgumentOutOfRangeException>(() => Pairs(Rhyme, 256));
    }
}
