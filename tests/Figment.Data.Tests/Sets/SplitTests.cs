using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Data.Tests.Catalog;
using Figment.Data.Tests.Formats;
using Figment.Data.Tests.Loading;
using Xunit;

namespace Figment.Data.Tests.Sets;

public sealed class SplitTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_set_with_a_test_part_gives_a_tenth_of_training_for_validation()
    {
        var splits = DataSets.Open(new DataOptions { Source = IdxFolder(50, 7) });
        Assert.Equal((45, 5, 7), (splits.Train.Count, splits.Validation.Count, splits.Test.Count));
        Assert.Equal(Enumerable.Range(0, 45), Marks(splits.Train));
        Assert.Equal(Enumerable.Range(45, 5), Marks(splits.Validation));
        Assert.Equal("validation: the last 5 of 50 training images", splits.Rule);
        Assert.Equal(1, splits.Train.Label(4));
        Assert.Same(splits.Validation, splits[Split.Validation]);
        Assert.Equal("none", splits.BinarizationName);
    }

    [Theory]
    [InlineData(0, 50)]
    [InlineData(20, 30)]
    public void The_size_of_validation_can_be_chosen(int wanted, int left)
    {
        var splits = DataSets.Open(new DataOptions { Source = IdxFolder(50, 7), Validation = wanted });
        Assert.Equal((left, wanted), (splits.Train.Count, splits.Validation.Count));
    }

    [Fact]
    public void A_set_without_parts_is_dealt_out_in_its_order()
    {
        var path = folder.Write("x-images.idx",
            CacheTests.Idx([40, 1, 1], [.. Enumerable.Range(0, 40).Select(i => (byte)i)]));
        var splits = DataSets.Open(new DataOptions { Source = path, Test = 8 });
        Assert.Equal(Enumerable.Range(0, 28), Marks(splits.Train));
        Assert.Equal(Enumerable.Range(28, 4), Marks(splits.Validation));
        Assert.Equal(Enumerable.Range(32, 8), Marks(splits.Test));
        Assert.Equal("40 images in their own order: 28 for training, then 4 for validation, then 8 for testing",
            splits.Rule);
        Assert.False(splits.Train.HasLabels);
    }

    [Fact]
    public void A_set_whose_order_means_something_is_dealt_out_shuffled_and_always_alike()
    {
        var all = Counting.Set(40);
        var (train, validation, test, rule) = SplitRule.Deal(all, "x", -1, -1, shuffle: true);
        Assert.Equal(Enumerable.Range(0, 40), Marks(train).Concat(Marks(validation)).Concat(Marks(test)).Order());
        Assert.NotEqual(Enumerable.Range(0, 32), Marks(train));
        // Computed by another implementation, in Python.
        Assert.Equal([33, 32, 20, 17], Marks(test));
        Assert.Contains("a fixed shuffled order", rule, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_held_back_images_and_bad_combinations_are_refused()
    {
        var source = IdxFolder(50, 7);
        var error = Assert.Throws<ArgumentException>(() =>
            DataSets.Open(new DataOptions { Source = source, Validation = 50 }));
        Assert.Contains("has 50 images; 50 for validation leave none for training", error.Message,
            StringComparison.Ordinal);
        Assert.Contains("needs a size", Assert.Throws<ArgumentException>(() =>
            DataSets.Open(new DataOptions { Source = source, RandomCrop = 2 })).Message, StringComparison.Ordinal);
        var none = Assert.Throws<ArgumentException>(() => DataSets.Open(new DataOptions { Source = "fashion-mnits" }));
        Assert.StartsWith("'fashion-mnits' is neither a data set nor a path that exists. Did you mean 'fashion-mnist'? "
            + "Data sets: mnist, fashion-mnist, ", none.Message, StringComparison.Ordinal);
        var two = Assert.Throws<ArgumentException>(() => DataSets.Open(new DataOptions { Size = -1, Channels = 2 }));
        Assert.Contains("The field Size must be between 0 and 2048.", two.Message, StringComparison.Ordinal);
        Assert.Contains("Channels", two.Message, StringComparison.Ordinal);
        Assert.Throws<BadFileException>(() =>
            DataSets.Open(new DataOptions { Source = folder.Write("notes.txt", [1]) }));
    }

    [Fact]
    public void A_limit_keeps_the_first_training_images()
    {
        var splits = DataSets.Open(new DataOptions { Source = IdxFolder(50, 7), Limit = 3 });
        Assert.Equal([0, 1, 2], Marks(splits.Train));
        Assert.EndsWith("; only 3 of the training images", splits.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_reach_the_loader()
    {
        var splits = DataSets.Open(new DataOptions
        {
            Source = IdxFolder(50, 7, side: 8),
            Size = 6,
            RandomCrop = 2,
            Flip = true,
            Binarize = Binarization.Threshold,
        });
        Assert.Equal(new ImageShape(1, 8, 8), splits.Train.Shape);
        Assert.Equal(new ImageShape(1, 6, 6), splits.Shape);
        Assert.Equal("threshold", splits.BinarizationName);
        using var loader = new DataLoader(splits.Train, new LoaderOptions { Transform = splits.Transform });
        Assert.Equal(splits.Shape, loader.Next().Shape);
    }

    [Fact]
    public void Sizes_fit_in_three_ways()
    {
        // One 4 x 2 image: left half 0, right half 200.
        var wide = new Image(4, 2, 1, [0, 0, 200, 200, 0, 0, 200, 200]);
        Assert.Equal<byte>([0, 200, 0, 200], new ImageGeometry(2, 0, ImageFit.Cover).Apply(wide).Pixels.ToArray());
        Assert.Equal<byte>([0, 200, 0, 200], new ImageGeometry(2, 0, ImageFit.Stretch).Apply(wide).Pixels.ToArray());
        Assert.Equal<byte>([0, 200, 0, 0], new ImageGeometry(2, 0, ImageFit.Pad).Apply(wide).Pixels.ToArray());
        var uneven = new Image(4, 2, 1, [9, 0, 200, 9, 9, 0, 200, 9]);
        Assert.Equal<byte>([0, 200, 0, 200], new ImageGeometry(2, 0, ImageFit.Cover).Apply(uneven).Pixels.ToArray());
        var small = new Image(2, 2, 1, [1, 2, 3, 4]);
        Assert.Equal<byte>([0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0],
            new ImageGeometry(4, 0, ImageFit.Pad).Apply(small).Pixels.ToArray());
        var thread = new Image(1, 60_000, 1, new byte[60_000]);
        Assert.Equal((64, 64), (new ImageGeometry(64, 0, ImageFit.Cover).Apply(thread).Width, 64));
        Assert.Equal<byte>([7, 7, 7],
            new ImageGeometry(0, 3, ImageFit.Cover).Apply(new Image(1, 1, 1, [7])).Pixels.ToArray());
    }

    [Fact]
    public void Numpy_arrays_are_images_in_any_usual_layout()
    {
        byte[] planes = [.. Enumerable.Range(0, 40).Select(i => (byte)i)];
        NpyArrayFile("a.npy", planes, 10, 2, 2);
        Assert.Equal("1x2x2", DataSets.Open(new DataOptions { Source = folder["a.npy"] }).Train.Shape.ToString());
        NpyArrayFile("b.npy", [.. planes.Take(36)], 3, 3, 2, 2);
        Assert.Equal("3x2x2", DataSets.Open(new DataOptions { Source = folder["b.npy"] }).Train.Shape.ToString());
        NpyArrayFile("c.npy", [.. planes.Take(36)], 3, 2, 2, 3);
        var last = DataSets.Open(new DataOptions { Source = folder["c.npy"] }).Train;
        Assert.Equal("3x2x2", last.Shape.ToString());
        Assert.Equal<byte>([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11], last.Pixels(0).ToArray());
        Figment.Data.Formats.NpyArray.From<float>([0f, 0.5f, 1f, 0.25f], 2, 1, 2).Write(folder["d.npy"]);
        Assert.Equal<byte>([0, 128],
            DataSets.Open(new DataOptions { Source = folder["d.npy"] }).Train.Pixels(0).ToArray());
        Figment.Data.Formats.NpyArray.From<float>([0f, 255f], 1, 1, 2).Write(folder["e.npy"]);
        Assert.Contains("holds the value 255 where 0 to 1 is expected", Assert.Throws<BadFileException>(() =>
            DataSets.Open(new DataOptions { Source = folder["e.npy"] })).Message, StringComparison.Ordinal);
        NpyArrayFile("f.npy", planes, 40);
        Assert.Contains("has the shape (40)", Assert.Throws<BadFileException>(() =>
            DataSets.Open(new DataOptions { Source = folder["f.npy"] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Archives_of_arrays_bring_labels_and_parts()
    {
        var images = Figment.Data.Formats.NpyArray.From<byte>(new byte[20], 20, 1, 1);
        var labels = Figment.Data.Formats.NpyArray.From<long>([.. Enumerable.Range(0, 20).Select(i => i % 4L)], 20);
        Figment.Data.Formats.NpzFile.Write(folder["x.npz"], [new("x_train", images), new("y_train", labels),
            new("x_test", images), new("y_test", labels)]);
        var splits = DataSets.Open(new DataOptions { Source = folder["x.npz"] });
        Assert.Equal((18, 2, 20), (splits.Train.Count, splits.Validation.Count, splits.Test.Count));
        Assert.Equal(3, splits.Train.Label(7));
        Assert.Equal(["0", "1", "2", "3"], splits.ClassNames);
        Figment.Data.Formats.NpzFile.Write(folder["y.npz"], [new("a", images)]);
        Assert.Contains("it has a", Assert.Throws<BadFileException>(() =>
            DataSets.Open(new DataOptions { Source = folder["y.npz"] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Content_hashes_see_pixels_labels_order_and_shape()
    {
        var a = Counting.Set(6);
        Assert.Equal(a.ContentHash, Counting.Set(6).ContentHash);
        Assert.Matches("^[0-9a-f]{64}$", a.ContentHash);
        var others = new IImageSource[]
        {
            Counting.Set(5), Counting.Set(6, labels: false), Counting.Set(6, classes: 2),
                new ImageSubset("s", a, [1, 0, 2, 3, 4, 5]),
            new MemoryImages("m", new ImageShape(1, 1, 4), Pixels(a), [0, 1, 2, 0, 1, 2]),
            new MemoryImages("m", a.Shape, Pixels(a), [0, 1, 2, 0, 2, 1]),
        };
        Assert.Equal(7, others.Select(set => set.ContentHash).Append(a.ContentHash).Distinct().Count());
        Assert.Equal(a.ContentHash, new ImageSubset("s", a, [0, 1, 2, 3, 4, 5]).ContentHash);
    }

    [Fact]
    public void A_limit_is_spread_over_the_set_so_that_a_sorted_one_gives_some_of_each_class()
    {
        var sorted = new MemoryImages("sorted", new ImageShape(1, 1, 1),
            Enumerable.Range(0, 103).Select(i => (byte)i).ToArray(), [.. Enumerable.Range(0, 103).Select(i => Math.Min(i / 10, 9))]);
        var some = ImageSubset.Spread(sorted, 20);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => i * 103 / 20), Marks(some));
        Assert.Equal(Enumerable.Range(0, 10), Enumerable.Range(0, 20).Select(some.Label).Distinct().Order());
        Assert.NotEqual(sorted.ContentHash, some.ContentHash);
        Assert.NotEqual(new ImageSubset("first", sorted, [.. Enumerable.Range(0, 20)]).ContentHash, some.ContentHash);
        foreach (var all in (int[])[-1, 0, 103, 104]) Assert.Same(sorted, ImageSubset.Spread(sorted, all));
        Assert.Equal(Enumerable.Range(0, 102), Marks(ImageSubset.Spread(sorted, 102)));
    }

    [Fact]
    public void Sets_check_what_they_are_given()
    {
        var shape = new ImageShape(1, 1, 2);
        Assert.Throws<ArgumentException>(() => new MemoryImages("x", shape, new byte[3]));
        Assert.Throws<ArgumentException>(() => new MemoryImages("x", shape, new byte[4], [0]));
        Assert.Throws<ArgumentException>(() => new MemoryImages("x", shape, new byte[4], [0, 2], ["a", "b"]));
        Assert.Throws<ArgumentException>(() => new MemoryImages("x", shape, new byte[4], [0, -1]));
        var set = new MemoryImages("x", shape, new byte[4]);
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Pixels(2).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageSubset("y", set, [0, 2]));
        Assert.True(set.IsBinary);
        Assert.False(new MemoryImages("x", shape, new byte[] { 0, 255, 1, 0 }).IsBinary);
    }

    private static int[] Marks(IImageSource set) =>
        [.. Enumerable.Range(0, set.Count).Select(i => (int)set.Pixels(i)[0])];

    private static byte[] Pixels(IImageSource set) =>
        [.. Enumerable.Range(0, set.Count).SelectMany(i => set.Pixels(i).ToArray())];

    private void NpyArrayFile(string name, byte[] values, params long[] shape) =>
        folder.Write(name, NpyTests.File("|u1", false, $"({string.Join(", ", shape)},)", values));

    private string IdxFolder(int train, int test, int side = 1)
    {
        byte[] Images(int count) => CacheTests.Idx([count, side, side],
            [.. Enumerable.Range(0, count).SelectMany(i => Enumerable.Repeat((byte)i, side * side))]);
        byte[] Labels(int count) => CacheTests.Idx([count], [.. Enumerable.Range(0, count).Select(i => (byte)(i % 3))]);
        folder.Write("set/train-images-idx3-ubyte", Images(train));
        folder.Write("set/train-labels-idx1-ubyte.gz", CacheTests.Gzip(Labels(train)));
        folder.Write("set/t10k-images-idx3-ubyte", Images(test));
        folder.Write("set/t10k-labels-idx1-ubyte", Labels(test));
        return folder["set"];
    }
}
