using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>The fused kernel native/torch/kernels/attention.cpp against Float64, for which it is composed.</summary>
public class AttentionKernelTests : EngineTest
{
    // More rows than a block of queries, and sizes that no vector width divides.
    [Theory]
    [InlineData(2, 150, 3, 7, true)]
    [InlineData(2, 150, 3, 7, false)]
    [InlineData(1, 1, 1, 1, true)]
    [InlineData(3, 64, 2, 16, true)]
    public void Attention_to_itself(long batch, long length, int heads, long size, bool causal) =>
        Agrees(x => Ops.SelfAttention(x[0], heads, causal), 2e-5, Wave([batch, length, 3 * heads * size], 2, 0));

    [Theory]
    [InlineData(70, 19)]
    [InlineData(5, 130)]
    public void Attention_to_another_sequence(long queries, long keys) => Agrees(x => Ops.CrossAttention(x[0], x[1], 3),
        2e-5, Wave([2, queries, 15], 2, 0), Wave([2, keys, 30], 2, 1));

    [Fact]
    public void Scores_beyond_where_exponents_overflow() =>
        Agrees(x => Ops.SelfAttention(x[0], 1, causal: true), 1e-3, Wave([1, 40, 12], 30, 0));

    [Fact]
    public void Every_thread_count_gives_the_same_bits() => TensorScope.Run(() =>
    {
        var threads = LibTorch.Threads;
        try
        {
            float[][] Results(int count)
            {
                LibTorch.Threads = count;
                var qkv = Wave([5, 70, 48], 1, 0);
                qkv.RequiresGrad = true;
                var y = Ops.SelfAttention(qkv, 2, causal: true);
                return [y.ToArray<float>(), Autograd.Grad([y.Square().Sum()], [qkv])[0]!.ToArray<float>()];
            }

            Assert.Equal(Results(1), Results(2));
        }
        finally
        {
            LibTorch.Threads = threads;
        }
    });

    [Fact]
    public void Shapes_that_do_not_fit() => TensorScope.Run(() =>
    {
        Assert.Contains("multiple of the heads",
            Assert.Throws<TorchException>(() => Ops.SelfAttention(Tensor.Zeros([2, 3, 12]), 3)).Message, StringComparison.Ordinal);
        Assert.Contains("(B, S, 2 * width)", Assert.Throws<TorchException>(() =>
            Ops.CrossAttention(Tensor.Zeros([2, 3, 4]), Tensor.Zeros([2, 3, 4]), 2)).Message, StringComparison.Ordinal);
        Assert.Equal(0, Ops.SelfAttention(Tensor.Zeros([0, 3, 12]), 2).Count);
    });

    // Value, gradients, and the gradients of the gradients' squares.
    private static void Agrees(Func<Tensor[], Tensor> run, double tolerance, params Tensor[] arguments) => TensorScope.Run(() =>
    {
        List<double[]> All(DType type)
        {
            var x = Array.ConvertAll(arguments, a => a.To(type).Clone().Detach());
            foreach (var a in x) a.RequiresGrad = true;
            var weights = Wave(run(x).Shape, 1, 9).To(type);
            var y = run(x);
            var first = Autograd.Grad([(y * weights).Sum()], x);
            var recorded = Autograd.Grad([(run(x) * weights).Sum()], x, createGraph: true);
            var total = recorded.Aggregate(Tensor.Scalar(0, type), (sum, g) => sum + g!.Square().Sum());
            var second = Autograd.Grad([total], x, allowUnused: true).Where(g => g is not null);
            return [.. new[] { y }.Concat(first!).Concat(second!).Select(t => t!.Detach().To(DType.Float64).ToArray<double>())];
        }

        foreach (var (actual, exact) in All(DType.Float32).Zip(All(DType.Float64)))
        {
            var size = Math.Max(1, exact.Max(Math.Abs));
            foreach (var (a, e) in actual.Zip(exact)) Assert.InRange(a - e, -tolerance * size, tolerance * size);
        }
    });

    private static Tensor Wave(ReadOnlySpan<long> shape, double scale, double phase)
    {
        long n = 1;
        foreach (var size in shape) n *= size;
        var i = Tensor.Arange(n, DType.Float64);
        return (((i * i * 0.37) + phase).Sin() * scale).To(DType.Float32).Reshape(shape);
    }
}
