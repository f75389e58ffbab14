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
    [InlineData(70, 19, 15)]
    [InlineData(5, 130, 15)]
    [InlineData(1, 37, 15)] // a single query, as when a text is drawn: loops instead of products
    [InlineData(1, 38, 249)]
    [InlineData(65, 3, 48)] // and as the rest of a block
    public void Attention_to_another_sequence(long queries, long keys, long width) =>
        Agrees(x => Ops.CrossAttention(x[0], x[1], 3), 2e-5, Wave([2, queries, width], 2, 0), Wave([2, keys, 2 * width], 2, 1));

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    public void Parts_of_larger_tensors_are_read_where_they_lie(long queries) => TensorScope.Run(() =>
    {
        var (qkv, cache) = (Wave([3, queries, 72], 2, 0), Wave([3, 50, 48], 2, 1));
        var (q, kv) = (qkv.Narrow(2, 24, 24), cache.Narrow(1, 4, 31));
        var expected = Ops.CrossAttention(q.Clone(), kv.Clone(), 2).ToArray<float>();
        Assert.Equal(expected, Ops.CrossAttention(q, kv, 2).ToArray<float>());
        // Rows that are not in one piece, or whose distance says nothing because there is one.
        Assert.Equal(expected, Ops.CrossAttention(q.Transpose(1, 2).Contiguous().Transpose(1, 2),
            kv.Transpose(1, 2).Contiguous().Transpose(1, 2), 2).ToArray<float>());
    });

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
