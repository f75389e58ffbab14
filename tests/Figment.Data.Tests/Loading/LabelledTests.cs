using Figment.Data.Loading;
using Figment.Data.Sets;
using Xunit;

namespace Figment.Data.Tests.Loading;

/// <summary>Few labels: which images have them, and how they come beside the batches.</summary>
public class LabelledTests
{
    [Fact]
    public void Classes_have_as_many_labels_and_a_seed_always_draws_the_same()
    {
        var set = Counting.Set(90);
        var chosen = LabelBudget.Choose(set, 12, 3);
        Assert.Equal([4, 4, 4], Labels(chosen).GroupBy(label => label).Select(images => images.Count()));
        Assert.Equal(12, Numbers(chosen).Distinct().Count());
        Assert.Equal(Numbers(chosen), Numbers(LabelBudget.Choose(set, 12, 3)));
        Assert.NotEqual(Numbers(chosen), Numbers(LabelBudget.Choose(set, 12, 4)));
        Assert.Equal(Numbers(chosen), Numbers(LabelBudget.Choose(set, 40, 3))[..12]);
        Assert.Equal(Enumerable.Range(0, 90), Numbers(LabelBudget.Choose(set, 90, 3)).Order());
        Assert.All(Enumerable.Range(0, 12), i => Assert.Equal(Numbers(chosen)[i] % 3, chosen.Label(i)));
    }

    [Fact]
    public void A_class_that_has_no_more_leaves_its_turn_to_the_others()
    {
        var set = new ImageSubset("few ones", Counting.Set(30), [0, 3, 6, 9, 12, 15, 18, 1, 2, 5, 8]);
        Assert.Equal([(0, 5), (1, 1), (2, 3)], Labels(LabelBudget.Choose(set, 9, 1)).GroupBy(label => label)
            .Select(images => (images.Key, images.Count())).Order());
        Assert.Throws<ArgumentException>(() => LabelBudget.Choose(set, 12, 1));
        Assert.Throws<ArgumentException>(() => LabelBudget.Choose(set, 0, 1));
        Assert.Throws<ArgumentException>(() => LabelBudget.Choose(Counting.Set(5, labels: false), 2, 1));
    }

    [Fact]
    public void Labelled_images_come_beside_batches_that_have_no_labels()
    {
        var (set, few) = (Counting.Set(50), new ImageSubset("few", Counting.Set(50), [7, 11, 3]));
        using var loader = new DataLoader(set, new LoaderOptions { BatchSize = 8, Seed = 2, Labelled = few });
        using var plain = new DataLoader(set, new LoaderOptions { BatchSize = 8, Seed = 2 });
        for (var i = 0; i < 20; i++)
        {
            var (batch, same) = (loader.Next(), plain.Next());
            Assert.Equal(same.Indices, batch.Indices); // nothing else changes
            Assert.Equal(same.Images, batch.Images);
            Assert.False(batch.HasLabels);
            Assert.Null(same.Labelled);
            Assert.Equal([0, 1, 2], batch.Labelled!.Indices.ToArray().Order()); // of the few: all of them
            Assert.Equal(batch.Labelled.Indices.ToArray().Select(n => (long)few.Label(n)), batch.Labelled.Labels.ToArray());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(23)]
    public void Resuming_anywhere_gives_the_same_labelled_images(int delivered)
    {
        var few = LabelBudget.Choose(Counting.Set(50), 20, 1); // two batches of eight an epoch, four images left out
        var options = new LoaderOptions { BatchSize = 8, Seed = 9, Labelled = few };
        using var whole = new DataLoader(Counting.Set(50), options);
        for (var i = 0; i < delivered; i++) whole.Next();
        using var resumed = new DataLoader(Counting.Set(50), options, whole.Cursor);
        var (expected, actual) = (Deliver(whole), Deliver(resumed));
        Assert.Equal(expected, actual);
        Assert.True(expected.Distinct().Count() > 6); // batches differ

        static List<string> Deliver(DataLoader loader) => [.. Enumerable.Range(0, 12).Select(_ => loader.Next())
            .Select(batch => $"{string.Join(' ', batch.Indices.ToArray())}, {string.Join(' ', batch.Labelled!.Indices.ToArray())}")];
    }

    private static int[] Labels(ImageSubset set) => [.. Enumerable.Range(0, set.Count).Select(set.Label)];

    // Pixels say which example of the whole it is.
    private static int[] Numbers(ImageSubset set) => [.. Enumerable.Range(0, set.Count).Select(i => (int)set.Pixels(i)[0])];
}
