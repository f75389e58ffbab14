using Xunit;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Figment.Torch.Tests;

public class TensorTests
{
    [Fact]
    public void Arithmetic_and_reading()
    {
        TensorScope.Run(() =>
        {
            var a = Tensor.From([1f, 2f, 3f, 4f], 2, 2);
            var b = 2 * a + 1;
            Assert.Equal([3f, 5f, 7f, 9f], b.ToArray<float>());
            Assert.Equal([4f, 6f], a.Sum(0).ToArray<float>());
            Assert.Equal(10, a.Sum().ToDouble());
            Assert.Equal([3f, 4f], a[1].ToArray<float>());
            Assert.Equal([2f, 4f], a[.., 1].ToArray<float>());
            Assert.Equal([1f, 3f], a.T()[0].ToArray<float>());
        });
    }

    [Fact]
    public void Gradients()
    {
        TensorScope.Run(() =>
        {
            var x = Tensor.From([1f, 2f, 3f], 3);
            x.RequiresGrad = true;
            var y = TensorScope.Run(() => (x * x).Sum());
            y.Backward();
            Assert.Equal([2f, 4f, 6f], x.Grad!.ToArray<float>());
        });
    }

    [Fact]
    public void Errors_name_operator_and_shapes()
    {
        var e = Assert.Throws<TorchException>(() => TensorScope.Run(() => Tensor.Zeros([2, 3]).MatMul(Tensor.Zeros([2, 3]))));
        Assert.StartsWith("MatMul(Float32[2, 3], Float32[2, 3]): mat1 and mat2 shapes cannot be multiplied", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("frame #", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scope_releases_everything_but_its_result()
    {
        var before = Tensor.LiveCount;
        var kept = TensorScope.Run(() =>
        {
            var (values, indices) = TensorScope.Run(() => (Tensor.Arange(5) * 2).Sort());
            Assert.Equal(before + 2, Tensor.LiveCount);
            indices.Dispose();
            return values.ToArray<long>();
        });
        Assert.Equal([0, 2, 4, 6, 8], kept);
        Assert.Equal(before, Tensor.LiveCount);
    }

    [Fact]
    public void Rng_repeats()
    {
        using var rng = new Rng(7);
        var state = rng.State;
        var a = TensorScope.Run(() => rng.Normal([5]).ToArray<float>());
        rng.State = state;
        Assert.Equal(a, TensorScope.Run(() => rng.Normal([5]).ToArray<float>()));
    }
}
