using Figment.Data.Catalog;
using Figment.Data.Images;
using Figment.Data.Sets;
using Figment.Data.Tests.Catalog;
using Figment.Data.Tests.Images;
using Xunit;

namespace Figment.Data.Tests.Sets;

public sealed class FolderTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Sub_folders_are_classes_and_pictures_of_any_size_and_format_come_to_one_size()
    {
        for (var n = 0; n < 5; n++)
        {
            Flat($"photos/cat/{n}.png", 30 + n, 20, 50);
            Flat($"photos/dog/deep/er/{n}.JPG", 20, 30 + n, 200, ImageFormat.Jpeg);
        }

        var splits = Open(16);
        Assert.Equal("photos", splits.Name);
        Assert.Equal(["cat", "dog"], splits.ClassNames);
        Assert.Equal(new ImageShape(1, 16, 16), splits.Shape);
        Assert.Equal((8, 1, 1), (splits.Train.Count, splits.Validation.Count, splits.Test.Count));
        Assert.Contains("10 images in a fixed shuffled order", splits.Rule, StringComparison.Ordinal);
        foreach (var part in new[] { splits.Train, splits.Validation, splits.Test })
        {
            for (var i = 0; i < part.Count; i++)
            {
                var expected = part.Label(i) == 0 ? 50 : 200;
                Assert.All(part.Pixels(i).ToArray(), value => Assert.InRange(value, expected - 2, expected + 2));
            }
        }

        Assert.Empty(splits.Notes);
    }

    [Fact]
    public void Colour_is_kept_if_any_picture_has_it_unless_grey_is_wanted()
    {
        Flat("photos/a.png", 4, 4, 10);
        folder.Write("photos/b.png",
            new Image(4, 4, 3, [.. Enumerable.Repeat((byte[])[255, 0, 0], 16).SelectMany(p => p)])
            .Encode(ImageFormat.Png));
        Assert.Equal("3x4x4", Open().Train.Shape.ToString());
        var grey = Open(channels: 1);
        var both = new[] { grey.Train, grey.Validation, grey.Test }.SelectMany(part =>
            Enumerable.Range(0, part.Count).Select(i => (int)part.Pixels(i)[0]));
        Assert.Equal([10, 76], both.Order());
        Assert.Empty(grey.ClassNames);
    }

    [Fact]
    public void What_cannot_be_read_is_skipped_and_told()
    {
        for (var n = 0; n < 12; n++)
            Flat($"photos/a/{n:D2}.png", 8, 8, 9);
        folder.Write("photos/a/bad.png", PngMaker.Of(2, 3, 8, 0).Rows([1, 2]).End());
        folder.Write("photos/a/empty.jpg", []);
        folder.Write("photos/a/huge.png", PngMaker.Of(60_000, 60_000, 8, 0).Rows([1]).End());
        folder.Write("photos/a/notes.txt", [1]);
        folder.Write("photos/a/.hidden.png", [1]);
        Flat("photos/loose.png", 8, 8, 1);
        var splits = Open();
        Assert.Equal(12, splits.Train.Count + splits.Validation.Count + splits.Test.Count);
        Assert.Equal(
        [
            $"{folder["photos"]}: skipped 4 of 16 pictures",
            "  a/bad.png: holds 1 of 3 rows of picture data (chunk IDAT)",
            "  a/empty.jpg: is empty (byte 0)",
            "  a/huge.png: declares 60,000 x 60,000 pixels; the limit is 50,000,000 pixels and 65,500 a side "
                + "(chunk IHDR)",
            "  loose.png: lies beside the class folders",
        ], splits.Notes);
    }

    [Fact]
    public void Pictures_of_different_sizes_come_to_one_and_it_is_told()
    {
        for (var n = 0; n < 40; n++)
            Flat($"photos/{n:D2}.png", 4 + (n / 30), 4, (byte)n);
        folder.Write("photos/bad.png", [1]);
        var splits = Open();
        Assert.Equal(new ImageShape(1, 64, 64), splits.Shape);
        Assert.Equal(40, splits.Train.Count + splits.Validation.Count + splits.Test.Count);
        Assert.Equal(
        [
            $"{folder["photos"]}: pictures of different sizes, brought to 64 x 64; choose another size with --size",
            $"{folder["photos"]}: skipped 1 of 41 pictures",
            "  bad.png: is not a PNG or JPEG picture (byte 0)",
        ], splits.Notes);
        Assert.Equal(Open(64).Train.ContentHash, splits.Train.ContentHash);
    }

    [Fact]
    public void The_other_parts_come_to_the_training_parts_size()
    {
        Flat("photos/train/a.png", 8, 8, 1);
        Flat("photos/train/b.png", 8, 8, 2);
        Flat("photos/test/a.png", 30, 20, 3);
        var splits = Open();
        Assert.Equal((8, 8), (splits.Test.Shape.Height, splits.Test.Shape.Width));
        // A size is that of a square: of other pictures there is none to bring the test part to.
        Flat("photos/train/a.png", 8, 9, 1);
        Flat("photos/train/b.png", 8, 9, 2);
        Flat("photos/test/b.png", 31, 20, 3);
        var error = Assert.Throws<BadFileException>(() => Open());
        Assert.Contains("a.png is 30 x 20, b.png is 31 x 20", error.Message, StringComparison.Ordinal);
        Assert.Contains("--size 64", error.Cure, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_val_and_test_folders_are_the_parts()
    {
        foreach (var (part, count) in new[] { ("train", 4), ("val", 2), ("test", 1) })
        {
            for (var n = 0; n < count; n++)
            {
                Flat($"photos/{part}/x/{n}.png", 2, 2, 10);
                Flat($"photos/{part}/y/{n}.png", 2, 2, 20);
            }
        }

        Flat("photos/test/z/0.png", 2, 2, 30);
        var splits = Open();
        Assert.Equal((8, 4, 2), (splits.Train.Count, splits.Validation.Count, splits.Test.Count));
        Assert.Equal("the set's own parts", splits.Rule);
        Assert.Equal([0, 1], Enumerable.Range(0, 2).Select(splits.Test.Label));
        Assert.Equal("  z/0.png: its class 'z' is not in the training part", splits.Notes[1]);
    }

    [Fact]
    public void Empty_folders_and_folders_of_rubbish_say_so()
    {
        Directory.CreateDirectory(folder["photos"]);
        Assert.Contains("holds no .png, .jpg or .jpeg picture", Assert.Throws<BadFileException>(() => Open()).Message,
            StringComparison.Ordinal);
        folder.Write("photos/a.png", [1]);
        var error = Assert.Throws<BadFileException>(() => Open());
        Assert.Contains("holds 1 pictures, but none could be used", error.Message, StringComparison.Ordinal);
        Assert.Contains("a.png: is not a PNG or JPEG picture", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_leads_round_in_a_circle_is_not_followed()
    {
        Flat("photos/x/a.png", 2, 2, 1);
        Directory.CreateSymbolicLink(folder["photos/x/again"], folder["photos"]);
        var splits = Open();
        Assert.Equal(1, splits.Train.Count);
    }

    [Fact]
    public void Reading_twice_gives_the_same_bytes_and_reports_progress()
    {
        for (var n = 0; n < 20; n++)
            Flat($"photos/{n % 3}/{n}.png", 10 + n, 9, (byte)(n * 10));
        var news = new List<DataProgress>();
        var first = DataSets.Open(new DataOptions { Source = folder["photos"], Size = 8 }, null, new Listener(one =>
        {
            lock (news)
                news.Add(one);
        }));
        Assert.Equal(first.Train.ContentHash, Open(8).Train.ContentHash);
        Assert.Contains(new DataProgress("photos", "reading pictures", 20, 20), news);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            DataSets.Open(new DataOptions { Source = folder["photos"], Size = 8 }, null, null, cancel.Token));
    }

    private DataSplits Open(int size = 0, int channels = 0) =>
        DataSets.Open(new DataOptions { Source = folder["photos"], Size = size, Channels = channels });

    private void Flat(string path, int width, int height, byte value, ImageFormat format = ImageFormat.Png) =>
        folder.Write(path, new Image(width, height, 1, [.. Enumerable.Repeat(value, width * height)]).Encode(format));
}
