using Figment.Nn;
using Figment.Testing;
using Figment.Torch;

namespace Figment.Training.Tests.Distributed;

/// <summary>Collectives, their gradients, and buckets that leave while the backward pass runs.</summary>
public sealed class ProcessGroupTests : EngineTest
{
    [Fact]
    public void Collectives_give_every_rank_the_same()
    {
        var seen = RankThreads.Run(3, ranks =>
        {
            var group = ranks.Group!;
            var sum = Tensor.From([1f + ranks.Rank, 10f], 2);
            var work = group.AllReduce(sum);
            work.Wait();
            var cast = Tensor.From<long>([ranks.Rank, 7], 2);
            group.Broadcast(cast, 2);
            var gathered = group.AllGather(Tensor.From([(double)ranks.Rank]));
            group.Barrier();
            return $"{string.Join(' ', sum.ToArray<float>())} | {string.Join(' ', cast.ToArray<long>())} | "
                + string.Join(' ', gathered.Select(t => t.ToDouble()));
        });
        Assert.All(seen, s => Assert.Equal("6 30 | 2 7 | 0 1 2", s));
    }

    [Fact]
    public void Tensors_that_are_not_contiguous_are_reduced_too()
    {
        var seen = RankThreads.Run(2, ranks =>
        {
            var t = Tensor.From([1f, 2f, 3f, 4f], 2, 2).Transpose(0, 1);
            ranks.Group!.AllReduce(t).Wait();
            return string.Join(' ', t.ToArray<float>());
        });
        Assert.All(seen, s => Assert.Equal("2 6 4 8", s));
    }

    [Fact]
    public void The_gradient_of_a_sum_over_ranks_is_summed_over_ranks()
    {
        // L = sum over ranks r of (r + 1) * S^2 with S = x0 + x1: every rank gets dL / dx = 3 * 2 S = 6 * 5.
        var gradients = RankThreads.Run(2, ranks =>
        {
            var x = Tensor.From([2.0 + ranks.Rank]);
            x.RequiresGrad = true;
            (ranks.Group!.Sum(x).Square() * (ranks.Rank + 1)).Sum().Backward();
            return x.Grad!.ToDouble();
        });
        Assert.Equal([30.0, 30.0], gradients);
    }

    [Fact]
    public void The_first_bucket_leaves_before_the_backward_pass_ends()
    {
        var times = RankThreads.Run(2, ranks => OfDeepNetwork(ranks, 64 << 10));
        Assert.All(times, t =>
        {
            Assert.True(t.Launched.Length > 4, $"{t.Launched.Length} buckets");
            Assert.True(t.Launched[0] < t.BackwardEnded, "the first bucket left after the backward pass");
            Assert.True(t.Launched.Count(at => at < t.BackwardEnded) > t.Launched.Length / 2, "most buckets left late");
        });
    }

    [Fact]
    public void Parameters_without_a_gradient_on_some_ranks_count_as_zero_there()
    {
        var seen = RankThreads.Run(2, ranks =>
        {
            var parameters = Enumerable.Range(0, 3).Select(i => Tensor.From([1f + i])).ToArray();
            foreach (var p in parameters)
                p.RequiresGrad = true;
            using var reducer = new GradientReducer(ranks.Group!, parameters);
            reducer.Begin(ranks.Rank);
            // The first is used by both, the second by rank 1 alone, the third by none.
            (ranks.Rank == 0 ? parameters[0] * 2 : parameters[0] * 3 + parameters[1]).Sum().Backward();
            var flags = reducer.End();
            var text = $"{flags} {parameters[0].Grad!.ToDouble()} {parameters[1].Grad!.ToDouble()} {parameters[2].Grad is null}";
            foreach (var p in parameters)
                p.Grad = null;
            return text;
        });
        Assert.All(seen, s => Assert.Equal("1 5 1 True", s));
    }

    [Fact]
    public void Synchronised_batch_norm_is_exact_in_double()
    {
        var (input, weights) = Inputs();
        using var alone = new BatchNorm2d(3);
        alone.To(DType.Float64);
        var expected = TensorScope.Run(() => Trial(alone, Tensor.From(input, 6, 3, 2, 2), Tensor.From(weights, 6, 3, 2, 2)));
        // Five rows to one rank and one to the other: shares need not be equal.
        var parts = RankThreads.Run(2, ranks =>
        {
            using var norm = new BatchNorm2d(3) { SumOverRanks = new WholeSum(ranks.Group!) };
            norm.To(DType.Float64);
            var (from, to) = ranks.Rank == 0 ? (0, 5 * 12) : (5 * 12, 6 * 12);
            var rows = (to - from) / 12;
            return Trial(norm, Tensor.From(input[from..to], rows, 3, 2, 2), Tensor.From(weights[from..to], rows, 3, 2, 2));
        });
        AssertClose(expected.Output, [.. parts[0].Output, .. parts[1].Output]);
        AssertClose(expected.Gradient, [.. parts[0].Gradient, .. parts[1].Gradient]);
        AssertClose(expected.Running, parts[0].Running);
        AssertClose(expected.Running, parts[1].Running);
        AssertClose(expected.Weight, [.. parts[0].Weight.Zip(parts[1].Weight, (a, b) => a + b)]);
    }

    [Theory]
    [Trait("speed", "slow")]
    [InlineData(4, 100)]
    public void Four_ranks_start_and_stop_a_hundred_times(int size, int cycles)
    {
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            var sums = RankThreads.Run(size, ranks =>
            {
                var t = Tensor.From([1.0 + ranks.Rank]);
                ranks.Group!.AllReduce(t).Wait();
                return t.ToDouble();
            });
            Assert.All(sums, s => Assert.Equal(10, s));
        }
    }

    private static (long[] Launched, long BackwardEnded) OfDeepNetwork(Figment.Training.Distributed.Ranks ranks, long bytes)
    {
        var layers = Enumerable.Range(0, 12).Select(_ => Tensor.Full([128, 128], 0.01).Own()).ToArray();
        foreach (var layer in layers)
            layer.RequiresGrad = true;
        using var reducer = new GradientReducer(ranks.Group!, layers, bytes);
        reducer.Begin();
        layers.Aggregate(Tensor.Ones([256, 128]), (x, w) => x.MatMul(w).Tanh()).Sum().Backward();
        reducer.End();
        var times = reducer.Times;
        foreach (var layer in layers)
        {
            layer.Grad = null;
            layer.Dispose();
        }
        return times;
    }

    private static (double[] Input, double[] Weights) Inputs()
    {
        var random = new Random(2);
        return ([.. Enumerable.Range(0, 72).Select(_ => 3 + random.NextDouble())],
            [.. Enumerable.Range(0, 72).Select(_ => random.NextDouble() - 0.5)]);
    }

    private static (double[] Output, double[] Gradient, double[] Running, double[] Weight) Trial(
        BatchNorm2d norm, Tensor input, Tensor weights)
    {
        input.RequiresGrad = true;
        var output = norm.Call(input);
        (output.Square() * weights).Sum().Backward();
        var result = (output.Detach().ToArray<double>(), input.Grad!.ToArray<double>(),
            (double[])[.. norm.RunningMean!.ToArray<double>(), .. norm.RunningVar!.ToArray<double>()],
            (double[])[.. norm.Weight!.Grad!.ToArray<double>(), .. norm.Bias!.Grad!.ToArray<double>()]);
        norm.ZeroGrad();
        return result;
    }

    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-10 * Math.Max(1, Math.Abs(expected[i])),
                $"{i}: {actual[i]:R} instead of {expected[i]:R}");
    }

    private sealed class WholeSum(ProcessGroup group) : BatchNormSum
    {
        public override double Weight => 1;

        public override Tensor Sum(Tensor own) => group.Sum(own);
    }
}
