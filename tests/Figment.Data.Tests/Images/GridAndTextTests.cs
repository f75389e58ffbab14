using System.Text;
using Figment.Data.Images;
using Xunit;

namespace Figment.Data.Tests.Images;

public class GridAndTextTests
{
    private static readonly ImageShape two = new(1, 1, 2);

    [Fact]
    public void Images_stand_in_reading_order_between_padding()
    {
        var grid = new ImageGrid { Columns = 2, Padding = 1, Background = 9 }.Tile((byte[])[1, 2, 3, 4, 5, 6], two);
        Assert.Equal((7, 5), (grid.Width, grid.Height));
        Assert.Equal<byte>(
        [
            9, 9, 9, 9, 9, 9, 9,
            9, 1, 2, 9, 3, 4, 9,
            9, 9, 9, 9, 9, 9, 9,
            9, 5, 6, 9, 9, 9, 9,
            9, 9, 9, 9, 9, 9, 9,
        ], grid.Pixels.ToArray());
    }

    [Fact]
    public void Planes_become_pixels_and_pixels_blocks()
    {
        var grid = new ImageGrid { Padding = 0, Scale = 2 }.Tile((byte[])[1, 2, 3], new ImageShape(3, 1, 1));
        Assert.Equal<byte>([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3], grid.Pixels.ToArray());
    }

    [Fact]
    public void The_padding_of_transparent_images_is_opaque()
    {
        var grid = new ImageGrid { Padding = 1 }.Tile((byte[])[1, 2, 3, 4], new ImageShape(4, 1, 1));
        Assert.Equal<byte>([0, 0, 0, 255], grid.Pixels[..4].ToArray());
        Assert.Equal<byte>([1, 2, 3, 4], grid.Pixels.Slice(16, 4).ToArray());
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 3, 2)]
    [InlineData(100, 10, 10)]
    public void Grids_are_as_square_as_can_be(int count, int columns, int rows)
    {
        var grid = new ImageGrid { Padding = 0 }.Tile(new byte[count], new ImageShape(1, 1, 1));
        Assert.Equal((columns, rows), (grid.Width, grid.Height));
    }

    [Fact]
    public void Numbers_are_cut_off_at_black_and_white()
    {
        var grid = new ImageGrid { Padding = 0, Columns = 2 }.Tile((float[])[-0.5f, 0.5f, 1.5f, float.NaN], two);
        Assert.Equal<byte>([0, 128, 255, 0], grid.Pixels.ToArray());
        Assert.Throws<ArgumentException>(() => new ImageGrid().Tile(new byte[3], two));
        Assert.Throws<ArgumentException>(() => new ImageGrid().Tile(ReadOnlySpan<byte>.Empty, two));
    }

    [Fact]
    public void A_grid_goes_to_a_file_and_back_with_its_settings()
    {
        var grid = new ImageGrid().Tile(new byte[784 * 9], new ImageShape(1, 28, 28));
        var png = PngText.Write(grid.Encode(ImageFormat.Png), [new("figment.command", "figment sample --seed 7"),
            new("figment.settings", "{\"temperature\": 0.5, \"names\": \"Пример, 例\"}\n")]);
        Assert.Equal(grid.Pixels.ToArray(), Image.Decode(png, "grid.png").Pixels.ToArray());
        Assert.Equal([new("figment.command", "figment sample --seed 7"),
            new("figment.settings", "{\"temperature\": 0.5, \"names\": \"Пример, 例\"}\n")],
                PngText.Read(png, "grid.png"));

        var again = PngText.Write(png, [new("figment.command", "other")]);
        Assert.Equal(["figment.command", "figment.settings"], PngText.Read(again, "x").Select(pair => pair.Key));
        Assert.Equal("other", PngText.Read(again, "x")[0].Value);
    }

    [Fact]
    public void Texts_of_other_programs_are_read()
    {
        var packed = PngMaker.Deflate(Encoding.UTF8.GetBytes("Füße"));
        var png = PngMaker.Of(1, 1, 8, 0)
            .Chunk("tEXt", [.. "Software"u8, 0, 0xE4])
            .Chunk("zTXt", [.. "Comment"u8, 0, 0, .. PngMaker.Deflate([0x61, 0xFC])])
            .Chunk("iTXt", [.. "Title"u8, 0, 1, 0, .. "de"u8, 0, .. "Titel"u8, 0, .. packed])
            .Rows([0]).End();
        Assert.Equal([new("Software", "ä"), new("Comment", "aü"), new("Title", "Füße")], PngText.Read(png, "x"));
    }

    [Fact]
    public void Bad_texts_are_refused_in_both_directions()
    {
        byte[] Png(string type, byte[] data) => PngMaker.Of(1, 1, 8, 0).Chunk(type, data).Rows([0]).End();
        (byte[], string)[] bad =
        [
            (Png("tEXt", [.. "no end"u8]), "without a proper name"),
            (Png("tEXt", [0, 65]), "without a proper name"),
            (Png("iTXt", [.. "a"u8, 0, 0]), "cut off"),
            (Png("iTXt", [.. "a"u8, 0, 0, 0, 0, 0, 0xFF, 0xFE]), "not UTF-8"),
            (Png("iTXt", [.. "a"u8, 0, 1, 7, 0, 0, 1]), "unknown compression"),
            (Png("zTXt", [.. "a"u8, 0, 0, 1, 2, 3]), "cannot be unpacked"),
            (Png("zTXt", [.. "a"u8, 0, 0, .. PngMaker.Deflate(new byte[3 << 20])]), "more than 1 MiB"),
            (Png("tEXt", [.. "a"u8, 0, .. new byte[(1 << 20) + 1]]), "more than 1 MiB"),
        ];
        foreach (var (file, why) in bad)
        {
            Assert.Contains(why, Assert.Throws<BadFileException>(() => PngText.Read(file, "x")).Message,
                StringComparison.Ordinal);
        }

        var good = PngMaker.Of(1, 1, 8, 0).Rows([0]).End();
        foreach (var name in new[] { "", " a", new string('a', 80), "line\nbreak", "例" })
            Assert.Throws<ArgumentException>(() => PngText.Write(good, [new(name, "x")]));
        Assert.Throws<ArgumentException>(() => PngText.Write(good, [new("a", "nul\0")]));
        Assert.Throws<ArgumentException>(() => PngText.Write(good, [new("a", "1"), new("a", "2")]));
    }
}
