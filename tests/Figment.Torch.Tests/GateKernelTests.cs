using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>native/torch/kernels/gate.cpp against composed operators in Float64.</summary>
public class GateKernelTests : EngineTest
{
    public static TheoryData<long[], int, MemoryFormat> Inputs => new()
    {
        { [2, 6, 5, 7], 1, MemoryFormat.ChannelsLast },
        { [40, 64, 9, 9], 1, MemoryFormat.ChannelsLast }, // enough for two threads
        { [2, 6, 5, 7], 1, MemoryFormat.Contiguous }, // composed: the halves do not lie together
        { [11, 34], 1, MemoryFormat.Contiguous },
        { [3, 4, 2], 2, MemoryFormat.Contiguous },
        { [8], 0, MemoryFormat.Contiguous },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Values_and_derivatives_are_those_of_double_precision(long[] shape, int dim, MemoryFormat format) => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var start = rng.Normal(shape, 0, 3);
        var half = shape.ToArray();
        half[dim] /= 2;
        var pull = rng.Normal(half);
        var found = Derivatives(start.Contiguous(format), pull, x => Ops.GatedTanh(x, dim));
        var expected = Derivatives(start.To(DType.Float64), pull.To(DType.Float64), x =>
        {
            var parts = x.Chunk(2, dim);
            return parts[0].Tanh() * parts[1].Sigmoid();
        });
        foreach (var (mine, exact) in found.Zip(expected))
            Assert.InRange((mine - exact).Abs().Max().ToDouble(), 0, 1e-6 * Math.Max(1, exact.Abs().Max().ToDouble()));
        Assert.True(found[0].IsContiguous(format));
    });

    [Fact]
    public void Small_and_huge_arguments_keep_their_digits() => TensorScope.Run(() =>
    {
        float[] a = [1e-30f, -1e-4f, 0.6249f, -0.6251f, 5, -20, 100, float.NegativeInfinity, float.PositiveInfinity, 0];
        var y = Ops.GatedTanh(Tensor.From<float>([.. a, .. a.Select(_ => 0f)], 2 * a.Length), 0).ToArray<float>();
        foreach (var (got, x) in y.Zip(a))
            Assert.InRange(got, Math.Tanh(x) / 2 - (3e-7 * Math.Abs(Math.Tanh(x))), Math.Tanh(x) / 2 + (3e-7 * Math.Abs(Math.Tanh(x))));
        Assert.True(float.IsNaN(Ops.GatedTanh(Tensor.From<float>([float.NaN, 1], 2), 0).Item<float>()));
        Assert.True(float.IsNaN(Ops.GatedTanh(Tensor.From<float>([1, float.NaN], 2), 0).Item<float>()));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(-1)]
    public void A_dimension_without_two_halves_is_refused(int dim) => TensorScope.Run(() =>
    {
        var error = Assert.Throws<TorchException>(() => Ops.GatedTanh(Tensor.Ones([3, 4]), dim));
        Assert.Contains("two halves", error.Message, StringComparison.Ordinal);
    });

    private static Tensor[] Derivatives(Tensor start, Tensor pull, Func<Tensor, Tensor> gate)
    {
        var x = start.Detach();
        x.RequiresGrad = true;
        var y = gate(x);
        var quick = Autograd.Grad([(y * pull).Sum()], [x], retainGraph: true)[0]!;
        var first = Autograd.Grad([(y * pull).Sum()], [x], createGraph: true)[0]!;
        return [y, quick, first, Autograd.Grad([first.Square().Sum()], [x])[0]!];
    }
}
