using Figment.Data.Images;
using Xunit;

namespace Figment.Data.Tests.Images;

public class PngDecodingTests
{
    [Fact]
    public void Grey_pixels_come_out_as_they_were_stored()
    {
        var image = Image.Decode(PngMaker.Of(3, 2, 8, 0).Rows([0, 1, 2], [253, 254, 255]).End(), "g.png");
        Assert.Equal((3, 2, 1), (image.Width, image.Height, image.Channels));
        Assert.Equal<byte>([0, 1, 2, 253, 254, 255], image.Pixels.ToArray());
    }

    [Theory]
    [InlineData(1, new byte[] { 0b1010_0000 }, new byte[] { 255, 0, 255 })]
    [InlineData(2, new byte[] { 0b00_01_11_00 }, new byte[] { 0, 85, 255 })]
    [InlineData(4, new byte[] { 0x0F, 0x70 }, new byte[] { 0, 255, 119 })]
    [InlineData(16, new byte[] { 0, 0, 0x80, 0x80, 0xFF, 0xFF }, new byte[] { 0, 128, 255 })]
    public void Every_depth_of_grey_fills_eight_bits(int depth, byte[] row, byte[] expected) =>
        Assert.Equal(expected, Image.Decode(PngMaker.Of(3, 1, depth, 0).Rows(row).End(), "g").Pixels.ToArray());

    [Fact]
    public void Colours_come_out_red_first()
    {
        var image = Image.Decode(PngMaker.Of(2, 1, 8, 2).Rows([10, 20, 30, 40, 50, 60]).End(), "c.png");
        Assert.Equal(3, image.Channels);
        Assert.Equal<byte>([10, 20, 30, 40, 50, 60], image.Pixels.ToArray());
        var planes = new byte[6];
        image.CopyPlanes(planes);
        Assert.Equal<byte>([10, 40, 20, 50, 30, 60], planes);
        Assert.Equal(image.Pixels.ToArray(), Image.FromPlanes(planes, image.Shape).Pixels.ToArray());
    }

    [Fact]
    public void Sixteen_bits_a_sample_are_scaled_not_cut()
    {
        var file = PngMaker.Of(1, 1, 16, 2).Rows([0x12, 0x34, 0xAB, 0xCD, 0xFF, 0x00]).End();
        // 0x1234 / 257 = 18.13, 0xABCD / 257 = 171.13, 0xFF00 / 257 = 254.007
        Assert.Equal<byte>([18, 171, 254], Image.Decode(file, "c").Pixels.ToArray());
    }

    [Fact]
    public void A_palette_is_looked_up_and_its_transparency_kept()
    {
        var maker = PngMaker.Of(3, 1, 2, 3).Chunk("PLTE", 1, 2, 3, 4, 5, 6, 7, 8, 9);
        var opaque = maker.Rows([0b00_01_10_00]).End();
        Assert.Equal<byte>([1, 2, 3, 4, 5, 6, 7, 8, 9], Image.Decode(opaque, "p").Pixels.ToArray());

        var clear = PngMaker.Of(2, 1, 8, 3).Chunk("PLTE", 1, 2, 3, 4, 5, 6).Chunk("tRNS", 0, 128).Rows([0, 1]).End();
        var image = Image.Decode(clear, "p");
        Assert.Equal<byte>([1, 2, 3, 0, 4, 5, 6, 128], image.Pixels.ToArray());
        // On white: (4 * 128 + 255 * 127 + 127) / 255 = 129
        Assert.Equal<byte>([255, 255, 255, 129, 130, 130], image.WithChannels(3).Pixels.ToArray());
    }

    [Fact]
    public void An_index_beyond_the_palette_is_black_and_harmless()
    {
        var file = PngMaker.Of(2, 1, 8, 3).Chunk("PLTE", 9, 9, 9).Rows([0, 200]).End();
        Assert.Equal<byte>([9, 9, 9, 0, 0, 0], Image.Decode(file, "p").Pixels.ToArray());
        // The decoder is given a palette that covers every index there can be.
        ImageHeader.Check(file, "p", FileLimits.Default, out var clean);
        Assert.Equal(768, PngChunks.List(clean, "p").Single(chunk => chunk.Type == "PLTE").Length);
    }

    [Fact]
    public void Alpha_stays_and_grey_with_alpha_becomes_four_channels()
    {
        var rgba = Image.Decode(PngMaker.Of(1, 1, 8, 6).Rows([10, 20, 30, 40]).End(), "a");
        Assert.Equal<byte>([10, 20, 30, 40], rgba.Pixels.ToArray());
        var ga = Image.Decode(PngMaker.Of(1, 1, 8, 4).Rows([10, 40]).End(), "a");
        Assert.Equal<byte>([10, 10, 10, 40], ga.Pixels.ToArray());
        Assert.Equal<byte>([217], ga.WithChannels(1).Pixels.ToArray()); // 10 * 40 / 255 + 215 = 216.6
    }

    [Fact]
    public void A_transparent_colour_of_an_RGB_picture_is_honoured()
    {
        var file = PngMaker.Of(2, 1, 8, 2).Chunk("tRNS", 0, 1, 0, 2, 0, 3).Rows([1, 2, 3, 4, 5, 6]).End();
        Assert.Equal<byte>([1, 2, 3, 0, 4, 5, 6, 255], Image.Decode(file, "t").Pixels.ToArray());
    }

    [Fact]
    public void Row_filters_are_undone()
    {
        // Sub, Up, Average and Paeth of the rows below, by hand.
        byte[] filtered = [1, 10, 10, 10, 2, 1, 1, 1, 3, 5, 5, 5, 4, 1, 1, 1];
        byte[] expected = [10, 20, 30, 11, 21, 31, 10, 20, 30, 11, 21, 31];
        Assert.Equal(expected, Image.Decode(PngMaker.Of(3, 4, 8, 0).Raw(filtered).End(), "f").Pixels.ToArray());
    }

    [Fact]
    public void Interlaced_pixels_find_their_places()
    {
        // 3 x 3, Adam7: pass 1 (0,0); pass 4 (2,0); pass 5 (0,2) (2,2); pass 6 (1,0) and (1,2); pass 7 row 1.
        byte[] passes = [0, 1, 0, 3, 0, 7, 9, 0, 2, 0, 8, 0, 4, 5, 6];
        var image = Image.Decode(PngMaker.Of(3, 3, 8, 0, interlace: 1).Raw(passes).End(), "i");
        Assert.Equal<byte>([1, 2, 3, 4, 5, 6, 7, 8, 9], image.Pixels.ToArray());
    }

    [Fact]
    public void Picture_data_in_many_chunks_are_one_stream()
    {
        var packed = PngMaker.Deflate([0, 7, 8, 0, 9, 10]);
        var maker = PngMaker.Of(2, 2, 8, 0).Chunk("tIME", 1, 2, 3, 4, 5, 6, 7);
        foreach (var value in packed)
            maker.Chunk("IDAT", value);
        Assert.Equal<byte>([7, 8, 9, 10], Image.Decode(maker.End(), "m").Pixels.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void What_is_encoded_is_decoded(int channels)
    {
        var pixels = Enumerable.Range(0, 7 * 5 * channels).Select(i => (byte)(i * 37)).ToArray();
        var back = Image.Decode(new Image(7, 5, channels, pixels).Encode(ImageFormat.Png), "round");
        Assert.Equal(pixels, back.Pixels.ToArray());
        Assert.Equal(new ImageShape(channels, 5, 7), back.Shape);
    }

    [Fact]
    public void Grey_is_weighted_and_keeps_neutral_colours()
    {
        byte[] colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 77, 77, 77];
        Assert.Equal<byte>([76, 150, 29, 77], new Image(4, 1, 3, colours).WithChannels(1).Pixels.ToArray());
    }
}
