using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Xunit;

namespace Figment.Data.Tests.Loading;

public class DataLoaderTests
{
    private sealed record Delivered(Cursor Start, int[] Indices, float[] Images, long[] Labels);

    private static Delivered Copy(HostBatch batch) =>
        new(batch.Start, batch.Indices.ToArray(), batch.Images.ToArray(), batch.Labels.ToArray());

    private static List<Delivered> Deliver(DataLoader loader, int batches) =>
        [.. Enumerable.Range(0, batches).Select(_ => Copy(loader.Next()))];

    private static void AssertSame(IEnumerable<Delivered> expected, IEnumerable<Delivered> actual)
    {
        foreach (var (a, b) in expected.Zip(actual, (a, b) => (a, b)))
        {
            Assert.Equal(a.Start, b.Start);
            Assert.Equal(a.Indices, b.Indices);
            Assert.Equal(a.Images, b.Images);
            Assert.Equal(a.Labels, b.Labels);
        }

        Assert.Equal(expected.Count(), actual.Count());
    }

    [Fact]
    public void In_order_every_example_comes_once_with_its_pixels_and_label()
    {
        using var loader = DataLoader.Sequential(Counting.Set(10), 4);
        var batches = Deliver(loader, 3);
        Assert.Equal([0, 1, 2, 3], batches[0].Indices);
        Assert.Equal([8, 9], batches[2].Indices);
        Assert.Equal([0f, 0, 0, 0, 1 / 255f, 1 / 255f, 1 / 255f, 1 / 255f], batches[0].Images[..8]);
        Assert.Equal([2L, 0], batches[2].Labels);
        Assert.Equal(new Cursor(0, 8), batches[2].Start);
        Assert.Equal(new Cursor(1, 0), loader.Cursor);
        Assert.Equal(3, loader.BatchesPerEpoch);
    }

    [Fact]
    public void Every_epoch_is_a_permutation_of_its_own()
    {
        using var loader = new DataLoader(Counting.Set(50), new LoaderOptions { BatchSize = 7, Seed = 3 });
        var epochs = Deliver(loader, 16).Chunk(8).Select(e => e.SelectMany(b => b.Indices).ToArray()).ToList();
        Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(0, 50), epoch.Order()));
        Assert.NotEqual(epochs[0], epochs[1]);
        Assert.NotEqual(Enumerable.Range(0, 50), epochs[0]);
    }

    [Fact]
    public void The_order_is_a_pinned_function_of_seed_and_epoch()
    {
        // Computed by another implementation, in Python.
        var order = new int[8];
        CounterRandom.Permute(order, 42, 0);
        Assert.Equal([7, 3, 0, 6, 5, 4, 1, 2], order);
        CounterRandom.Permute(order, 42, 1);
        Assert.Equal([1, 4, 3, 0, 2, 7, 6, 5], order);
        CounterRandom.Permute(order, 43, 0);
        Assert.Equal([1, 5, 2, 6, 4, 0, 3, 7], order);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(11)]
    public void Resuming_anywhere_gives_the_same_batches_to_the_bit(int delivered)
    {
        var options = new LoaderOptions
        {
            BatchSize = 8,
            Seed = 9,
            Transform = new ImageTransform
            {
                Binarization = Binarization.Dynamic,
                FlipHorizontal = true,
                CropMargin = 2,
                RandomCrop = true,
            },
        };
        var set = Counting.Set(45, side: 6);
        using var unbroken = new DataLoader(set, options);
        var all = Deliver(unbroken, 20);

        using var first = new DataLoader(set, options);
        Deliver(first, delivered);
        // The prefetcher has run ahead by now; what counts is what the consumer has seen.
        Thread.Sleep(20);
        var cursor = first.Cursor;
        using var second = new DataLoader(set, options with { Prefetch = 1 }, cursor);
        AssertSame(all.Skip(delivered), Deliver(second, 20 - delivered));
        first.Seek(cursor);
        AssertSame(all.Skip(delivered), Deliver(first, 20 - delivered));
    }

    [Fact]
    public void The_cursor_is_the_consumers_not_the_prefetchers()
    {
        using var loader = new DataLoader(Counting.Set(100), new LoaderOptions { BatchSize = 10, Prefetch = 8 });
        Assert.Equal(default, loader.Cursor);
        loader.Next();
        Thread.Sleep(20);
        Assert.Equal(new Cursor(0, 10), loader.Cursor);
    }

    [Fact]
    public void What_is_drawn_for_an_example_depends_on_epoch_and_example_alone()
    {
        var transform = new ImageTransform { Binarization = Binarization.Dynamic };
        Dictionary<(long, int), string> Drawn(int batchSize, bool shuffle)
        {
            var options = new LoaderOptions
            {
                BatchSize = batchSize,
                Shuffle = shuffle,
                Seed = 5,
                Transform = transform
            };
            using var loader = new DataLoader(Counting.Set(60, side: 8), options);
            var drawn = new Dictionary<(long, int), string>();
            while (loader.Cursor.Epoch < 2)
            {
                var batch = Copy(loader.Next());
                for (var slot = 0; slot < batch.Indices.Length; slot++)
                {
                    drawn[(batch.Start.Epoch, batch.Indices[slot])] =
                        string.Concat(batch.Images.Skip(64 * slot).Take(64).Select(v => v > 0 ? '1' : '0'));
                }
            }

            return drawn;
        }

        var once = Drawn(7, shuffle: true);
        Assert.Equal(120, once.Count);
        Assert.Equal(once.OrderBy(pair => pair.Key), Drawn(60, shuffle: false).OrderBy(pair => pair.Key));
        Assert.NotEqual(once[(0, 50)], once[(1, 50)]);
        Assert.NotEqual(once[(0, 50)], once[(0, 51)]);
    }

    [Fact]
    public void Dropping_the_last_batch_keeps_all_batches_full()
    {
        using var loader = new DataLoader(Counting.Set(10), new LoaderOptions { BatchSize = 4, DropLast = true });
        Assert.Equal(2, loader.BatchesPerEpoch);
        Assert.Equal([new(0, 0), new(0, 4), new(1, 0), new Cursor(1, 4)], Deliver(loader, 4).Select(b => b.Start));
        loader.Seek(new Cursor(5, 8));
        Assert.Equal(new Cursor(6, 0), loader.Cursor);
    }

    [Fact]
    public void A_batch_larger_than_the_set_is_the_whole_set()
    {
        using var loader = new DataLoader(Counting.Set(3), new LoaderOptions { BatchSize = 100 });
        Assert.Equal([0, 1, 2], Deliver(loader, 2)[1].Indices.Order());
        Assert.Equal(new Cursor(2, 0), loader.Cursor);
    }

    [Fact]
    public void The_rest_of_an_epoch_ends_where_it_ends()
    {
        using var loader = new DataLoader(Counting.Set(10), new LoaderOptions { BatchSize = 4 }, new Cursor(2, 4));
        Assert.Equal([4, 2], loader.RestOfEpoch().Select(batch => batch.Count));
        Assert.Equal(new Cursor(3, 0), loader.Cursor);
    }

    [Fact]
    public void Buffers_are_used_again()
    {
        using var loader = new DataLoader(Counting.Set(40), new LoaderOptions { BatchSize = 4, Prefetch = 2 });
        var seen = Enumerable.Range(0, 30).Select(_ => loader.Next()).Distinct().ToList();
        Assert.InRange(seen.Count, 1, 3);
    }

    [Fact]
    public void Waiting_for_a_batch_costs_no_allocation_worth_the_name()
    {
        using var loader = new DataLoader(Counting.Set(400), new LoaderOptions { BatchSize = 4 });
        for (var i = 0; i < 100; i++)
            loader.Next();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            loader.Next();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 * 1000);
    }

    [Fact]
    public void A_fault_of_the_background_thread_comes_out_where_its_batch_would_have()
    {
        using var loader = DataLoader.Sequential(new Failing(Counting.Set(20), at: 9), 4);
        Assert.Equal(4, loader.Next().Count);
        Assert.Equal(4, loader.Next().Count);
        var error = Assert.Throws<BadFileException>(() => loader.Next());
        Assert.Equal("picture 9", error.Path);
        Assert.Contains(nameof(Failing), error.StackTrace, StringComparison.Ordinal);
        Assert.Same(error, Assert.Throws<BadFileException>(() => loader.Next()));
        Assert.Equal(new Cursor(0, 8), loader.Cursor);
        loader.Seek(default);
        Assert.Equal(4, loader.Next().Count);
    }

    [Fact]
    public void Waiting_can_be_cancelled_and_taken_up_again()
    {
        using var release = new ManualResetEventSlim();
        using var loader = DataLoader.Sequential(new Blocking(Counting.Set(8), release), 4);
        using var cancel = new CancellationTokenSource(50);
        Assert.ThrowsAny<OperationCanceledException>(() => loader.Next(cancel.Token));
        Assert.Equal(default, loader.Cursor);
        release.Set();
        Assert.Equal([0, 1, 2, 3], loader.Next().Indices.ToArray());
    }

    [Fact]
    public void Disposing_stops_the_thread_and_ends_use()
    {
        var loader = new DataLoader(Counting.Set(8));
        loader.Next();
        loader.Dispose();
        loader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => loader.Next());
    }

    [Fact]
    public void Impossible_requests_are_refused_at_once()
    {
        var set = Counting.Set(3);
        Assert.Throws<ArgumentException>(() => new DataLoader(Counting.Set(0)));
        var full = new LoaderOptions { BatchSize = 4, DropLast = true };
        Assert.Contains("no full batch of 4", Assert.Throws<ArgumentException>(() => new DataLoader(set, full)).Message,
            StringComparison.Ordinal);
        var past = Assert.Throws<ArgumentOutOfRangeException>(() => new DataLoader(set, null, new Cursor(0, 4)));
        Assert.Contains("was the data set changed?", past.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sets_without_labels_give_none()
    {
        using var loader = new DataLoader(Counting.Set(3, labels: false));
        var batch = loader.Next();
        Assert.False(batch.HasLabels);
        Assert.Empty(batch.Labels.ToArray());
    }

    private class Wrapped(IImageSource inner) : IImageSource
    {
        public string Name => inner.Name;

        public int Count => inner.Count;

        public ImageShape Shape => inner.Shape;

        public bool HasLabels => inner.HasLabels;

        public IReadOnlyList<string> ClassNames => inner.ClassNames;

        public bool IsBinary => false;

        public string ContentHash => inner.ContentHash;

        public virtual ReadOnlySpan<byte> Pixels(int index) => inner.Pixels(index);

        public int Label(int index) => inner.Label(index);
    }

    private sealed class Failing(IImageSource inner, int at) : Wrapped(inner)
    {
        public override ReadOnlySpan<byte> Pixels(int index) => index == at
            ? throw new BadFileException($"picture {index}", "is gone", null, "Look for it")
            : base.Pixels(index);
    }

    private sealed class Blocking(IImageSource inner, ManualResetEventSlim release) : Wrapped(inner)
    {
        public override ReadOnlySpan<byte> Pixels(int index)
        {
            release.Wait();
            return base.Pixels(index);
        }
    }
}
