using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>The fused kernel of native/torch/kernels/cross_entropy.cpp against composed operators in Float64.</summary>
public class CrossEntropyKernelTests : EngineTest
{
    private const float Infinite = float.PositiveInfinity;

    public static TheoryData<string, Reduction, double> Cases()
    {
        var cases = new TheoryData<string, Reduction, double>();
        foreach (var layout in new[] { "rows", "few", "wide", "last", "permuted", "contiguous", "strided" })
            foreach (var reduction in new[] { Reduction.None, Reduction.Mean, Reduction.Sum })
                foreach (var smoothing in new[] { 0, 0.1, 1 })
                    cases.Add(layout, reduction, smoothing);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Values_and_slopes_are_those_of_double_precision(string layout, Reduction reduction, double smoothing) =>
        TensorScope.Run(() =>
        {
            var logits = Logits(layout);
            var target = Targets(logits, ignored: 1);
            var exact = logits.Detach().To(DType.Float64);
            logits.RequiresGrad = exact.RequiresGrad = true;
            var loss = logits.CrossEntropy(target, reduction: reduction, ignoreIndex: 1, labelSmoothing: smoothing);
            var reference = Composed(exact, target, reduction, 1, smoothing);
            Assert.Equal(reference.Shape.ToArray(), loss.Shape.ToArray());
            Close(loss, reference, 2e-6);
            var weights = Wave(loss.Shape, 3);
            var slope = Autograd.Grad([(loss * weights).Sum()], [logits])[0]!;
            Close(slope, Autograd.Grad([(reference * weights.To(DType.Float64)).Sum()], [exact])[0]!, 2e-6);
            Close(NoGrad.Run(() => logits.CrossEntropy(target, null, reduction, 1, smoothing)), reference, 2e-6);
        });

    // Second derivatives come from operators: against finite differences of the kernel's own slopes.
    [Theory]
    [InlineData(Reduction.None, 0)]
    [InlineData(Reduction.Mean, 0.2)]
    [InlineData(Reduction.Sum, 0.2)]
    public void Second_derivatives(Reduction reduction, double smoothing) => TensorScope.Run(() =>
    {
        const double step = 1.0 / 64;
        var (start, target) = (Wave([4, 5], 2), Targets([4], 5, ignored: 3));
        Tensor Slope(Tensor logits, bool graph)
        {
            logits.RequiresGrad = true;
            var loss = logits.CrossEntropy(target, null, reduction, 3, smoothing);
            return Autograd.Grad([(loss * loss).Sum()], [logits], createGraph: graph)[0]!;
        }

        var logits = start.Clone();
        var direction = Wave([4, 5], 1);
        var second = Autograd.Grad([(Slope(logits, graph: true) * direction).Sum()], [logits])[0]!;
        Tensor Along(double by) => Slope(start + (direction * by), graph: false);
        var difference = ((Along(step) - Along(-step)) * 8 - (Along(2 * step) - Along(-2 * step))) / (12 * step);
        Close(second, difference.To(DType.Float64), 3e-4);
    });

    [Fact]
    public void Slopes_that_are_recorded_are_those_that_are_not() => TensorScope.Run(() =>
    {
        var (logits, target) = (Wave([9, 33], 5), Targets([9], 33, ignored: 2));
        logits.RequiresGrad = true;
        Tensor Slope(bool recorded) =>
            Autograd.Grad([logits.CrossEntropy(target, null, Reduction.Mean, 2, 0.3)], [logits], createGraph: recorded)[0]!;
        Close(Slope(recorded: false), Slope(recorded: true), 1e-7);
    });

    [Fact]
    public void Targets_that_are_all_ignored() => TensorScope.Run(() =>
    {
        var (logits, target) = (Wave([3, 4], 1), Tensor.Full([3], -100, DType.Int64));
        logits.RequiresGrad = true;
        var mean = logits.CrossEntropy(target);
        Assert.True(double.IsNaN(mean.ToDouble()));
        Assert.All(Autograd.Grad([mean], [logits])[0]!.ToArray<float>(), g => Assert.Equal(0, g));
        Assert.Equal(0, logits.CrossEntropy(target, reduction: Reduction.Sum).ToDouble());
        Assert.Equal([0, 0, 0], logits.CrossEntropy(target, reduction: Reduction.None).ToArray<float>());
    });

    [Fact]
    public void Nothing_to_average() => TensorScope.Run(() =>
    {
        var (logits, target) = (Tensor.Zeros([0, 4]), Tensor.Zeros([0], DType.Int64));
        Assert.True(double.IsNaN(logits.CrossEntropy(target).ToDouble()));
        Assert.Equal(0, logits.CrossEntropy(target, reduction: Reduction.Sum).ToDouble());
        Assert.Equal(0, logits.CrossEntropy(target, reduction: Reduction.None).Count);
    });

    [Theory]
    [InlineData(5)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void A_target_that_is_no_class(long wrong) => TensorScope.Run(() =>
    {
        var logits = Wave([600, 5], 1);
        logits.RequiresGrad = true;
        var target = Tensor.Zeros([600], DType.Int64);
        target.AsMutableSpan<long>()[417] = wrong;
        target.AsMutableSpan<long>()[500] = wrong;
        var error = Assert.Throws<TorchException>(() => logits.CrossEntropy(target));
        var text = $"target {wrong} at position 417 is none of the 5 classes";
        Assert.Contains(text, error.Message, StringComparison.Ordinal);

        // Made wrong behind libtorch's back between the passes: nothing is written outside.
        target.AsMutableSpan<long>().Clear();
        var loss = logits.CrossEntropy(target, reduction: Reduction.Sum);
        target.AsMutableSpan<long>()[417] = wrong;
        Assert.All(Autograd.Grad([loss], [logits])[0]![417].ToArray<float>(), g => Assert.Equal(0, g));
    });

    [Fact]
    public void Shapes_and_types_that_do_not_fit_are_refused() => TensorScope.Run(() =>
    {
        var (logits, fitting) = (Wave([3, 4], 1), Tensor.Zeros([3], DType.Int64));
        Assert.Throws<TorchException>(() => logits.CrossEntropy(Tensor.Zeros([2], DType.Int64)));
        Assert.Throws<TorchException>(() => logits.CrossEntropy(fitting.To(DType.Int32)));
        Assert.Throws<TorchException>(() => logits.CrossEntropy(fitting, labelSmoothing: 2));
    });

    [Fact]
    public void Class_weights_and_probabilities_go_to_libtorch() => TensorScope.Run(() =>
    {
        var (logits, target) = (Wave([3, 4], 1), Tensor.From([0L, 1, 3], 3));
        var weight = Tensor.From([1f, 2, 3, 4], 4);
        var nats = Composed(logits, target, Reduction.None, -100, 0);
        var share = weight[target] / weight[target].Sum();
        Close(logits.CrossEntropy(target, weight), (nats * share).Sum(), 1e-6);
        Close(logits.CrossEntropy(target.OneHot(4).To(DType.Float32)), nats.Mean(), 1e-6);
    });

    [Fact]
    public void Extreme_logits() => TensorScope.Run(() =>
    {
        var logits = Tensor.From(
            [1e4f, 0, -1e4f, 1e4f, 9_999, -Infinite, 3e38f, -3e38f, 0, -Infinite, -Infinite, 5], 4, 3);
        logits.RequiresGrad = true;
        var loss = logits.CrossEntropy(Tensor.From([1L, 1, 0, 2], 4), reduction: Reduction.None);
        var slope = Autograd.Grad([loss.Sum()], [logits])[0]!;
        var e = (float)(1 / (1 + Math.E));
        Close(loss, Tensor.From([1e4, 1 + Math.Log(1 + Math.Exp(-1)), 0, 0], 4), 1e-6);
        Close(slope, Tensor.From([1.0, -1, 0, 1 - e, e - 1, 0, 0, 0, 0, 0, 0, 0], 4, 3), 1e-6);
        Assert.Equal(0, slope[1, 2].Item<float>()); // ruled out: no gradient at all
        Assert.Equal(Infinite, Tensor.From([0, -Infinite], 1, 2).CrossEntropy(Tensor.From([1L], 1)).Item<float>());
    });

    [Fact]
    public void Nan_and_infinity_are_not_hidden() => TensorScope.Run(() =>
    {
        var logits = Tensor.From(
            [float.NaN, 0, 1, Infinite, 0, 1, -Infinite, -Infinite, -Infinite, 0, 1, float.NaN, 0, 1, 2], 5, 3);
        logits.RequiresGrad = true;
        var loss = logits.CrossEntropy(Tensor.From([1L, 0, 1, 2, 0], 5), reduction: Reduction.None);
        var slope = Autograd.Grad([loss.Sum()], [logits])[0]!;
        Assert.Equal([true, true, true, true, false], loss.Detach().IsNaN().ToArray<bool>());
        Assert.Equal([true, true, true, true, false], slope.IsNaN().Any(1).ToArray<bool>());
        Assert.True(double.IsNaN(logits.CrossEntropy(Tensor.From([1L, 0, 1, 2, 0], 5)).ToDouble()));
    });

    [Theory]
    [InlineData("rows", Reduction.Mean)]
    [InlineData("last", Reduction.Mean)]
    [InlineData("wide", Reduction.None)]
    public void Every_thread_count_gives_the_same_bits(string layout, Reduction reduction) => TensorScope.Run(() =>
    {
        var logits = Logits(layout);
        logits.RequiresGrad = true;
        var target = Targets(logits, ignored: 1);
        float[][] LossAndSlope()
        {
            var loss = logits.CrossEntropy(target, null, reduction, 1, 0.1);
            return [loss.Detach().ToArray<float>(), Autograd.Grad([loss.Sum()], [logits])[0]!.ToArray<float>()];
        }

        var threads = LibTorch.Threads;
        try
        {
            LibTorch.Threads = 1;
            var one = LossAndSlope();
            LibTorch.Threads = 2;
            for (var i = 0; i < 5; i++) Assert.Equal(one, LossAndSlope());
        }
        finally
        {
            LibTorch.Threads = threads;
        }
    });

    // The gradient may take the logits' memory only where nobody can read it afterwards.
    [Theory]
    [InlineData("nobody")]
    [InlineData("caller")]
    [InlineData("base")]
    [InlineData("graph")]
    [InlineData("twice")]
    [InlineData("retained")]
    public void Logits_that_somebody_still_needs_are_left_alone(string reader) => TensorScope.Run(() =>
    {
        var (start, target) = (Wave([2, 15, 40], 4), Targets([30], 40, ignored: 2));
        Tensor Slope(bool kept)
        {
            var x = start.Clone();
            x.RequiresGrad = true;
            List<Tensor> held = [];
            var loss = TensorScope.Run(() =>
            {
                var (all, other) = (x * 1.5, Tensor.Scalar(0, DType.Float32));
                if (reader is "graph") other = (all = (all.Tanh() * 3).Sigmoid()).Square().Sum(); // it keeps its result
                var logits = all.Reshape(-1, 40);
                if (reader is "caller" or "nobody" && kept) held.Add(logits.Own());
                if (reader is "base") held.Add(all.Own());
                if (reader is "twice") other = logits.CrossEntropy(target.Flip([0]));
                return logits.CrossEntropy(target, null, Reduction.Mean, 2, 0.1) + other;
            });
            var before = held.Select(h => h.Detach().ToArray<float>()).ToArray();
            if (reader is "retained")
            {
                loss.Backward(retainGraph: true);
                x.Grad = null;
            }

            loss.Backward();
            Assert.Equal(before, held.Select(h => h.Detach().ToArray<float>()));
            foreach (var h in held) h.Dispose();
            return x.Grad!;
        }

        Assert.Equal(Slope(kept: true).ToArray<float>(), Slope(kept: false).ToArray<float>());
        Close(Slope(kept: false), Reference(start, target, reader), 2e-6);
    });

    private static Tensor Reference(Tensor start, Tensor target, string reader)
    {
        var x = start.To(DType.Float64);
        x.RequiresGrad = true;
        var all = x * 1.5;
        var other = Tensor.Scalar(0, DType.Float64);
        if (reader is "graph") other = (all = (all.Tanh() * 3).Sigmoid()).Square().Sum();
        var logits = all.Reshape(-1, 40);
        if (reader is "twice") other = Composed(logits, target.Flip([0]), Reduction.Mean, -100, 0);
        return Autograd.Grad([Composed(logits, target, Reduction.Mean, 2, 0.1) + other], [x])[0]!;
    }

    private static Tensor Logits(string layout) => layout switch
    {
        "rows" => Wave([37, 65], 30),
        "few" => Wave([50, 3], 4),
        "wide" => Wave([5, 10_007], 9),
        "last" => Wave([3, 6, 5, 19], 8).Permute(0, 3, 1, 2), // (3, 19, 6, 5), channels last
        "permuted" => Wave([4, 7, 21], 8).Transpose(1, 2),
        "contiguous" => Wave([4, 21, 7], 8),
        "strided" => Wave([12, 40], 8).Narrow(1, 3, 30),
        _ => throw new ArgumentException(layout),
    };

    private static Tensor Targets(Tensor logits, long ignored)
    {
        var shape = logits.Shape.ToArray();
        return Targets([shape[0], .. shape[2..]], shape[1], ignored);
    }

    // Of every class, and every fifth one ignored.
    private static Tensor Targets(long[] shape, long classes, long ignored)
    {
        var count = shape.Aggregate(1, (a, b) => a * (int)b);
        var values = Enumerable.Range(0, count).Select(i => i % 5 == 3 ? ignored : i * 7919L % classes);
        return Tensor.From<long>([.. values], shape);
    }

    private static Tensor Composed(Tensor logits, Tensor target, Reduction reduction, long ignored, double smoothing)
    {
        var (log, seen) = (logits.LogSoftmax(1), target.Ne(ignored));
        var index = Ops.Where(seen, target, target.ZerosLike()).Unsqueeze(1);
        var nats = -(log.Gather(1, index).Squeeze(1) * (1 - smoothing)) - (log.Mean([1]) * smoothing);
        nats *= seen.To(log.DType);
        return reduction switch
        {
            Reduction.None => nats,
            Reduction.Sum => nats.Sum(),
            _ => nats.Sum() / seen.To(log.DType).Sum(),
        };
    }

    private static Tensor Wave(ReadOnlySpan<long> shape, double scale)
    {
        long n = 1;
        foreach (var size in shape) n *= size;
        return ((Tensor.Arange(n, DType.Float64) * 1.7).Sin() * scale).To(DType.Float32).Reshape(shape);
    }

    // Relative to the size of a number, absolute below 1.
    private static void Close(Tensor actual, Tensor exact, double tolerance)
    {
        static double[] Numbers(Tensor t) => t.Detach().To(DType.Float64).ToArray<double>();
        var (a, e) = (Numbers(actual), Numbers(exact));
        Assert.Equal(e.Length, a.Length);
        for (var i = 0; i < a.Length; i++)
        {
            var room = tolerance * Math.Max(1, Math.Abs(e[i]));
            Assert.InRange(a[i] - e[i], -room, room);
        }
    }
}
