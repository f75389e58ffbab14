using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

public class AutogradTests : EngineTest
{
    [Fact]
    public void Gradients_add_up_in_leaves_only() => TensorScope.Run(() =>
    {
        var x = Leaf(1, 2, 3);
        var y = x * 2;
        (y * y).Sum().Backward();
        (x * 1).Sum().Backward();
        Assert.Equal([9.0, 17, 25], x.Grad!.ToArray<double>()); // 8x + 1
        Assert.True(x.IsLeaf);
        Assert.False(y.IsLeaf);
        x.Grad = null;
        Assert.Null(x.Grad);
    });

    [Fact]
    public void A_weight_for_each_element() => TensorScope.Run(() =>
    {
        var x = Leaf(1, 2);
        (x * x).Backward(Tensor.From([10.0, 100], 2));
        Assert.Equal([20.0, 400], x.Grad!.ToArray<double>());
        Assert.Contains("grad can be implicitly created only for scalar outputs",
            Assert.Throws<TorchException>(() => (x * x).Backward()).Message);
    });

    [Fact]
    public void The_graph_is_freed_unless_it_is_retained() => TensorScope.Run(() =>
    {
        var x = Leaf(3);
        var y = (x * x).Sum();
        y.Backward(retainGraph: true);
        y.Backward();
        Assert.Equal([12.0], x.Grad!.ToArray<double>());
        var error = Assert.Throws<TorchException>(() => y.Backward());
        Assert.StartsWith("Backward(Float64[]): Trying to backward through the graph a second time", error.Message,
            StringComparison.Ordinal);
    });

    [Fact]
    public void Grad_touches_no_leaf_and_reaches_inner_tensors() => TensorScope.Run(() =>
    {
        var x = Leaf(3);
        var inner = x * x;
        var outer = inner * 5;
        Assert.Equal([30.0, 5], Autograd.Grad([outer], [x, inner]).Select(g => g!.ToDouble()));
        Assert.Null(x.Grad);
    });

    [Fact]
    public void Several_outputs_with_weights() => TensorScope.Run(() =>
    {
        var x = Leaf(3);
        var g = Autograd.Grad([x * 2, x * x], [x], [Tensor.From([1.0], 1), Tensor.From([10.0], 1)]);
        Assert.Equal(62, g[0]!.ToDouble());
        Assert.Throws<ArgumentException>(() => Autograd.Grad([x * 2, x * x], [x], [Tensor.From([1.0], 1)]));
    });

    [Fact]
    public void Unused_inputs() => TensorScope.Run(() =>
    {
        Tensor x = Leaf(3), unused = Leaf(4);
        Assert.Null(Autograd.Grad([x * 2], [x, unused], allowUnused: true)[1]);
        Assert.Throws<TorchException>(() => Autograd.Grad([x * 2], [x, unused]));
    });

    [Fact]
    public void Second_derivatives() => TensorScope.Run(() =>
    {
        var x = Leaf(2);
        var first = Autograd.Grad([x.Pow(3)], [x], createGraph: true)[0]!; // 3 x^2
        var second = Autograd.Grad([first], [x], createGraph: true)[0]!; // 6 x
        var third = Autograd.Grad([second], [x])[0]!;
        Assert.Equal([12.0, 12, 6], new[] { first, second, third }.Select(t => t.ToDouble()));
        Assert.True(first.RequiresGrad);
        Assert.False(third.RequiresGrad);
    });

    // Gulrajani et al. 2017: the critic's gradient norm is itself trained, through two layers and a nonlinearity.
    [Fact]
    public void A_gradient_penalty_agrees_with_finite_differences() => TensorScope.Run(() =>
    {
        var images = Tensor.Arange(2 * 1 * 6 * 6, DType.Float64).Mul(1.3).Sin().Reshape(2, 1, 6, 6);
        var kernel = Wave(0.2, 3, 1, 3, 3);
        var head = Wave(0.5, 1, 3 * 4 * 4);

        double Penalty(Tensor changed, int i, double by) => TensorScope.Run(() =>
        {
            changed.Detach().AsMutableSpan<double>()[i] += by;
            var value = Build().ToDouble();
            changed.Detach().AsMutableSpan<double>()[i] -= by;
            return value;
        });

        Tensor Build()
        {
            var x = images.Clone();
            x.RequiresGrad = true;
            var score = Ops.Linear(Ops.Conv2d(x, kernel).LeakyRelu(0.2).Tanh().Flatten(1), head);
            var g = Autograd.Grad([score.Sum()], [x], createGraph: true)[0]!;
            return (g.Flatten(1).Norm([1], 2) - 1).Square().Mean();
        }

        Build().Backward();
        foreach (var weight in new[] { kernel, head })
        {
            var gradient = weight.Grad!.ToArray<double>();
            for (var i = 0; i < gradient.Length; i++)
                Assert.Equal((Penalty(weight, i, 1e-5) - Penalty(weight, i, -1e-5)) / 2e-5, gradient[i], 1e-7);
        }
    });

    [Fact]
    public void No_grad_detach_and_in_place()
    {
        TensorScope.Run(() =>
        {
            var x = Leaf(1, 2);
            Assert.False(NoGrad.IsOn);
            var y = NoGrad.Run(() =>
            {
                Assert.True(NoGrad.IsOn);
                x.AddInPlace(1); // a leaf, unrecorded
                return x * 2;
            });
            Assert.False(y.RequiresGrad);
            Assert.False((x * 2).Detach().RequiresGrad);
            Assert.Equal([2.0, 3], x.Detach().ToArray<double>());
            Assert.Throws<TorchException>(() => x.AddInPlace(1));
            Assert.Throws<InvalidOperationException>(() => NoGrad.Run(() => throw new InvalidOperationException()));
            Assert.False(NoGrad.IsOn);
        });
        Assert.Throws<ArgumentException>(() => { _ = NoGrad.Run(() => Task.FromResult(1)); });
    }

    [Fact]
    public void The_mode_is_the_threads_own() => NoGrad.Run(() =>
    {
        var other = true;
        var thread = new Thread(() => other = NoGrad.IsOn);
        thread.Start();
        thread.Join();
        Assert.False(other);
    });

    [Fact]
    public void A_gradient_that_is_set_must_fit() => TensorScope.Run(() =>
    {
        var x = Leaf(1, 2);
        Assert.Contains("shape [3]",
            Assert.Throws<TorchException>(() => x.Grad = Tensor.Zeros([3], DType.Float64)).Message);
        Assert.Contains("type Float", Assert.Throws<TorchException>(() => x.Grad = Tensor.Zeros([2])).Message);
        x.Grad = Tensor.Ones([2], DType.Float64);
        Assert.Equal([1.0, 1], x.Grad!.ToArray<double>());
    });

    [Fact]
    public void Whole_numbers_have_no_gradient() => TensorScope.Run(() =>
        Assert.StartsWith("RequiresGrad",
            Assert.Throws<TorchException>(() => Tensor.Arange(3).RequiresGrad = true).Message,
            StringComparison.Ordinal));

    // Such a gradient (of the sign of abs) is a zero without memory in libtorch.
    [Fact]
    public void A_gradient_that_is_zero_everywhere_can_be_read() => TensorScope.Run(() =>
    {
        var x = Leaf(-1, 2);
        var g = Autograd.Grad([x.Abs().Sum()], [x], createGraph: true)[0]!;
        Assert.Equal([0.0, 0], Autograd.Grad([g.Sum()], [x])[0]!.ToArray<double>());
    });

    [Fact]
    public void Set_data_keeps_identity_and_gradient() => TensorScope.Run(() =>
    {
        var x = Leaf(1, 2);
        (x * 3).Sum().Backward();
        x.SetData(Tensor.From([5.0, 6], 2));
        Assert.True(x.RequiresGrad && x.IsLeaf);
        Assert.Equal([3.0, 3], x.Grad!.ToArray<double>());
        (x * x).Sum().Backward();
        Assert.Equal([13.0, 15], x.Grad!.ToArray<double>());
    });

    private static Tensor Leaf(params double[] values)
    {
        var x = Tensor.From(values, values.Length);
        x.RequiresGrad = true;
        return x;
    }

    private static Tensor Wave(double scale, params long[] shape)
    {
        var x = Tensor.Arange(shape.Aggregate(1L, (a, b) => a * b), DType.Float64).Mul(1.7).Sin().Mul(scale)
            .Reshape(shape);
        x.RequiresGrad = true;
        return x;
    }
}
