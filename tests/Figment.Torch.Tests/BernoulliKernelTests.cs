using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>The fused kernel of native/torch/kernels/bernoulli.cpp against Float64 and against composed operators.</summary>
public class BernoulliKernelTests : EngineTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Values_and_slopes_are_those_of_double_precision(int dims) => TensorScope.Run(() =>
    {
        long[] shape = [5, 3, 1, 7, 29];
        var logits = Wave(shape, 40); // some beyond where exp underflows, some near zero
        var x = (Wave(shape.AsSpan(1), 1) > 0.2).To(DType.Float32);
        logits.RequiresGrad = true;
        var fused = Ops.BernoulliLogLikelihood(logits, x, dims);
        var slope = Autograd.Grad([fused.Sum()], [logits])[0]!;

        var exact = logits.Detach().To(DType.Float64);
        exact.RequiresGrad = true;
        var reference = Ops.BernoulliLogLikelihood(exact, x.To(DType.Float64), dims); // composed: not Float32
        var exactSlope = Autograd.Grad([reference.Sum()], [exact])[0]!;
        Assert.Equal(reference.Shape.ToArray(), fused.Shape.ToArray());
        Close(fused, reference, 2e-6);
        Close(slope, exactSlope, 1e-6);
    });

    // The gradient of the gradient goes through operators: here against that of the composed form.
    [Fact]
    public void Second_derivatives_with_x_given() => TensorScope.Run(() =>
    {
        var x = (Wave([6, 10], 1) > 0).To(DType.Float32);
        float[] Second(Func<Tensor, Tensor> nats)
        {
            var logits = Wave([6, 10], 3);
            logits.RequiresGrad = true;
            var slope = Autograd.Grad([nats(logits).Sum()], [logits], createGraph: true)[0]!;
            return Autograd.Grad([(slope * slope).Sum()], [logits])[0]!.ToArray<float>();
        }

        var composed = Second(l => ((x * l) - l.SoftPlus()).Sum([1]));
        foreach (var (f, c) in Second(l => Ops.BernoulliLogLikelihood(l, x, 1)).Zip(composed))
            Assert.InRange(f - c, -1e-6, 1e-6);
    });

    // Relative accuracy where the result is tiny: log(1 + e^-l) for large l, and the slope there.
    [Fact]
    public void Small_results_keep_their_digits() => TensorScope.Run(() =>
    {
        var logits = Tensor.Arange(81, DType.Float32);
        var nats = Ops.BernoulliLogLikelihood(logits, Tensor.Ones([81])).ToArray<float>();
        for (var l = 0; l <= 15; l++)
        {
            var exact = -Math.Log(1 + Math.Exp(-l));
            Assert.InRange(nats[l], exact * (1 + 2e-6) - 2e-6, exact * (1 - 2e-6) + 2e-6);
        }

        var minus = Ops.BernoulliLogLikelihood(-logits, Tensor.Zeros([81])).ToArray<float>();
        for (var l = 1; l <= 80; l++)
            Assert.InRange(minus[l] / -LogOnePlus(Math.Exp(-l)), 1 - 1e-6, 1 + 1e-6);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Every_thread_count_and_layout_gives_the_same_bits(int dims) => TensorScope.Run(() =>
    {
        long[] shape = [64, 4, 12, 12];
        var (logits, x) = (Wave(shape, 9), (Wave(shape, 1) > 0).To(DType.Float32));
        float[][] ValuesAndSlopes(Tensor l)
        {
            var own = l.Clone();
            own.RequiresGrad = true;
            var nats = Ops.BernoulliLogLikelihood(own, x, dims);
            return [nats.Detach().ToArray<float>(), Autograd.Grad([nats.Sum()], [own])[0]!.ToArray<float>()];
        }

        var threads = LibTorch.Threads;
        try
        {
            LibTorch.Threads = 1;
            var one = ValuesAndSlopes(logits);
            LibTorch.Threads = 2;
            Assert.Equal(one, ValuesAndSlopes(logits));
            Assert.Equal(one, ValuesAndSlopes(logits.Contiguous(MemoryFormat.ChannelsLast)));
        }
        finally
        {
            LibTorch.Threads = threads;
        }
    });

    [Fact]
    public void Nan_and_infinity_are_not_hidden() => TensorScope.Run(() =>
    {
        var logits = Tensor.From([float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.PositiveInfinity], 4);
        var nats = Ops.BernoulliLogLikelihood(logits, Tensor.From([1f, 0.5f, 0.5f, 0.25f], 4)).ToArray<float>();
        Assert.True(float.IsNaN(nats[0]));
        Assert.All(nats[1..], n => Assert.False(float.IsFinite(n)));
    });

    [Fact]
    public void Nothing_to_sum_and_wrong_shapes() => TensorScope.Run(() =>
    {
        Assert.Equal(0, Ops.BernoulliLogLikelihood(Tensor.Zeros([0, 3]), Tensor.Zeros([3]), 1).Count);
        var error = Assert.Throws<TorchException>(() => Ops.BernoulliLogLikelihood(Tensor.Zeros([2, 3]), Tensor.Zeros([3]), 2));
        Assert.Contains("last 2 dimensions", error.Message, StringComparison.Ordinal);
    });

    // double.LogP1 is log(1 + u) as written, and forgets the digits of a small u.
    private static double LogOnePlus(double u) => u < 1e-4 ? u * (1 - u * (0.5 - u / 3)) : Math.Log(1 + u);

    private static Tensor Wave(ReadOnlySpan<long> shape, double scale)
    {
        long n = 1;
        foreach (var size in shape) n *= size;
        return ((Tensor.Arange(n, DType.Float64) * 1.7).Sin() * scale).To(DType.Float32).Reshape(shape);
    }

    // Relative to the size of a sum, absolute below 1.
    private static void Close(Tensor actual, Tensor exact, double tolerance)
    {
        var (a, e) = (actual.Detach().To(DType.Float64).ToArray<double>(), exact.Detach().ToArray<double>());
        for (var i = 0; i < a.Length; i++)
            Assert.InRange(a[i] - e[i], -tolerance * Math.Max(1, Math.Abs(e[i])), tolerance * Math.Max(1, Math.Abs(e[i])));
    }
}
