using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Torch;
using Xunit;

namespace Figment.Data.Tests.Loading;

public class BatchTests
{
    [Fact]
    public void A_batch_has_the_hosts_numbers_and_outlives_its_buffer()
    {
        var shape = new ImageShape(3, 2, 1);
        var pixels = Enumerable.Range(0, 24).Select(i => (byte)i).ToArray();
        var before = Tensor.LiveCount;
        TensorScope.Run(() =>
        {
            using var loader = DataLoader.Sequential(new MemoryImages("x", shape, pixels, [7, 5, 3, 1]), 3);
            var first = loader.NextBatch();
            var second = loader.NextBatch();
            loader.NextBatch();
            Assert.Equal([3, 3, 2, 1], first.Images.Shape.ToArray());
            Assert.Equal(DType.Float32, first.Images.DType);
            Assert.Equal(Enumerable.Range(0, 18).Select(i => i / 255f), first.Images.ToArray<float>());
            Assert.Equal([7, 5, 3], first.Labels!.ToArray<long>());
            Assert.Equal([18 / 255f, 19 / 255f], second.Images.ToArray<float>()[..2]);
            Assert.Equal((3, 1), (first.Count, second.Count));
        });
        Assert.Equal(before, Tensor.LiveCount);
    }

    [Fact]
    public void Without_labels_there_is_no_tensor_of_them()
    {
        using var loader = new DataLoader(Counting.Set(4, labels: false));
        TensorScope.Run(() => Assert.Null(loader.NextBatch().Labels));
    }

    [Fact]
    public void Picked_images_are_the_asked_ones_in_their_order_and_steady()
    {
        var set = Counting.Set(9, side: 4);
        var transform = new ImageTransform { CropMargin = 2, RandomCrop = true, FlipHorizontal = true };
        TensorScope.Run(() =>
        {
            var batch = set.Pick([7, 2], transform);
            Assert.Equal([2, 1, 2, 2], batch.Images.Shape.ToArray());
            Assert.Equal([7 / 255f, 2 / 255f], [batch.Images.ToArray<float>()[0], batch.Images.ToArray<float>()[4]]);
            Assert.Equal([1, 2], batch.Labels!.ToArray<long>());
        });
    }

    [Fact]
    public void The_background_thread_makes_no_tensor()
    {
        var before = Tensor.LiveCount;
        using var loader = new DataLoader(Counting.Set(100), new LoaderOptions { BatchSize = 10 });
        loader.Next();
        Thread.Sleep(20);
        Assert.Equal(before, Tensor.LiveCount);
    }
}
