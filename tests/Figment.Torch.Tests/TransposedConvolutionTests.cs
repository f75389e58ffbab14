using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>native/torch/kernels/transposed_convolution.cpp against libtorch's own transposed convolution.</summary>
public class TransposedConvolutionTests : EngineTest
{
    [Theory]
    [InlineData(1, 4, 2, 1, 0, 1)]
    [InlineData(3, 4, 2, 1, 1, 1)]
    [InlineData(2, 3, 3, 0, 2, 1)]
    [InlineData(2, 5, 1, 4, 0, 2)] // elements of the kernel that only ever fall outside
    [InlineData(20, 4, 2, 1, 1, 1)]
    [InlineData(16, 3, 1, 1, 0, 2)]
    public void Values_and_both_derivatives_are_the_engines(
        int maps, int kernel, int stride, int padding, int outputPadding, int dilation) => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        var (x, w, b) = (rng.Normal([3, 4, 5, 6]), rng.Normal([4, maps, kernel, kernel]), rng.Normal([maps]));
        foreach (var t in new[] { x, w, b }) t.RequiresGrad = true;
        long[] s = [stride, stride], p = [padding, padding], o = [outputPadding, outputPadding], d = [dilation, dilation];

        var ours = Derivatives(Ops.TransposedConv2d(x, w, s, p, o, d, b));
        var engines = Derivatives(Ops.ConvTranspose2d(x, w, b, s, p, o, 1, d));
        foreach (var (mine, theirs) in ours.Zip(engines))
        {
            Assert.Equal(theirs.Shape.ToArray(), mine.Shape.ToArray());
            Assert.InRange((mine - theirs).Abs().Max().ToDouble(), 0, 2e-5 * (1 + theirs.Abs().Max().ToDouble()));
        }

        Tensor[] Derivatives(Tensor y)
        {
            var first = Autograd.Grad([y.Pow(3).Sum()], [x, w, b], createGraph: true);
            var second = Autograd.Grad([first.Aggregate(Tensor.Zeros([]), (sum, g) => sum + g!.Square().Sum())], [x, w, b]);
            return [y, .. first.OfType<Tensor>(), .. second.OfType<Tensor>()];
        }
    });

    [Fact]
    public void Without_a_bias_and_with_a_weight_that_is_kept() => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        var (x, w) = (rng.Normal([2, 3, 4, 4]), rng.Normal([3, 2, 4, 4]));
        x.RequiresGrad = true;
        var ours = Ops.TransposedConv2d(x, w, [2, 2], [1, 1], [0, 0], [1, 1]);
        var engines = Ops.ConvTranspose2d(x, w, null, [2, 2], [1, 1]);
        Assert.InRange((ours - engines).Abs().Max().ToDouble(), 0, 1e-5);
        var slopes = new[] { ours, engines }.Select(y => Autograd.Grad([y.Square().Sum()], [x])[0]!).ToArray();
        Assert.InRange((slopes[0] - slopes[1]).Abs().Max().ToDouble(), 0, 1e-3);
        Assert.Null(w.Grad);
    });
}
