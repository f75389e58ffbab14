using Figment.Data.Images;
using Figment.Data.Native;
using Xunit;

namespace Figment.Data.Tests.Images;

public sealed class PictureTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_bridge_is_found_and_tells_its_version()
    {
        Assert.True(MediaLibrary.IsAvailable);
        Assert.Matches(@"^4\.\d+\.\d+", MediaLibrary.OpenCvVersion);
    }

    [Fact]
    public void The_bridge_is_looked_for_in_order()
    {
        folder.Write("checkout/Figment.slnx", []);
        var assembly = Directory.CreateDirectory(folder["checkout/src/X/bin"]).FullName;
        Assert.Equal(
            ["/elsewhere/libfigment_media.so", Path.Combine(assembly, "libfigment_media.so"),
                folder["checkout/build/native/lib/libfigment_media.so"]],
            MediaLibrary.Candidates("/elsewhere", assembly));
        Assert.Equal(2, MediaLibrary.Candidates("", assembly).Count());
    }

    [Fact]
    public void A_missing_bridge_says_where_it_was_looked_for_and_how_to_get_it()
    {
        var text = new MediaLibraryMissingException("  /x/libfigment_media.so: no such file").Message;
        Assert.Contains("/x/libfigment_media.so: no such file", text, StringComparison.Ordinal);
        Assert.Contains("Run ./figment once", text, StringComparison.Ordinal);
        Assert.Contains("libopencv-imgcodecs-dev", text, StringComparison.Ordinal);
        Assert.Contains("FIGMENT_NATIVE", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Jpeg_keeps_colours_nearly_and_in_their_order()
    {
        byte[] pixels = [.. Enumerable.Range(0, 32 * 32).SelectMany(_ => new byte[] { 200, 100, 30 })];
        var file = new Image(32, 32, 3, pixels).Encode(ImageFormat.Jpeg, 95);
        var back = Image.Decode(file, "x.jpg");
        Assert.Equal(new ImageShape(3, 32, 32), back.Shape);
        Assert.All(back.Pixels.ToArray().Zip(pixels), pair => Assert.InRange(pair.First - pair.Second, -2, 2));
        Assert.Equal(new ImageHeader(ImageFormat.Jpeg, 32, 32, 3, 8, 1), ImageHeader.Read(file, "x.jpg"));
        var grey = Image.Decode(new Image(32, 32, 1, new byte[1024]).Encode(ImageFormat.Jpeg), "g.jpg");
        Assert.Equal(1, grey.Channels);
        Assert.Throws<InvalidOperationException>(() => new Image(1, 1, 4, new byte[4]).Encode(ImageFormat.Jpeg));
    }

    // Where the four corners of a 16 x 8 picture (dark, bright on the top row, ...) are seen after each orientation.
    [Theory]
    [InlineData(1, 16, 8, new[] { 0, 80, 160, 240 })]
    [InlineData(2, 16, 8, new[] { 80, 0, 240, 160 })]
    [InlineData(3, 16, 8, new[] { 240, 160, 80, 0 })]
    [InlineData(4, 16, 8, new[] { 160, 240, 0, 80 })]
    [InlineData(5, 8, 16, new[] { 0, 160, 80, 240 })]
    [InlineData(6, 8, 16, new[] { 160, 0, 240, 80 })]
    [InlineData(7, 8, 16, new[] { 240, 80, 160, 0 })]
    [InlineData(8, 8, 16, new[] { 80, 240, 0, 160 })]
    public void Photographs_stand_upright(int orientation, int width, int height, int[] corners)
    {
        var pixels = new byte[16 * 8];
        for (var y = 0; y < 8; y++)
        {
            for (var x = 0; x < 16; x++)
                pixels[y * 16 + x] = (byte)((y < 4 ? 0 : 160) + (x < 8 ? 0 : 80));
        }

        var jpeg = new Image(16, 8, 1, pixels).Encode(ImageFormat.Jpeg, 100);
        var png = new Image(16, 8, 1, pixels).Encode(ImageFormat.Png);
        foreach (var bigEndian in new[] { false, true })
        {
            byte[] exif = Exif(orientation, bigEndian);
            byte[] segment = [0xFF, 0xE1, 0, (byte)(8 + exif.Length), .. "Exif\0\0"u8, .. exif];
            byte[] chunk = PngMaker.Encode("eXIf", exif);
            foreach (var file in new byte[][]
                { [.. jpeg[..2], .. segment, .. jpeg[2..]], [.. png[..33], .. chunk, .. png[33..]] })
            {
                var image = Image.Decode(file, "photo");
                Assert.Equal((width, height), (image.Width, image.Height));
                var seen = new[] { image.Pixels[0], image.Pixels[width - 1], image.Pixels[^width], image.Pixels[^1] };
                Assert.All(seen.Zip(corners), pair => Assert.InRange(pair.First, pair.Second - 3, pair.Second + 3));
            }
        }
    }

    [Fact]
    public void Senseless_orientation_data_change_nothing()
    {
        byte[][] blocks =
        [
            [], [1, 2, 3], Exif(0, false), Exif(9, true), Exif(6, false)[..9], [.. "II"u8, 42, 0, 255, 255, 255, 255],
            [.. "MM"u8, 0, 42, 0, 0, 0, 8, 255, 255], [.. "XX"u8, 42, 0, 8, 0, 0, 0, 1, 0],
        ];
        Assert.All(blocks, block => Assert.Equal(1, ExifOrientation.Read(block)));
    }

    [Fact]
    public void Shrinking_takes_means_and_enlarging_keeps_what_is_flat()
    {
        var image = new Image(4, 2, 1, [10, 20, 30, 40, 30, 40, 50, 60]);
        Assert.Equal<byte>([25, 45], image.Resize(2, 1).Pixels.ToArray());
        Assert.Equal<byte>([10, 30], image.Resize(2, 1, Resampling.Nearest).Pixels.ToArray());
        var flat = new Image(2, 2, 3, [.. Enumerable.Repeat((byte)77, 12)]);
        foreach (var method in Enum.GetValues<Resampling>())
            Assert.All(flat.Resize(5, 7, method).Pixels.ToArray(), value => Assert.Equal(77, value));
        Assert.Same(image, image.Resize(4, 2));
        // A step from 0 to 240 at twice the width: bilinear passes through, cubic overshoots and is cut off.
        var step = new Image(4, 1, 1, [0, 0, 240, 240]);
        Assert.Equal<byte>([0, 0, 0, 60, 180, 240, 240, 240], step.Resize(8, 1, Resampling.Linear).Pixels.ToArray());
        Assert.NotEqual(step.Resize(8, 1, Resampling.Linear).Pixels.ToArray(), step.Resize(8, 1).Pixels.ToArray());
    }

    [Fact]
    public void Windows_are_cut_where_they_are_asked_for()
    {
        var image = new Image(3, 3, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        Assert.Equal<byte>([5, 6, 8, 9], image.Crop(1, 1, 2, 2).Pixels.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => image.Crop(2, 0, 2, 1));
        Assert.Throws<ArgumentException>(() => new Image(2, 2, 1, new byte[3]));
        Assert.Throws<ArgumentException>(() => new Image(2, 2, 2, new byte[8]));
    }

    [Fact]
    public void Metadata_never_reach_the_decoder_and_a_file_is_read_from_disk()
    {
        var png = PngMaker.Of(1, 1, 8, 0).Chunk("iCCP", 1, 2, 3).Chunk("zTXt", 9).Rows([42]).End();
        var path = folder.Write("a b.png", png);
        Assert.Equal<byte>([42], Image.Read(path).Pixels.ToArray());
        ImageHeader.Check(png, "x", FileLimits.Default, out var clean);
        Assert.Equal(["IHDR", "IDAT", "IEND"], PngChunks.List(clean, "x").Select(chunk => chunk.Type));
        var missing = Assert.Throws<BadFileException>(() => Image.Read(folder["none.png"]));
        Assert.Equal($"{folder["none.png"]}: does not exist. Check the spelling of the path.", missing.Message);
        Assert.Contains("is a folder", Assert.Throws<BadFileException>(() => Image.Read(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    private static byte[] Exif(int orientation, bool bigEndian) => bigEndian
        ? [.. "MM"u8, 0, 42, 0, 0, 0, 8, 0, 2, 1, 0, 0, 3, 0, 0, 0, 1, 0, 7, 0, 0,
            1, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0]
        : [.. "II"u8, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0];
}
