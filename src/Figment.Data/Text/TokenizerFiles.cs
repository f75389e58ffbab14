using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Figment.Data.Catalog;

namespace Figment.Data.Text;

/// <summary>Tokenisers in files. Byte pairs are GPT-2's two files, <c>vocab.json</c> (or <c>encoder.json</c>) and
/// <c>merges.txt</c> (or <c>vocab.bpe</c>), which other programs read; characters and words are
/// <c>characters.json</c> and <c>words.json</c>, lists in the order of their tokens.</summary>
public static class TokenizerFiles
{
    private const string Vocabulary = "vocab.json", Merges = "merges.txt";
    private const string Characters = "characters.json", Words = "words.json";
    private const string Cure = "Take the files as they were saved, both from the same model";
    private const long Largest = 64L << 20;

    private static readonly JsonSerializerOptions form = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonSerializerOptions strict = new() { AllowDuplicateProperties = false };

    private static readonly Dictionary<byte, char> signOf =
        BytePairTokenizer.Signs.ToDictionary(pair => pair.Byte, pair => pair.Sign);

    private static readonly Dictionary<char, byte> byteOf =
        BytePairTokenizer.Signs.ToDictionary(pair => pair.Sign, pair => pair.Byte);

    /// <summary>Writes a tokeniser's files.</summary>
    /// <param name="tokenizer">What to write.</param>
    /// <param name="folder">Made if it does not exist.</param>
    public static void Save(Tokenizer tokenizer, string folder)
    {
        Directory.CreateDirectory(folder);
        void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);
        switch (tokenizer)
        {
            case BytePairTokenizer pairs:
                string Name(int token) => token == pairs.End ? BytePairTokenizer.EndOfText : Shown(pairs.Bytes(token));
                var names = Enumerable.Range(0, pairs.Count).ToDictionary(Name);
                Write(Vocabulary, JsonSerializer.Serialize(names, form));
                Write(Merges, "#version: 0.2\n"
                    + string.Concat(pairs.Merges.Select(merge => $"{Name(merge.Left)} {Name(merge.Right)}\n")));
                break;
            case CharacterTokenizer characters:
                Write(Characters, JsonSerializer.Serialize(characters.Characters.Select(c => c.ToString()), form));
                break;
            case WordTokenizer words:
                Write(Words, JsonSerializer.Serialize(words.Words, form));
                break;
            default:
                throw new ArgumentException($"{tokenizer.GetType().Name} has no file", nameof(tokenizer));
        }
    }

    /// <summary>Whether a folder has a tokeniser's files.</summary>
    public static bool Exist(string folder) => Path.Exists(Path.Combine(folder, Characters))
        || Path.Exists(Path.Combine(folder, Words)) || Either(folder, Merges, "vocab.bpe") is not null;

    /// <summary>Reads a tokeniser's files.</summary>
    /// <param name="folder">Where they are.</param>
    /// <exception cref="BadFileException">They are missing, or no tokeniser's.</exception>
    public static Tokenizer Load(string folder)
    {
        if (Either(folder, Characters) is { } characters)
        {
            var list = List(characters);
            return list.All(text => text.EnumerateRunes().Count() == 1)
                ? new CharacterTokenizer([.. list.Select(text => text.EnumerateRunes().First())])
                : throw Bad(characters, "has an entry that is not one character");
        }

        if (Either(folder, Words) is { } words) return new WordTokenizer(List(words));
        return BytePairs(Either(folder, Vocabulary, "encoder.json") ?? Path.Combine(folder, Vocabulary),
            Either(folder, Merges, "vocab.bpe") ?? Path.Combine(folder, Merges));
    }

    /// <summary>Reads byte pairs from GPT-2's two files.</summary>
    /// <param name="vocabulary">Each token's name with its number, JSON.</param>
    /// <param name="merges">A line for each pair, the most frequent first.</param>
    /// <exception cref="BadFileException">They do not fit together, or are no such files.</exception>
    public static BytePairTokenizer BytePairs(string vocabulary, string merges) =>
        BytePairs(vocabulary, Text(vocabulary), merges, Text(merges));

    /// <summary>GPT-2's own byte pairs, 50,257 tokens, found or fetched as data sets are.</summary>
    /// <param name="cache">Where files are looked for and kept; null for this machine's.</param>
    /// <param name="progress">Told what is going on.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="DataUnavailableException">No place could give the files.</exception>
    public static BytePairTokenizer Gpt2(DataCache? cache = null, IProgress<DataProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        var card = VocabularyCatalog.Gpt2;
        var files = (cache ?? new DataCache()).Load(card, progress, cancellation);
        var (vocabulary, merges) = (card.Files[0].Name, card.Files[1].Name);
        return BytePairs(vocabulary, Utf8(vocabulary, files[vocabulary]), merges, Utf8(merges, files[merges]));
    }

    private static BytePairTokenizer BytePairs(string vocabulary, string names, string merges, string lines)
    {
        var tokens = Parse<Dictionary<string, int>>(vocabulary, names, "names with their numbers");
        var byNumber = new string?[tokens.Count];
        foreach (var (name, number) in tokens)
        {
            if ((uint)number >= (uint)byNumber.Length || byNumber[number] is not null)
                throw Bad(vocabulary, $"gives \"{name}\" the number {number}, which is not free below {tokens.Count}");
            byNumber[number] = name;
        }

        int? end = tokens.TryGetValue(BytePairTokenizer.EndOfText, out var special) ? special : null;
        byte[][] bytes = [.. byNumber.Select((name, token) => token == end ? Encoding.UTF8.GetBytes(name!)
            : Hidden(name!) ?? throw Bad(vocabulary, $"has a name, \"{name}\", with a sign that stands for no byte"))];
        foreach (var (b, sign) in BytePairTokenizer.Signs)
        {
            if (!tokens.ContainsKey(sign.ToString())) throw Bad(vocabulary, $"has no token for the byte {b}");
        }

        var pairs = new List<(int, int)>();
        foreach (var (line, text) in lines.Split('\n').Index())
        {
            if (text.Length == 0 || (line == 0 && text.StartsWith("#version", StringComparison.Ordinal))) continue;
            var parts = text.TrimEnd('\r').Split(' ');
            if (parts.Length != 2 || !tokens.TryGetValue(parts[0], out var left)
                || !tokens.TryGetValue(parts[1], out var right) || !tokens.ContainsKey(parts[0] + parts[1]))
                throw Bad(merges, "is not two names whose joined name is in the vocabulary, too", $"line {line + 1}");
            pairs.Add((left, right));
        }

        return new BytePairTokenizer(bytes, pairs, end);
    }

    private static string Shown(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var b in bytes) text.Append(signOf[b]);
        return text.ToString();
    }

    private static byte[]? Hidden(string name) =>
        name.Length > 0 && name.All(byteOf.ContainsKey) ? [.. name.Select(sign => byteOf[sign])] : null;

    private static string? Either(string folder, params string[] names) =>
        names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static List<string> List(string path)
    {
        var list = Parse<List<string>>(path, Text(path), "a list of texts");
        if (list.Count == 0 || list.Any(text => text is null))
            throw Bad(path, "is empty, or has an entry that is none");
        return list.Distinct(StringComparer.Ordinal).Count() == list.Count ? list
            : throw Bad(path, "has an entry twice");
    }

    private static T Parse<T>(string path, string text, string what)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text, strict) ?? throw Bad(path, $"is not {what}");
        }
        catch (JsonException error)
        {
            throw new BadFileException(path, $"is not {what} in JSON", $"line {error.LineNumber + 1}", Cure, error);
        }
    }

    private static string Text(string path)
    {
        using (var stream = FileBytes.Open(path))
        {
            if (stream.Length > Largest) throw Bad(path, $"is larger than {Largest >> 20} MiB");
        }

        return Utf8(path, FileBytes.Read(path));
    }

    private static string Utf8(string path, byte[] bytes)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException error)
        {
            throw new BadFileException(path, "is not UTF-8", $"byte {error.Index}", Cure, error);
        }
    }

    private static BadFileException Bad(string path, string problem, string? where = null) =>
        new(path, problem, where, Cure);
}
