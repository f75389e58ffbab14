using System.Security.Cryptography;
using System.Text;
using Figment.Data.Catalog;
using Figment.Data.Formats;
using Figment.Data.Sets;
using Figment.Data.Tests.Catalog;
using Figment.Data.Tests.Images;
using Xunit;

namespace Figment.Data.Tests.Sets;

public class EmojiTests
{
    private const string Two = """
        [{"name": "RED THING", "category": "Objects", "sheet_x": 0, "sheet_y": 0},
         {"name": "SKIN", "category": "Component", "sheet_x": 0, "sheet_y": 0},
         {"name": "Blue Thing Flag", "category": "Flags", "sheet_x": 1, "sheet_y": 0}]
        """;

    // Means were computed elsewhere, from the sheets' own colours and transparency.
    [Theory]
    [InlineData("emoji", 0.767437, 244, 67, 54)]
    [InlineData("emoji-twitter", 0.737910, 221, 46, 68)]
    public void Both_styles_are_the_published_emoji_on_white(string id, double mean, int r, int g, int b)
    {
        RealSets.Files(id);
        var splits = DataSets.Open(new DataOptions { Source = id });
        Assert.Equal((1526, 190, 190, "3x64x64"),
            (splits.Train.Count, splits.Validation.Count, splits.Test.Count, splits.Shape.ToString()));
        Assert.Equal("1,906 images in a fixed shuffled order: 1,526 for training, then 190 for validation, then 190 for "
            + "testing", splits.Rule);
        var all = CardReader.Read(DataCatalog.Find(id)!, RealSets.Files(id)).Train;
        Assert.Equal([169, 386, 159, 131, 218, 85, 264, 224, 270],
            Enumerable.Range(0, 1906).CountBy(all.Label).OrderBy(pair => pair.Key).Select(pair => pair.Value));
        var heart = Enumerable.Range(0, 1906).Single(i => all.Caption(i) == "heavy black heart");
        var pixels = all.Pixels(heart).ToArray();
        Assert.Equal([r, g, b], Enumerable.Range(0, 3).Select(c => (int)pixels[(c * 4096) + (32 * 64) + 32]));
        Assert.Equal("Smileys & Emotion", all.ClassNames[all.Label(heart)]);
        Assert.Equal(255, pixels[0]);
        var sum = Enumerable.Range(0, 1906).Sum(i => (double)all.Pixels(i).ToArray().Sum(value => (long)value));
        Assert.Equal(mean, sum / 1906 / 12288 / 255, 1e-4);
    }

    [Fact]
    public void Styles_make_pairs_in_every_part()
    {
        RealSets.Files("emoji");
        RealSets.Files("emoji-twitter");
        var (google, twitter) = (DataSets.Open(new DataOptions { Source = "emoji", Size = 32 }),
            DataSets.Open(new DataOptions { Source = "emoji-twitter" }));
        foreach (var split in Enum.GetValues<Split>())
            Assert.Equal(Captions(google[split]), Captions(twitter[split]));
        Assert.Empty(Captions(google.Train).Intersect(Captions(google.Test)));
        Assert.Equal(32, google.Shape.Height);
    }

    [Fact]
    public void Cells_are_cut_without_their_margin_and_laid_on_white()
    {
        var set = CardReader.Read(Small, Files(Two)).Train;
        Assert.Equal(2, set.Count);
        Assert.Equal(("red thing", "blue thing flag"), (set.Caption(0), set.Caption(1)));
        Assert.Equal(("Objects", "Flags"), (set.ClassNames[set.Label(0)], set.ClassNames[set.Label(1)]));
        Assert.Equal([255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255], set.Pixels(0).ToArray());
        Assert.Equal([0, 127, 0, 127, 0, 127, 0, 127, 0, 255, 0, 255], set.Pixels(1).ToArray());
    }

    [Theory]
    [InlineData("""[{"name": "A", "category": "Objects", "sheet_x": 2, "sheet_y": 0}]""", "puts 'a' at column 2, row 0")]
    [InlineData("""[{"name": "A", "category": "Objects", "sheet_x": -1, "sheet_y": 0}]""", "puts 'a' at column -1")]
    [InlineData("""[{"name": "A", "category": "Objects", "sheet_x": 0, "sheet_y": 99999999}]""", "row 99999999")]
    [InlineData("""[{"name": "A", "category": "Weapons", "sheet_x": 0, "sheet_y": 0}]""", "unknown category 'Weapons'")]
    [InlineData("""[{"name": "A", "category": "Objects", "sheet_x": 0.5, "sheet_y": 0}]""", "is no list of emoji")]
    [InlineData("""[{"name": null, "category": "Objects", "sheet_x": 0, "sheet_y": 0}]""", "an emoji has no name")]
    [InlineData("""[{"name": "A", "sheet_x": 0, "sheet_y": 0}]""", "is no list of emoji")]
    [InlineData("""[{"name": "A", "category": "Obj""", "is no list of emoji")]
    [InlineData("""{"emoji": []}""", "is no list of emoji")]
    [InlineData("[]", "names no emoji")]
    public void A_list_that_is_wrong_is_told(string list, string problem) =>
        Assert.Contains(problem, Assert.Throws<BadFileException>(() => CardReader.Read(Small, Files(list))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_sheet_that_is_cut_off_is_told()
    {
        var files = Files(Two);
        files["sheet.png"] = files["sheet.png"][..^20];
        Assert.Contains("sheet.png", Assert.Throws<BadFileException>(() => CardReader.Read(Small, files)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_gives_its_two_files_and_a_truncated_one_nothing()
    {
        using var folder = new Folder();
        var files = Files(Two);
        var archive = CacheTests.Archive([("package/other.bin", new byte[3 << 20]), ("package/emoji.json",
            files["emoji.json"]), ("package/img/sheet.png", files["sheet.png"])]);
        DataCard Of(byte[] bytes) => Small with
        {
            Files = [Known("sheet.png"), Known("emoji.json")],
            Origins = [new NpmOrigin("x", "1.0.0", Hash(bytes), new Dictionary<string, string>
            {
                ["sheet.png"] = "package/img/sheet.png",
                ["emoji.json"] = "package/emoji.json",
            })],
        };
        DataFile Known(string name) => new(name, files[name].Length, Hash(files[name]));
        IReadOnlyDictionary<string, byte[]> Load(byte[] bytes, string cache) =>
            new DataCache(new DataLocations(folder[cache], [], folder["root"]), [new FakeClient("npm", "x.tgz", bytes)])
                .Load(Of(bytes), cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(2, CardReader.Read(Small, Load(archive, "one")).Train.Count);
        var cut = Assert.Throws<DataUnavailableException>(() => Load(archive[..(archive.Length - 60)], "two"));
        Assert.Contains(cut.Tried, line => line.StartsWith("npm pack x@1.0.0: ", StringComparison.Ordinal));
        Assert.Equal(["two/emoji.lock"], folder.Files().Where(file => file.StartsWith("two", StringComparison.Ordinal)));
    }

    // Pictures of 2 x 2 in cells of 4 x 4: red above nothing; half-transparent blue. The margins are green.
    private static Dictionary<string, byte[]> Files(string list)
    {
        byte[] green = [0, 255, 0, 255], red = [255, 0, 0, 255], blue = [0, 0, 255, 128], none = [0, 0, 0, 0],
            black = [0, 0, 0, 255];
        byte[] edge = [.. Enumerable.Repeat(green, 8).SelectMany(pixel => pixel)];
        return new(StringComparer.Ordinal)
        {
            ["sheet.png"] = PngMaker.Of(8, 4, 8, 6).Rows(edge,
                [.. green, .. red, .. red, .. green, .. green, .. black, .. blue, .. green],
                [.. green, .. red, .. none, .. green, .. green, .. black, .. blue, .. green], edge).End(),
            ["emoji.json"] = Encoding.UTF8.GetBytes(list),
        };
    }

    private static DataCard Small => DataCatalog.Find("emoji")! with
    {
        Shape = new(3, 2, 2),
        Train = new("sheet.png", "emoji.json"),
    };

    private static string[] Captions(IImageSource set) => [.. Enumerable.Range(0, set.Count).Select(i => set.Caption(i)!)];

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
