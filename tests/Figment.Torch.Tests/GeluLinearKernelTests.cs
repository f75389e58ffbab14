using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>native/torch/kernels/gelu_linear.cpp against the two operators that it joins.</summary>
public class GeluLinearKernelTests : EngineTest
{
    [Theory]
    [InlineData(true, "none", 1)]
    [InlineData(true, "none", 2)]
    [InlineData(false, "none", 1)]
    [InlineData(true, "tanh", 1)]
    public void Values_and_both_derivatives_are_those_of_the_two_operators_in_Float64(bool bias, string approximate, int threads)
    {
        var before = LibTorch.Threads;
        LibTorch.Threads = threads;
        try
        {
            TensorScope.Run(() =>
            {
                using var rng = new Rng(5);
                Tensor[] inputs = [rng.Normal([7, 50, 70]) * 3, rng.Normal([11, 70]), rng.Normal([11])];
                var pull = rng.Normal([7, 50, 11]);
                Tensor[] Of(DType type, Func<Tensor, Tensor, Tensor?, Tensor> op)
                {
                    Tensor[] x = [.. inputs.Take(bias ? 3 : 2).Select(t => t.To(type).Clone())];
                    foreach (var t in x) t.RequiresGrad = true;
                    var y = op(x[0], x[1], bias ? x[2] : null);
                    var quick = Autograd.Grad([(y * pull.To(type)).Sum()], x, retainGraph: true);
                    var first = Autograd.Grad([(y.Square() * pull.To(type)).Sum()], x, createGraph: true);
                    var second = Autograd.Grad([first.Aggregate(Tensor.Zeros([], type), (sum, g) => sum + g!.Square().Sum())], x);
                    return [y, .. quick.OfType<Tensor>(), .. first.OfType<Tensor>(), .. second.OfType<Tensor>()];
                }

                var ours = Of(DType.Float32, (x, w, b) => Ops.GeluLinear(x, w, b, approximate));
                var exact = Of(DType.Float64, (x, w, b) => Ops.Linear(x.Gelu(approximate), w, b));
                Assert.Equal(exact.Length, ours.Length);
                foreach (var (mine, right) in ours.Zip(exact))
                {
                    Assert.Equal(right.Shape.ToArray(), mine.Shape.ToArray());
                    Assert.InRange((mine.To(DType.Float64) - right).Abs().Max().ToDouble(), 0, 2e-6 * right.Abs().Max().ToDouble());
                }
            });
        }
        finally
        {
            LibTorch.Threads = before;
        }
    }

    // A weight of one shows the activation itself, and the gradient of a sum its slope.
    [Fact]
    public void The_activation_and_its_slope_are_right_everywhere() => TensorScope.Run(() =>
    {
        var x = ((Tensor.Arange(40_001, DType.Float64) - 20_000) / 1000).To(DType.Float32).Unsqueeze(1);
        x.RequiresGrad = true;
        var y = Ops.GeluLinear(x, Tensor.Ones([1, 1]));
        var slope = Autograd.Grad([y.Sum()], [x])[0]!;
        var exact = x.Detach().To(DType.Float64);
        exact.RequiresGrad = true;
        var right = exact * 0.5 * (-exact / Math.Sqrt(2)).Erfc();
        var rightSlope = Autograd.Grad([right.Sum()], [exact])[0]!;
        var error = ((y.To(DType.Float64) - right).Abs() / (1e-30 + right.Abs())).Max().ToDouble();
        Assert.InRange((slope.To(DType.Float64) - rightSlope).Abs().Max().ToDouble(), 0, 3e-7);
        Assert.InRange(((y.To(DType.Float64) - right).Abs() - 3e-7 * right.Abs()).Narrow(0, 17_000, 6_000).Max().ToDouble(), -1, 5e-8);
        Assert.InRange(error, 0, 1e-5); // the exponent of a number near -12 has 17 bits left behind the point
    });

    [Fact]
    public void Threads_give_the_same_bits() => TensorScope.Run(() =>
    {
        using var rng = new Rng(6);
        Tensor x = rng.Normal([300, 90]), w = Ops.Eye(90);
        x.RequiresGrad = true;
        var before = LibTorch.Threads;
        try
        {
            var all = new[] { 1, 2, 5 }.Select(threads =>
            {
                LibTorch.Threads = threads;
                var y = Ops.GeluLinear(x, w);
                return y.ToArray<float>().Concat(Autograd.Grad([y.Sum()], [x])[0]!.ToArray<float>()).ToArray();
            }).ToList();
            Assert.Equal(all[0], all[1]);
            Assert.Equal(all[0], all[2]);
        }
        finally
        {
            LibTorch.Threads = before;
        }
    });

    [Fact]
    public void Frozen_parts_and_views_are_served() => TensorScope.Run(() =>
    {
        using var rng = new Rng(7);
        Tensor x = rng.Normal([70, 40]).T(), w = rng.Normal([3, 70]);
        var right = Ops.Linear(x.Gelu(), w);
        Assert.InRange((Ops.GeluLinear(x, w) - right).Abs().Max().ToDouble(), 0, 1e-5);
        foreach (var learned in new[] { x, w })
        {
            learned.RequiresGrad = true;
            var slopes = new[] { Ops.GeluLinear(x, w), Ops.Linear(x.Gelu(), w) }
                .Select(y => Autograd.Grad([y.Square().Sum()], [learned])[0]!).ToArray();
            Assert.InRange((slopes[0] - slopes[1]).Abs().Max().ToDouble(), 0, 1e-5 * slopes[1].Abs().Max().ToDouble());
            learned.RequiresGrad = false;
        }
    });

    [Fact]
    public void What_the_activation_makes_is_not_held() => TensorScope.Run(() =>
    {
        Tensor x = Tensor.Ones([2048, 1024]), w = Tensor.Ones([1, 1024]); // 8 MiB
        x.RequiresGrad = true;
        var before = LibTorch.Memory.Live;
        var y = Ops.GeluLinear(x, w);
        Assert.InRange(LibTorch.Memory.Live - before, 0, 1 << 20);
        y.Sum().Backward();
        x.Grad = null;
    });
}
