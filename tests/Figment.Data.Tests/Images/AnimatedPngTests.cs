using System.Buffers.Binary;
using Figment.Data.Images;
using Xunit;

namespace Figment.Data.Tests.Images;

public class AnimatedPngTests
{
    private static Image Frame(byte shade) => new(3, 2, 1, [shade, 0, shade, 0, shade, 0]);

    [Fact]
    public void Every_frame_is_in_the_file_in_order_and_the_first_is_a_picture_of_its_own()
    {
        Image[] frames = [Frame(10), Frame(90), Frame(200)];
        var file = AnimatedPng.Encode(frames, framesPerSecond: 20, plays: 3);
        Assert.Equal(frames[0].Pixels.ToArray(), Image.Decode(file, "moving").Pixels.ToArray());

        var chunks = PngChunks.List(file, "moving"); // checks every checksum
        Assert.Equal(["IHDR", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "fcTL", "fdAT", "IEND"], chunks.Select(c => c.Type));
        int Word(int chunk, int at) => BinaryPrimitives.ReadInt32BigEndian(chunks[chunk].Data(file)[at..]);
        Assert.Equal((3, 3), (Word(1, 0), Word(1, 4)));
        Assert.Equal([0, 1, 2, 3, 4], new[] { 2, 4, 5, 6, 7 }.Select(chunk => Word(chunk, 0)));
        Assert.All(new[] { 2, 4, 6 }, chunk => Assert.Equal((3, 2, 0, 0, (1 << 16) | 20),
            (Word(chunk, 4), Word(chunk, 8), Word(chunk, 12), Word(chunk, 16), Word(chunk, 20))));
        // A later frame's data, put where a still picture has them, is that frame.
        for (var n = 1; n < 3; n++)
        {
            using var still = new MemoryStream();
            still.Write(PngChunks.Signature);
            still.Write(file.AsSpan()[chunks[0].Start..chunks[0].End]);
            PngChunks.Write(still, "IDAT", chunks[(2 * n) + 3].Data(file)[4..]);
            PngChunks.Write(still, "IEND", []);
            Assert.Equal(frames[n].Pixels.ToArray(), Image.Decode(still.ToArray(), "still").Pixels.ToArray());
        }
    }

    [Fact]
    public void Frames_of_two_sizes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => AnimatedPng.Encode([Frame(1), new Image(2, 2, 1, new byte[4])], 10));
        Assert.Throws<ArgumentException>(() => AnimatedPng.Encode([], 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => AnimatedPng.Encode([Frame(1)], 0));
    }
}

public class CanvasTests
{
    private static readonly Rgb Red = new(255, 0, 0);

    [Fact]
    public void What_is_drawn_is_where_it_was_asked_for()
    {
        var canvas = new Canvas(40, 30);
        canvas.Dot(10, 10, 3, Red);
        canvas.Box(30, 5, 1, 20, new Rgb(0, 0, 255));
        var image = canvas.ToImage();
        (byte, byte, byte) At(int x, int y)
        {
            var at = ((y * 40) + x) * 3;
            return (image.Pixels[at], image.Pixels[at + 1], image.Pixels[at + 2]);
        }

        Assert.Equal((255, 0, 0), At(10, 10));
        Assert.Equal((255, 0, 0), At(12, 10));
        Assert.Equal((255, 255, 255), At(15, 10));
        Assert.Equal((0, 0, 255), At(30, 5));
        Assert.Equal((255, 255, 255), At(30, 25));
        Assert.Equal((255, 255, 255), At(29, 10));
    }

    [Fact]
    public void Text_takes_the_width_it_said_and_may_leave_the_sheet()
    {
        var canvas = new Canvas(200, 40);
        canvas.Text("figment 42", 20, 30, 12, Red);
        var width = Canvas.TextWidth("figment 42", 12);
        var inked = Enumerable.Range(0, 200).Where(x => Enumerable.Range(0, 40).Any(y => canvas.ToImage().Pixels[((y * 200) + x) * 3 + 1] < 200)).ToList();
        Assert.InRange(inked.Min(), 19, 24);
        Assert.InRange(inked.Max(), 20 + width - 8, 20 + width + 2);
        canvas.Text("beyond the edge", 190, 2, 12, Red);
        canvas.Dot(-5, 500, 9, Red);
        canvas.Dot(double.NaN, 1, 9, Red);
        // Hershey's letters are ASCII: others become question marks, none is lost silently.
        Assert.Equal(Canvas.TextWidth("?", 12), Canvas.TextWidth("ü", 12));
    }
}
