using Figment.Data.Catalog;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Data.Tests.Catalog;
using Figment.Torch;
using Xunit;

namespace Figment.Data.Tests.Sets;

/// <summary>Sets that are composed of others or computed.</summary>
public class MadeSetTests
{
    [Fact]
    public void Stacked_digits_are_three_digits_and_the_number_that_they_write()
    {
        var digits = Enumerable.Range(0, 10).Select(label => (byte)(20 * label)).ToArray();
        var stacked = new StackedDigits("stacked", new MemoryImages("digits", new ImageShape(1, 1, 1), digits,
            [.. Enumerable.Range(0, 10)]), 5_000, Split.Train, [.. Enumerable.Range(0, 1000).Select(n => $"{n:000}")]);
        var seen = new HashSet<int>();
        for (var i = 0; i < stacked.Count; i++)
        {
            var pixels = stacked.Pixels(i);
            Assert.Equal((100 * (pixels[0] / 20)) + (10 * (pixels[1] / 20)) + (pixels[2] / 20), stacked.Label(i));
            seen.Add(stacked.Label(i));
        }

        // Of 1,000 equal cells 5,000 draws miss 6.7 on average.
        Assert.InRange(seen.Count, 980, 1000);
        Assert.Equal("3x1x1", stacked.Shape.ToString());
    }

    [Fact]
    public void Stacked_mnist_is_composed_of_mnist_and_shares_its_files()
    {
        var card = DataCatalog.Find("stacked-mnist")!;
        var set = CardReader.Read(card, RealSets.Files("stacked-mnist"));
        Assert.Equal((128_000, 12_800, 26_000), (set.Train.Count, set.Validation!.Count, set.Test!.Count));
        Assert.Equal(1000, Enumerable.Range(0, set.Train.Count).Select(set.Train.Label).Distinct().Count());
        Assert.Equal("3x28x28", set.Train.Shape.ToString());
        // The draws are part of the protocol.
        Assert.Equal("174 565 996 929 919 882", string.Join(' ', Enumerable.Range(0, 6).Select(i => set.Train.ClassNames[set.Train.Label(i)])));
        Assert.NotEqual(set.Train.Label(0), set.Validation.Label(0));
        Assert.Equal(RealSets.Files("mnist").Keys, RealSets.Files("stacked-mnist").Keys);
    }

    [Fact]
    public void Stacked_mnist_in_another_size_stays_composed()
    {
        var data = Open(new DataOptions { Source = "stacked-mnist", Size = 32, Fit = ImageFit.Pad });
        var set = Assert.IsType<StackedDigits>(data.Test);
        Assert.Equal(("3x32x32", "1x32x32"), (set.Shape.ToString(), set.Digits.Shape.ToString()));
        Assert.Equal(0, set.Pixels(0)[0]);
        var plain = Open(new DataOptions { Source = "stacked-mnist" }).Test;
        Assert.Equal(plain.Pixels(3)[(2 * 784) + (14 * 28) + 14], set.Pixels(3)[(2 * 1024) + (16 * 32) + 16]);
    }

    [Theory]
    [InlineData("ring-of-8", 8, 0.02)]
    [InlineData("grid-of-25", 25, 0.05)]
    [InlineData("two-bumps", 2, 0.4)]
    public void Mixtures_are_even_gaussians_around_their_modes(string id, int count, double sigma)
    {
        var data = Open(new DataOptions { Source = id });
        var modes = PointSets.ModesOf(id)!;
        Assert.Equal((count, sigma), (modes.Centers.Count, modes.Sigma));
        var (points, size) = (Numbers(data.Train), data.Shape.Length);
        Assert.Equal(modes.Centers[0].Count, size);
        var squares = new double[size];
        var hits = new int[count];
        for (var i = 0; i < data.Train.Count; i++)
        {
            var label = data.Train.Label(i);
            hits[label]++;
            for (var d = 0; d < size; d++)
                squares[d] += Math.Pow(points[(i * size) + d] - modes.Centers[label][d], 2);
        }

        var expected = data.Train.Count / (double)count;
        Assert.All(hits, n => Assert.InRange(n, expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected))));
        Assert.All(squares, sum => Assert.InRange(Math.Sqrt(sum / data.Train.Count) / sigma, 0.98, 1.02));
    }

    [Fact]
    public void Curves_lie_where_their_cards_say()
    {
        var roll = Numbers(Open(new DataOptions { Source = "swiss-roll" }).Train);
        var radii = Radii(roll);
        Assert.InRange(radii.Average(), 1.24, 1.28); // the mean of t is 3 pi, over 7.5
        Assert.True(radii.Max() < 2.05 && radii.Min() > 0.45);
        Assert.False(Open(new DataOptions { Source = "swiss-roll" }).Train.HasLabels);

        var arms = Open(new DataOptions { Source = "spiral" });
        var spiral = Numbers(arms.Train);
        Assert.InRange(Radii(spiral).Average(), 1.97, 2.03); // 2/3 of the radius
        // A half turn takes one arm to the other: together they have their middle at 0.
        Assert.InRange(spiral.Average(), -0.02, 0.02);
        Assert.Equal([0, 1], Enumerable.Range(0, 100).Select(arms.Train.Label).Distinct().Order());
    }

    [Fact]
    public void Points_are_numbers_all_the_way_to_the_batch_and_come_again()
    {
        var data = Open(new DataOptions { Source = "ring-of-8", Limit = 64 });
        Assert.Equal(("1x1x2", "real numbers"), (data.Shape.ToString(), data.BinarizationName));
        using var loader = new DataLoader(data.Train, new LoaderOptions { BatchSize = 64, Transform = data.Transform });
        var batch = TensorScope.Run(() => loader.NextBatch().Images.ToArray<float>());
        Assert.Contains(batch, number => number < -1);
        Assert.Equal(Numbers(data.Train).Order(), batch.Order());
        Assert.Equal(data.Train.ContentHash, Open(new DataOptions { Source = "ring-of-8", Limit = 64 }).Train.ContentHash);
        Assert.Equal((100_000, 10_000, 20_000), Counts("spiral"));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 28)]
    public void Points_are_no_pictures(bool flip, int size) => Assert.Contains("not pictures",
        Assert.Throws<ArgumentException>(() => Open(new DataOptions { Source = "spiral", Flip = flip, Size = size })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void What_is_computed_needs_no_files() =>
        Assert.Equal(DataPlace.Made, new DataCache().Find(DataCatalog.Find("spiral")!).Place);

    private static DataSplits Open(DataOptions options)
    {
        if (options.Source == "stacked-mnist") RealSets.Files("mnist");
        return DataSets.Open(options);
    }

    private static (int Train, int Validation, int Test) Counts(string id)
    {
        var data = Open(new DataOptions { Source = id });
        return (data.Train.Count, data.Validation.Count, data.Test.Count);
    }

    private static float[] Numbers(IImageSource source) => TensorScope.Run(() => source.Pick(
        [.. Enumerable.Range(0, source.Count)], new ImageTransform { AreNumbers = true }).Images.ToArray<float>());

    private static double[] Radii(float[] points) => [.. Enumerable.Range(0, points.Length / 2)
        .Select(i => Math.Sqrt((points[2 * i] * points[2 * i]) + (points[(2 * i) + 1] * points[(2 * i) + 1])))];
}
