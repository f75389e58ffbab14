using Figment.Testing;
using Xunit;
using static Figment.Torch.TensorIndex;

namespace Figment.Torch.Tests;

public class IndexTests : EngineTest
{
    [Fact]
    public void Numbers_and_ranges() => TensorScope.Run(() =>
    {
        var x = Tensor.Arange(24).Reshape(2, 3, 4);
        Same(x[1], [3, 4], 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
        Same(x[-1, 2, 3], [], 23);
        Same(x[^1, ^1, ^1], [], 23);
        Same(x[0, 1..], [2, 4], 4, 5, 6, 7, 8, 9, 10, 11);
        Same(x[0, 0, 1..^1], [2], 1, 2);
        Same(x[0, 0, ^2..], [2], 2, 3);
        Same(x[0, 0, ^0..], [0]);
        Same(x[0, 0, ..0], [0]);
        Same(x[0, 0, 3..2], [0]);
        Same(x[0, 0, ..^9], [0]);
        Same(x[0, 0, ^9..2], [2], 0, 1);
        Same(x[0, 0, 2..99], [2], 2, 3);
        Same(x[0, 0, Slice(1, step: 2)], [2], 1, 3);
        Same(x[0, 0, Slice(-3, -1)], [2], 1, 2);
        Same(x[Ellipsis, 0], [2, 3], 0, 4, 8, 12, 16, 20);
        Same(x[1, Ellipsis, 0], [3], 12, 16, 20);
        Same(x[0, 0, Ellipsis, None], [4, 1], 0, 1, 2, 3);
        Same(x[None, 0, 0, .., None], [1, 4, 1], 0, 1, 2, 3);
        Same(x[.., 0, ..][All, 1], [2], 1, 13);
        Same(x[0, 1, 2][Ellipsis], [], 6);
        Assert.Throws<ArgumentOutOfRangeException>(() => x[^0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => Slice(0, 1, -1));
        Assert.Throws<ArgumentException>(() => x[0, 0, 0, 0]);
        Assert.Throws<ArgumentException>(() => x[Ellipsis, Ellipsis]);
        Assert.Throws<TorchException>(() => x[2]);
    });

    [Fact]
    public void Tensors_of_positions() => TensorScope.Run(() =>
    {
        var x = Tensor.Arange(24).Reshape(2, 3, 4);
        Tensor a = Tensor.From([1L, 0], 2), b = Tensor.From([2, 0], 2), c = Tensor.From(new byte[] { 3, 1 }, 2);
        Same(x[a, 0, 0], [2], 12, 0);
        Same(x[a, b, 0], [2], 20, 0);
        Same(x[0, b, 1..3], [2, 2], 9, 10, 1, 2);
        Same(x[0, .., c], [3, 2], 3, 1, 7, 5, 11, 9);
        Same(x[a, .., c], [2, 3], 15, 19, 23, 1, 5, 9); // two gathered dimensions apart come first, as in NumPy
        Same(x[0, b.Reshape(2, 1), c], [2, 2], 11, 9, 3, 1);
        Same(x[Ellipsis, None, c][0, 0], [1, 2], 3, 1);
        Same(x[Tensor.From([-1L], 1), 2, 3], [1], 23);
        Assert.Throws<ArgumentException>(() => x[Tensor.From([1f], 1)]);
        Assert.Throws<ArgumentNullException>(() => x[(Tensor)null!]);
        Assert.Throws<TorchException>(() => x[Tensor.From([5L], 1)]);
    });

    [Fact]
    public void Masks() => TensorScope.Run(() =>
    {
        var x = Tensor.Arange(12).Reshape(2, 3, 2);
        var mask = Tensor.From([true, false, false, false, true, true], 2, 3);
        Same(x[x > 8], [3], 9, 10, 11);
        Same(x[mask], [3, 2], 0, 1, 8, 9, 10, 11);
        Same(x[mask, 1..], [3, 1], 1, 9, 11); // behind a mask of two dimensions comes the third
        Same(x[mask, 0], [3], 0, 8, 10);
        Same(x[0, Tensor.From([true, false, true], 3)], [2, 2], 0, 1, 4, 5);
        Same(x[.., Tensor.From([true, false, true], 3), 0], [2, 2], 0, 4, 6, 10);
        Same(x[x < 0], [0]);
        Assert.Throws<TorchException>(() => x[Tensor.From([true], 1)]);
        Assert.Throws<ArgumentException>(() => x[mask, 0, 0]);
        Assert.Throws<ArgumentException>(() => x[Tensor.Scalar(1, DType.Bool)]);
    });

    [Fact]
    public void Setting() => TensorScope.Run(() =>
    {
        var x = Tensor.Zeros([2, 3]);
        x[0] = Tensor.From([1f, 2, 3], 3);
        x[.., ^1] = Tensor.Scalar(9);
        x[1, ..2] = Tensor.From([5L, 6], 2); // converted
        Same(x, [2, 3], 1, 2, 9, 5, 6, 9);
        x[x > 5] = Tensor.Scalar(0);
        Same(x, [2, 3], 1, 2, 0, 5, 0, 0);
        x[.., Tensor.From([0L, 2], 2)] = Tensor.From([7f, 8], 2);
        Same(x, [2, 3], 7, 2, 8, 7, 0, 8);
        x[Ellipsis] = Tensor.Ones([3]);
        Same(x, [2, 3], 1, 1, 1, 1, 1, 1);
        Assert.Throws<TorchException>(() => x[0] = Tensor.Zeros([4]));
    });

    [Fact]
    public void Views_share_and_gradients_flow() => TensorScope.Run(() =>
    {
        var x = Tensor.Zeros([3]);
        var all = x[..];
        Assert.NotSame(x, all);
        all.AddInPlace(1);
        x[1..].MulInPlace(5);
        Same(x, [3], 1, 5, 5);
        x.RequiresGrad = true;
        (x[^1] * 3 + x[Tensor.From([0L, 0], 2)].Sum()).Backward();
        Same(x.Grad!, [3], 2, 0, 3);
    });

    private static void Same(Tensor t, long[] shape, params double[] values)
    {
        Assert.Equal(shape, t.Shape.ToArray());
        Assert.Equal(values, t.Detach().To(DType.Float64).ToArray<double>());
    }
}
