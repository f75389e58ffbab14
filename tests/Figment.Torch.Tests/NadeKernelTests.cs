using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>The fused kernel of native/torch/kernels/nade.cpp against composed operators, Float64 and finite differences.</summary>
public class NadeKernelTests : EngineTest
{
    // H with and without a rest after sixteen lanes and after slices of 64 units, B with and without a rest after eight rows.
    [Theory]
    [InlineData(3, 5, 7, DType.Float64, 1e-12)]
    [InlineData(19, 11, 33, DType.Float64, 1e-12)]
    [InlineData(64, 30, 48, DType.Float64, 1e-12)]
    [InlineData(11, 9, 64, DType.Float64, 1e-12)]
    [InlineData(11, 9, 150, DType.Float64, 1e-12)]
    [InlineData(19, 40, 50, DType.Float32, 2e-5)]
    [InlineData(19, 40, 200, DType.Float32, 2e-5)]
    public void Values_and_gradients_are_those_of_composed_operators(int b, int d, int h, DType dtype, double tolerance) => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var inputs = Inputs(rng, b, d, h);
        var weights = rng.Normal([b, d], dtype: DType.Float64);
        var fused = Run(Ops.NadeLogits, inputs, weights, dtype);
        var composed = Run(Composed, inputs, weights, DType.Float64);
        foreach (var (actual, expected) in fused.Zip(composed))
            Assert.True((actual.To(DType.Float64) - expected).Abs().Max().ToDouble() <= tolerance * Math.Max(1, expected.Abs().Max().ToDouble()));
    });

    /// <summary>Black and white pictures are data: without their gradient the kernel takes a shorter way.</summary>
    [Fact]
    public void The_other_gradients_do_not_depend_on_whether_x_has_one() => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        var inputs = Inputs(rng, 19, 12, 150);
        var weights = rng.Normal([19, 12], dtype: DType.Float64);
        var all = Run(Ops.NadeLogits, inputs, weights, DType.Float64);
        var own = inputs[1..].Select(input => input.Clone()).ToArray();
        foreach (var input in own) input.RequiresGrad = true;
        var some = Autograd.Grad([(Ops.NadeLogits(inputs[0], own[0], own[1], own[2]) * weights).Sum()], own);
        for (var n = 0; n < 3; n++) Assert.True(all[n + 2].AllClose(some[n]!, rtol: 1e-12, atol: 1e-12));
    });

    [Fact]
    public void Gradients_are_finite_differences() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        var inputs = Inputs(rng, 2, 4, 3);
        var weights = rng.Normal([2, 4], dtype: DType.Float64);
        double Value() => NoGrad.Run(() => (Ops.NadeLogits(inputs[0], inputs[1], inputs[2], inputs[3]) * weights).Sum().ToDouble());
        var gradients = Run(Ops.NadeLogits, inputs, weights, DType.Float64);
        for (var n = 0; n < 4; n++)
        {
            var expected = gradients[n + 1].ToArray<double>();
            for (var i = 0; i < expected.Length; i++)
            {
                var at = inputs[n].AsMutableSpan<double>();
                var kept = at[i];
                at[i] = kept + 1e-5;
                var up = Value();
                at[i] = kept - 1e-5;
                var slope = (up - Value()) / 2e-5;
                at[i] = kept;
                Assert.Equal(slope, expected[i], 1e-8);
            }
        }
    });

    [Fact]
    public void Second_derivatives_are_those_of_composed_operators() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        var inputs = Inputs(rng, 3, 5, 4);
        Tensor Second(Func<Tensor, Tensor, Tensor, Tensor, Tensor> logits)
        {
            var w = inputs[1].Clone();
            w.RequiresGrad = true;
            var slope = Autograd.Grad([logits(inputs[0], w, inputs[2], inputs[3]).Sigmoid().Sum()], [w], createGraph: true)[0]!;
            return Autograd.Grad([slope.Square().Sum()], [w])[0]!;
        }

        Assert.True(Second(Ops.NadeLogits).AllClose(Second(Composed), rtol: 1e-9, atol: 1e-12));
    });

    [Fact]
    public void Every_thread_count_gives_the_same_bits() => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        var inputs = Inputs(rng, 100, 60, 200);
        var weights = rng.Normal([100, 60], dtype: DType.Float64);
        var threads = LibTorch.Threads;
        try
        {
            LibTorch.Threads = 1;
            var one = Run(Ops.NadeLogits, inputs, weights, DType.Float32);
            LibTorch.Threads = 2;
            foreach (var (a, b) in one.Zip(Run(Ops.NadeLogits, inputs, weights, DType.Float32))) Assert.True(a.Equal(b));
        }
        finally
        {
            LibTorch.Threads = threads;
        }
    });

    [Fact]
    public void Wrong_shapes_are_refused() => TensorScope.Run(() =>
    {
        var error = Assert.Throws<TorchException>(() =>
            Ops.NadeLogits(Tensor.Zeros([2, 3]), Tensor.Zeros([3, 4]), Tensor.Zeros([1, 4]), Tensor.Zeros([3, 4])));
        Assert.Contains("c (B, H)", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, Ops.NadeLogits(Tensor.Zeros([0, 3]), Tensor.Zeros([3, 4]), Tensor.Zeros([0, 4]), Tensor.Zeros([3, 4])).Count);
    });

    // x (zeros, ones and others), w, c, v
    private static Tensor[] Inputs(Rng rng, long b, long d, long h)
    {
        var x = rng.Normal([b, d], dtype: DType.Float64);
        x = Ops.Where(x > 0.8, x, (x > 0).To(DType.Float64));
        return [x, rng.Normal([d, h], dtype: DType.Float64), rng.Normal([b, h], dtype: DType.Float64), rng.Normal([d, h], dtype: DType.Float64)];
    }

    // The logits, then the gradients of the four inputs.
    private static Tensor[] Run(Func<Tensor, Tensor, Tensor, Tensor, Tensor> logits, Tensor[] inputs, Tensor weights, DType dtype)
    {
        var own = inputs.Select(input => input.To(dtype).Clone()).ToArray();
        foreach (var input in own) input.RequiresGrad = true;
        var result = logits(own[0], own[1], own[2], own[3]);
        return [result.Detach(), .. Autograd.Grad([(result * weights.To(dtype)).Sum()], own).Select(g => g!)];
    }

    private static Tensor Composed(Tensor x, Tensor w, Tensor c, Tensor v)
    {
        var steps = x[TensorIndex.All, ..^1].Unsqueeze(2) * w[..^1]; // (B, D - 1, H)
        return (Ops.Cat([c.Unsqueeze(1), steps], 1).CumSum(1).Sigmoid() * v).Sum([2]);
    }
}
