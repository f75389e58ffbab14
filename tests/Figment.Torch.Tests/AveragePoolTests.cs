using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>native/torch/kernels/average_pool.cpp against libtorch's own, to the last bit.</summary>
public class AveragePoolTests : EngineTest
{
    [Theory]
    [InlineData(2, 2, 0, false, true, true)]
    [InlineData(2, 2, 0, false, true, false)]
    [InlineData(3, 2, 1, true, false, true)]
    [InlineData(3, 1, 1, false, true, false)]
    public void Values_and_both_derivatives_are_the_engines(
        int kernel, int stride, int padding, bool ceil, bool count, bool channelsLast) => TensorScope.Run(() =>
    {
        using var rng = new Rng(8);
        var x = rng.Normal([3, 5, 8, 7]).Contiguous(channelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous);
        x.RequiresGrad = true;
        var ours = Derivatives(Ops.AveragePool2d(x, [kernel, kernel], [stride, stride], [padding, padding], ceil, count));
        var engines = Derivatives(x.AvgPool2d([kernel, kernel], [stride, stride], [padding, padding], ceil, count));
        foreach (var (mine, theirs) in ours.Zip(engines))
        {
            Assert.Equal(theirs.ToArray<float>(), mine.ToArray<float>());
            Assert.True(!channelsLast || mine.IsContiguous(MemoryFormat.ChannelsLast));
        }

        Tensor[] Derivatives(Tensor y)
        {
            var quick = Autograd.Grad([(y * y.Detach()).Sum()], [x], retainGraph: true)[0]!;
            var first = Autograd.Grad([y.Pow(3).Sum()], [x], createGraph: true)[0]!;
            return [y, quick, first, Autograd.Grad([first.Square().Sum()], [x])[0]!];
        }
    });

    [Fact]
    public void An_image_without_a_batch_is_pooled_too() => TensorScope.Run(() =>
    {
        var x = Tensor.Arange(16, DType.Float32).Reshape(1, 4, 4);
        x.RequiresGrad = true;
        var y = Ops.AveragePool2d(x, [2, 2], [2, 2]);
        Assert.Equal([2.5f, 4.5f, 10.5f, 12.5f], y.ToArray<float>());
        Assert.Equal(Tensor.Full([1, 4, 4], 0.25).ToArray<float>(), Autograd.Grad([y.Sum()], [x])[0]!.ToArray<float>());
    });

    // Mapped buffers are counted when they are freed: the input must be gone before the backward pass.
    [Fact]
    public void The_input_is_not_held() => TensorScope.Run(() =>
    {
        var leaf = Tensor.Ones([1]);
        leaf.RequiresGrad = true;
        var before = LibTorch.Memory.Live;
        var y = TensorScope.Run(() => Ops.AveragePool2d(leaf.Expand(1, 4, 1024, 1024) + 1, [2, 2], [2, 2])); // 16 MiB to 4
        Assert.InRange(LibTorch.Memory.Live - before, 1 << 22, 1 << 23);
        Assert.Equal(4 * 512 * 512, y.Sum().ToDouble() / 2);
    });
}
