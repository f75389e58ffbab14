namespace Figment.Data.Catalog;

/// <summary>The emoji, each style a set of its own.</summary>
public static partial class DataCatalog
{
    private const string EmojiVersion = "16.0.0", EmojiList = "emoji.json";

    private static DataCard[] EmojiCards() =>
    [
        Emoji("emoji", "google", "Emoji, Google's style (Noto)", "Google Noto Emoji 2.048",
            "Apache 2.0 (pictures: Google), MIT (list: Cal Henderson)",
            "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
            new("emoji-google-64.png", 13_842_666, "795a0c598d162c9a4aae23f2188c607b8c9bc1912cb7d84382459f8de91a3ae1")),
        Emoji("emoji-twitter", "twitter", "Emoji, Twitter's style (Twemoji)", "Twemoji 16.0.1",
            "CC BY 4.0 (pictures: Twitter and contributors), MIT (list: Cal Henderson)",
            "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
            new("emoji-twitter-64.png", 11_283_284,
                "daa7711b29897de6bd811a4cfeae911d8d8baa7f7e25c97d9b64354ae425ff5c")),
    ];

    private static DataCard Emoji(string id, string style, string title, string source, string licence, string sha256,
        DataFile sheet) => new()
        {
            Id = id,
            Title = title,
            Description = "1,906 emoji of Unicode 16, 64x64, RGB, laid on white, with their names; the class is the "
                + "category. Without skin tones, which repeat a picture, and without the five swatches of skin tones. "
                + "The same emoji lie in the same part and place in every style, so styles make pairs.",
            Citation = $"{source}, as in emoji-data {EmojiVersion} by C. Henderson, 2024",
            Licence = licence,
            HomePage = new("https://github.com/iamcal/emoji-data"),
            Layout = DataLayout.EmojiSheet,
            Shape = new(3, 64, 64),
            ClassNames =
            [
                "Smileys & Emotion", "People & Body", "Animals & Nature", "Food & Drink", "Travel & Places",
                "Activities", "Objects", "Symbols", "Flags",
            ],
            Ordered = true,
            Train = new(sheet.Name, EmojiList),
            Files =
            [
                sheet,
                new(EmojiList, 1_313_457, "1d602e65be88772bf8cc368ce16b855d719eeddbafe128d471b80203f494d29f"),
            ],
            Origins =
            [
                new NpmOrigin($"emoji-datasource-{style}", EmojiVersion, sha256, new Dictionary<string, string>
                {
                    [sheet.Name] = $"package/img/{style}/sheets/64.png",
                    [EmojiList] = $"package/{EmojiList}",
                }),
            ],
        };
}
