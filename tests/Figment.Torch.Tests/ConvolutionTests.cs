using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>native/torch/kernels/convolution.cpp and rectifier.cpp against libtorch's own, up to third derivatives.</summary>
public class ConvolutionTests : EngineTest
{
    [Theory]
    [InlineData(3, 1, 1, 1, 1, true, false)]
    [InlineData(4, 2, 1, 1, 1, true, true)]
    [InlineData(3, 2, 2, 2, 2, false, true)]
    [InlineData(1, 1, 0, 1, 4, true, false)]
    [InlineData(3, 3, 0, 1, 1, false, false)] // the last rows and columns are never seen
    public void Values_and_three_derivatives_are_the_engines(
        int kernel, int stride, int padding, int dilation, int groups, bool bias, bool channelsLast)
    {
        long[] s = [stride, stride], p = [padding, padding], d = [dilation, dilation];
        foreach (var threads in new[] { 1, 2 })
            WithThreads(threads, () =>
            {
                using var rng = new Rng(3);
                var layout = channelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;
                Tensor[] inputs =
                [
                    rng.Normal([3, 8, 8, 7]).To(DType.Float64).Contiguous(layout),
                    rng.Normal([4, 8 / groups, kernel, kernel]).To(DType.Float64).Contiguous(layout),
                    .. bias ? [rng.Normal([4]).To(DType.Float64)] : Array.Empty<Tensor>(),
                ];
                Agree(inputs, x => Ops.Convolve2d(x[0], x[1], bias ? x[2] : null, s, p, d, groups),
                    x => Ops.Conv2d(x[0], x[1], bias ? x[2] : null, s, p, d, groups), 1e-10);
                Agree([.. inputs.Select(t => t.To(DType.Float32))], x => Ops.Convolve2d(x[0], x[1], bias ? x[2] : null, s, p, d, groups),
                    x => Ops.Conv2d(x[0], x[1], bias ? x[2] : null, s, p, d, groups), 1e-4);
            });
    }

    [Fact]
    public void Only_what_is_learned_gets_a_gradient() => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        Tensor x = rng.Normal([2, 3, 5, 5]), w = rng.Normal([2, 3, 3, 3]);
        foreach (var learned in new[] { x, w })
        {
            learned.RequiresGrad = true;
            var slopes = new[] { Ops.Convolve2d(x, w), Ops.Conv2d(x, w) }
                .Select(y => Autograd.Grad([y.Square().Sum()], [learned])[0]!).ToArray();
            Assert.InRange((slopes[0] - slopes[1]).Abs().Max().ToDouble(), 0, 1e-4);
            learned.RequiresGrad = false;
        }

        Assert.False(Ops.Convolve2d(x, w).RequiresGrad);
        Assert.Contains("images (B, C, H, W) are needed", Assert.Throws<TorchException>(() => Ops.Convolve2d(x[0], w)).Message,
            StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_penalty_on_a_gradient_has_the_engines_slopes(bool inPlace) => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        Tensor x = rng.Normal([4, 3, 8, 8]), first = rng.Normal([6, 3, 4, 4]), second = rng.Normal([1, 6, 3, 3]);
        foreach (var t in new[] { x, first, second }) t.RequiresGrad = true;
        Tensor?[] Slopes(Func<Tensor, Tensor, Tensor> convolve, Func<Tensor, Tensor> bend)
        {
            var y = convolve(bend(convolve(x, first)), second);
            var gradient = Autograd.Grad([y.Sum()], [x], createGraph: true)[0]!;
            return Autograd.Grad([gradient.Square().Sum()], [x, first, second], allowUnused: true);
        }

        var ours = Slopes((a, b) => Ops.Convolve2d(a, b, stride: [2, 2]), h => inPlace ? h.RectifyInPlace(0.2) : h.Rectify(0.2));
        var engines = Slopes((a, b) => Ops.Conv2d(a, b, stride: [2, 2]), h => h.LeakyRelu(0.2));
        Assert.Null(ours[0]); // zeros, which the engine computes
        Assert.Equal(0, engines[0]!.Abs().Max().ToDouble());
        foreach (var (mine, theirs) in ours.Zip(engines).Skip(1))
            Assert.InRange((mine! - theirs!).Abs().Max().ToDouble(), 0, 1e-4 * theirs!.Abs().Max().ToDouble());
    });

    [Fact]
    public void A_rectifier_in_place_is_refused_where_its_input_is_needed() => TensorScope.Run(() =>
    {
        var x = Tensor.Ones([3]);
        x.RequiresGrad = true;
        Assert.Throws<TorchException>(() => x.RectifyInPlace()); // a leaf
        var y = x.Exp();
        var z = (y.RectifyInPlace(0.1) * 2).Sum();
        Assert.Contains("modified by an inplace operation", Assert.Throws<TorchException>(() => z.Backward()).Message,
            StringComparison.Ordinal);
        Assert.Throws<TorchException>(() => x.Rectify(-0.1));
        Assert.Equal([1f, -0.5f], NoGrad.Run(() => Tensor.From<float>([1, -1], 2).RectifyInPlace(0.5)).ToArray<float>());
    });

    private static void Agree(Tensor[] inputs, Func<Tensor[], Tensor> mine, Func<Tensor[], Tensor> theirs, double tolerance)
    {
        foreach (var (ours, engines) in Derivatives(mine).Zip(Derivatives(theirs)))
        {
            Assert.Equal(engines.Shape.ToArray(), ours.Shape.ToArray());
            Assert.InRange((ours - engines).Abs().Max().ToDouble(), 0, tolerance * (1 + engines.Abs().Max().ToDouble()));
        }

        List<Tensor> Derivatives(Func<Tensor[], Tensor> op)
        {
            Tensor[] x = [.. inputs.Select(t => t.Detach())];
            foreach (var t in x) t.RequiresGrad = true;
            var y = op(x);
            var pull = (Tensor.Arange(y.Count, y.DType) * 2.3).Cos().Reshape(y.Shape);
            List<Tensor> all = [y, .. Autograd.Grad([(y * pull).Sum()], x, retainGraph: true).OfType<Tensor>()];
            var scalar = (y.Square() * pull).Mean();
            for (var order = 1; order <= 3; order++)
            {
                var found = Autograd.Grad([scalar], x, createGraph: order < 3, retainGraph: true);
                all.AddRange(found.OfType<Tensor>());
                if (order < 3) scalar = found.Select(g => g!.Square().Sum()).Aggregate((a, b) => a + b);
            }

            return all;
        }
    }

    private static void WithThreads(int threads, Action body)
    {
        var before = LibTorch.Threads;
        LibTorch.Threads = threads;
        try
        {
            TensorScope.Run(body);
        }
        finally
        {
            LibTorch.Threads = before;
        }
    }
}
