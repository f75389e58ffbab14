using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>The fused layer of native/torch/kernels/lstm.cpp against libtorch's composed one in Float64.</summary>
public class LstmKernelTests : EngineTest
{
    private const int Inputs = 7, Units = 37;

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(1, 3, false)]
    [InlineData(6, 2, true)]
    [InlineData(6, 70, false)]
    public void Values_and_slopes_are_those_of_double_precision(int steps, int batch, bool bias) => TensorScope.Run(() =>
    {
        var given = Given(steps, batch, bias);
        var exact = given.Select(t => t.Detach().To(DType.Float64)).ToArray();
        foreach (var t in (Tensor[])[.. given, .. exact]) t.RequiresGrad = true;
        var (fused, reference) = (Fused(given), Composed(exact));
        foreach (var (f, r) in fused.Zip(reference)) Close(f, r, 1e-6);
        foreach (var (f, r) in Slopes(fused, given).Zip(Slopes(reference, exact))) Close(f, r, 2e-6);
        foreach (var (f, r) in NoGrad.Run(() => Fused(given)).Zip(reference)) Close(f, r, 1e-6);
    });

    // Gates between the two forms of the hyperbolic tangent, saturated ones, and ones near zero.
    [Fact]
    public void Gates_far_from_and_close_to_zero() => TensorScope.Run(() =>
    {
        foreach (var scale in new[] { 1e-4, 0.62, 30 })
        {
            var x = Wave([5, 2, Inputs], scale);
            var given = Given(5, 2, bias: true);
            Tensor[] Of(DType type) => [.. given.Select((t, i) => (i == 0 ? x : t).To(type))];
            foreach (var (f, r) in Fused(Of(DType.Float32)).Zip(Composed(Of(DType.Float64)))) Close(f, r, 2e-6);
        }
    });

    [Fact]
    public void Second_derivatives_are_those_of_composed_operators() => TensorScope.Run(() =>
    {
        Tensor[] Second(DType type, Func<Tensor[], Tensor[]> layer)
        {
            Tensor[] given = [.. Given(3, 2, bias: true).Select(t => t.To(type))];
            foreach (var t in given) t.RequiresGrad = true;
            var first = Slopes(layer(given), given, graph: true);
            var norm = first.Select(s => s.Square().Sum()).Aggregate((a, b) => a + b);
            return Autograd.Grad([norm], given)!;
        }

        foreach (var (f, c) in Second(DType.Float32, Fused).Zip(Second(DType.Float64, Composed))) Close(f, c, 2e-5);
    });

    [Fact]
    public void A_graph_that_is_kept_gives_the_same_again() => TensorScope.Run(() =>
    {
        var given = Given(4, 3, bias: true);
        foreach (var t in given) t.RequiresGrad = true;
        var outputs = Fused(given);
        var output = outputs[0].Detach().ToArray<float>();
        var first = Slopes(outputs, given, retain: true).Select(t => t.ToArray<float>()).ToArray();
        var second = Slopes(outputs, given, retain: true).Select(t => t.ToArray<float>()).ToArray();
        var last = Slopes(outputs, given).Select(t => t.ToArray<float>()).ToArray();
        Assert.Equal(first, second);
        Assert.Equal(first, last);
        Assert.Equal(output, outputs[0].Detach().ToArray<float>());
    });

    [Fact]
    public void Some_inputs_without_a_gradient_and_some_outputs_not_used() => TensorScope.Run(() =>
    {
        var given = Given(4, 3, bias: true);
        var exact = given.Select(t => t.To(DType.Float64)).ToArray();
        foreach (var i in new[] { 1, 4 }) given[i].RequiresGrad = exact[i].RequiresGrad = true;
        foreach (var output in Enumerable.Range(0, 3))
        {
            var slopes = Autograd.Grad([Fused(given)[output].Sum()], [given[1], given[4]]);
            var wanted = Autograd.Grad([Composed(exact)[output].Sum()], [exact[1], exact[4]]);
            foreach (var (f, r) in slopes.Zip(wanted)) Close(f!, r!, 2e-6);
        }
    });

    [Fact]
    public void Sequences_in_any_layout_and_outputs_changed_in_place() => TensorScope.Run(() =>
    {
        var given = Given(4, 3, bias: true);
        var reference = Fused(given)[0].ToArray<float>();
        Tensor[] turned = [.. given.Select(t => t.Transpose(0, -1).Contiguous().Transpose(0, -1))];
        Assert.Equal(reference, Fused(turned)[0].ToArray<float>());

        foreach (var t in given) t.RequiresGrad = true;
        var outputs = Fused(given);
        outputs[0].MulInPlace(2); // the backward pass needs what was there
        Assert.Throws<TorchException>(() => outputs[0].Sum().Backward());
    });

    [Fact]
    public void Every_thread_count_gives_the_same_bits() => TensorScope.Run(() =>
    {
        var given = Given(5, 130, bias: false);
        foreach (var t in given) t.RequiresGrad = true;
        var threads = LibTorch.Threads;
        try
        {
            float[][] Numbers()
            {
                var outputs = Fused(given);
                return [.. outputs.Concat(Slopes(outputs, given)).Select(t => t.Detach().ToArray<float>())];
            }

            LibTorch.Threads = 2;
            var two = Numbers();
            for (var i = 0; i < 5; i++) Assert.Equal(two, Numbers());
            LibTorch.Threads = 1;
            foreach (var (a, b) in two.Zip(Numbers())) // products may be divided otherwise: not bit by bit
                foreach (var (x, y) in a.Zip(b)) Assert.InRange(x - y, -1e-4, 1e-4);
        }
        finally
        {
            LibTorch.Threads = threads;
        }
    });

    [Fact]
    public void Nan_is_not_hidden_and_stays_in_its_example() => TensorScope.Run(() =>
    {
        var given = Given(4, 3, bias: true);
        given[0].AsMutableSpan<float>()[(1 * 3 * Inputs) + Inputs] = float.NaN; // step 1, example 1
        var wrong = Fused(given)[0].IsNaN().Any(2).ToArray<bool>();
        Assert.Equal([.. Enumerable.Range(0, 12).Select(i => i >= 3 && i % 3 == 1)], wrong);
    });

    [Fact]
    public void Shapes_that_do_not_fit_are_refused() => TensorScope.Run(() =>
    {
        var given = Given(4, 3, bias: true);
        for (var i = 0; i < given.Length; i++)
        {
            var changed = given.ToArray();
            changed[i] = Tensor.Zeros([5, 5]);
            Assert.Throws<TorchException>(() => Fused(changed));
        }
    });

    private static Tensor[] Given(int steps, int batch, bool bias)
    {
        Tensor[] given =
        [
            Wave([steps, batch, Inputs], 1), Wave([batch, Units], 0.5), Wave([batch, Units], 0.9),
            Wave([4 * Units, Inputs], 0.4), Wave([4 * Units, Units], 0.2),
        ];
        return bias ? [.. given, Wave([4 * Units], 0.3), Wave([4 * Units], -0.1)] : given;
    }

    private static Tensor[] Fused(Tensor[] t)
    {
        var (y, h, c) = t.Length == 5
            ? Ops.LstmLayer(t[0], t[1], t[2], t[3], t[4])
            : Ops.LstmLayer(t[0], t[1], t[2], t[3], t[4], t[5], t[6]);
        return [y, h, c];
    }

    private static Tensor[] Composed(Tensor[] t)
    {
        Tensor[] states = [t[1].Unsqueeze(0), t[2].Unsqueeze(0)];
        var (y, h, c) = Ops.Lstm(t[0], states, t.AsSpan(3), t.Length > 5, 1, false, false, false);
        return [y, h.Squeeze(0), c.Squeeze(0)];
    }

    private static Tensor[] Slopes(Tensor[] outputs, Tensor[] inputs, bool graph = false, bool retain = false)
    {
        var weighed = outputs.Select((o, i) => (o * Wave(o.Shape, 1 + i).To(o.DType)).Sum());
        return Autograd.Grad([weighed.Aggregate((a, b) => a + b)], inputs, null, retain || graph, graph)!;
    }

    private static Tensor Wave(ReadOnlySpan<long> shape, double scale)
    {
        long n = 1;
        foreach (var size in shape) n *= size;
        return ((Tensor.Arange(n, DType.Float64) * 1.7).Sin() * scale).To(DType.Float32).Reshape(shape);
    }

    // Relative to the largest number: what a sum over many steps can promise.
    private static void Close(Tensor actual, Tensor exact, double tolerance)
    {
        static double[] Numbers(Tensor t) => t.Detach().To(DType.Float64).ToArray<double>();
        Assert.Equal(exact.Shape.ToArray(), actual.Shape.ToArray());
        var (a, e) = (Numbers(actual), Numbers(exact));
        var room = tolerance * Math.Max(1, e.Max(Math.Abs));
        for (var i = 0; i < a.Length; i++) Assert.InRange(a[i] - e[i], -room, room);
    }
}
