using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>native/torch/kernels/mirrored.cpp against libtorch's reflection padding, to the last bit.</summary>
public class MirrorKernelTests : EngineTest
{
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(3, 3, 3, 3)]
    [InlineData(0, 4, 2, 0)]
    [InlineData(4, 4, 3, 3)] // as wide as can be: the last pixel is mirrored too
    public void Values_and_both_derivatives_are_the_engines(int left, int right, int top, int bottom) => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var x = rng.Normal([2, 7, 4, 5]).Contiguous(MemoryFormat.ChannelsLast);
        x.RequiresGrad = true;
        long[] widths = [left, right, top, bottom];
        var pull = rng.Normal([2, 7, 4 + top + bottom, 5 + left + right]);
        var ours = Derivatives(Ops.MirrorEdges(x, widths));
        var engines = Derivatives(x.Contiguous().ReflectionPad2d(widths));
        foreach (var (mine, theirs) in ours.Zip(engines))
            Assert.InRange((mine - theirs).Abs().Max().ToDouble(), 0, 1e-5 * theirs.Abs().Max().ToDouble());
        Assert.Equal(engines[0].ToArray<float>(), ours[0].ToArray<float>());
        Assert.True(ours[0].IsContiguous(MemoryFormat.ChannelsLast));

        Tensor[] Derivatives(Tensor y)
        {
            var quick = Autograd.Grad([(y * pull).Sum()], [x], retainGraph: true)[0]!;
            var first = Autograd.Grad([(y.Pow(3) * pull).Sum()], [x], createGraph: true)[0]!;
            return [y, quick, first, Autograd.Grad([first.Square().Sum()], [x])[0]!];
        }
    });

    [Theory]
    [InlineData(5, 0, 0, 0)]
    [InlineData(0, 0, 0, 4)]
    [InlineData(-1, 0, 0, 0)]
    public void Widths_beyond_the_image_are_refused(int left, int right, int top, int bottom) => TensorScope.Run(() =>
    {
        var error = Assert.Throws<TorchException>(() => Ops.MirrorEdges(Tensor.Ones([1, 2, 4, 5]), [left, right, top, bottom]));
        Assert.Contains("less than the image's", error.Message, StringComparison.Ordinal);
    });
}
