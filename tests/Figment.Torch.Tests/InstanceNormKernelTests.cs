using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>native/torch/kernels/instance_norm.cpp against libtorch's operator in Float64, in both layouts.</summary>
public class InstanceNormKernelTests : EngineTest
{
    public static TheoryData<int, int, int, int, bool> Cases => new()
    {
        { 2, 3, 5, 7, false }, { 2, 3, 8, 8, false }, { 1, 1, 9, 15, false }, { 3, 64, 4, 4, true }, { 2, 70, 9, 8, true }, { 1, 130, 3, 2, true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Values_and_both_derivatives_are_those_of_double_precision(int b, int c, int h, int w, bool last) => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        // A mean far from 0, where a variance taken as a difference of squares would lose its digits.
        var x = (rng.Normal([b, c, h, w]) + 100).Contiguous(last ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous);
        var (weight, bias, pull) = (rng.Normal([c]), rng.Normal([c]), rng.Normal([b, c, h, w]));
        var ours = Derivatives(x, weight, bias, pull, (x, w, b) => Ops.NormalizeInstances(x, w, b, 1e-3));
        var exact = Derivatives(x.To(DType.Float64), weight.To(DType.Float64), bias.To(DType.Float64), pull.To(DType.Float64),
            (x, w, b) => Ops.InstanceNorm(x, true, 0.1, 1e-3, w, b));
        foreach (var (mine, theirs) in ours.Zip(exact))
            Assert.InRange((mine.To(DType.Float64) - theirs).Abs().Max().ToDouble(), 0, 2e-4 * (1 + theirs.Abs().Max().ToDouble()));
        Assert.True(ours[0].IsContiguous(last ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous));
        Assert.True(ours[1].IsContiguous(last ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous));
    });

    // The quick backward pass and the one that can be differentiated again are different code.
    private static Tensor[] Derivatives(Tensor x, Tensor w, Tensor b, Tensor pull, Func<Tensor, Tensor, Tensor, Tensor> norm)
    {
        foreach (var t in new[] { x, w, b }) t.RequiresGrad = true;
        var y = norm(x, w, b);
        var quick = Autograd.Grad([(y * pull).Sum()], [x, w, b]);
        var first = Autograd.Grad([(norm(x, w, b).Square() * pull).Sum()], [x, w, b], createGraph: true);
        var second = Autograd.Grad([first[0]!.Square().Sum() + first[1]!.Square().Sum() + first[2]!.Square().Sum()], [x, w, b]);
        return [y, .. quick.OfType<Tensor>(), .. first.OfType<Tensor>(), .. second.OfType<Tensor>()];
    }

    [Fact]
    public void Without_weight_and_for_any_number_of_positions() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        foreach (long[] shape in new long[][] { [2, 3, 11], [2, 3, 4, 5, 6], [1, 2, 1000] })
        {
            var x = rng.Normal(shape);
            var y = Ops.NormalizeInstances(x);
            var theirs = Ops.InstanceNorm(x, true, 0.1, 1e-5);
            Assert.InRange((y - theirs).Abs().Max().ToDouble(), 0, 1e-5);
        }
    });

    [Fact]
    public void Wrong_shapes_are_named() => TensorScope.Run(() =>
    {
        Assert.Contains("no positions", Assert.Throws<TorchException>(() => Ops.NormalizeInstances(Tensor.Ones([2, 3]))).Message, StringComparison.Ordinal);
        Assert.Contains("no variance", Assert.Throws<TorchException>(() => Ops.NormalizeInstances(Tensor.Ones([2, 3, 1]))).Message, StringComparison.Ordinal);
        Assert.Contains("one a channel", Assert.Throws<TorchException>(() =>
            Ops.NormalizeInstances(Tensor.Ones([2, 3, 4]), Tensor.Ones([2]), Tensor.Ones([2]))).Message, StringComparison.Ordinal);
    });
}
