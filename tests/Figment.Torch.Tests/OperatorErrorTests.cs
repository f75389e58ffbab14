using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

public class OperatorErrorTests : EngineTest
{
    [Fact]
    public void Wrong_shapes_are_named() => TensorScope.Run(() =>
    {
        Message(() =>
            Tensor.Zeros([2, 3]) + Tensor.Zeros([4]),
            "Add(Float32[2, 3], Float32[4]): The size of tensor a (3) must match");
        Message(() => Ops.Conv2d(Tensor.Zeros([1, 3, 8, 8]), Tensor.Zeros([4, 2, 3, 3]), stride: [2, 2]),
            "Conv2d(Float32[1, 3, 8, 8], Float32[4, 2, 3, 3], null, [2, 2], 1): Given groups=1, weight of size [4, 2, 3, 3]");
        Message(() =>
            Ops.Cat([Tensor.Zeros([1, 2]), Tensor.Zeros([1, 3])]),
            "Cat([Float32[1, 2], Float32[1, 3]], 0): Sizes of tensors must match");
        Message(() => Tensor.Zeros([6]).Reshape(4, 2), "Reshape(Float32[6], [4, 2]): shape '[4, 2]' is invalid");
        Message(() => Tensor.Zeros([2]).Sum([5]), "Sum(Float32[2], [5], false, null): Dimension out of range");
    });

    [Fact]
    public void Wrong_types_are_named() => TensorScope.Run(() =>
    {
        Message(() =>
            Tensor.Zeros([2, 2]).MatMul(Tensor.Zeros([2, 2], DType.Float64)),
            "MatMul(Float32[2, 2], Float64[2, 2]): expected");
        Message(() =>
            Tensor.Zeros([2]).Index([Tensor.Zeros([1])]),
            "Index(Float32[2], [Float32[1]]): tensors used as indices must be");
        Message(() => Tensor.Arange(3).MeanOf(), "Mean(Int64[3], null): mean(): could not infer output dtype");
        Message(() => Ops.EinSum("ij,jk->ik", [Tensor.Zeros([2])]), "EinSum(\"ij,jk->ik\", [Float32[2]]");
    });

    [Fact]
    public void Missing_tensors_are_refused() => TensorScope.Run(() =>
    {
        Assert.Throws<TorchException>(() => Tensor.Zeros([2]).Add((Tensor)null!));
        Message(() => Ops.Cat([Tensor.Zeros([2]), null!]), "Cat([Float32[2], null], 0): tensor 1 of the list is null");
    });

    [Fact]
    public void A_call_works_after_one_that_failed() => TensorScope.Run(() =>
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.Throws<TorchException>(() => Ops.Cat([Tensor.Zeros([2]), Tensor.Zeros([1, 1])]));
            Assert.Equal(20, Tensor.Arange(20).Unbind().Length); // more results than the first look has room for
        }
    });

    [Fact]
    public void Bindings_made_for_another_signature_are_refused()
    {
        var op = new Operator("Add", "aten::add", "Tensor", "Tensor,Tensor,int");
        Assert.False(op.Exists);
        unsafe
        {
            var error = Assert.Throws<TorchException>(() => op.Call(null, 0));
            Assert.Contains("add.Tensor takes (Tensor,Tensor,Scalar) in this libtorch", error.Message,
                StringComparison.Ordinal);
            Assert.Contains("the bindings were generated for (Tensor,Tensor,int)", error.Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public unsafe void A_short_or_long_call_is_refused()
    {
        var op = new Operator("Add", "aten::add", "Tensor", "Tensor,Tensor,Scalar");
        var args = stackalloc Value[9];
        args[0] = args[1] = Value.Of(1L);
        Assert.Contains("'self' has no default", Assert.Throws<TorchException>(Call(op, args, 0)).Message);
        Assert.Contains("takes 3 arguments, got 9", Assert.Throws<TorchException>(Call(op, args, 9)).Message);
        Assert.Throws<TorchException>(Call(op, args, 2)); // numbers for tensors

        static Action Call(Operator op, Value* args, int n) => () => op.Call(args, n);
    }

    [Fact]
    public void Operators_that_this_libtorch_lacks()
    {
        Assert.True(Torch.Operators.Has("matmul"));
        Assert.True(Torch.Operators.Has("add", "Tensor"));
        Assert.False(Torch.Operators.Has("no_such_operator"));
        Assert.False(new Operator("X", "aten::no_such", "", "").Exists);
    }

    [Fact]
    public void Fused_adam_checks_what_it_is_given() => TensorScope.Run(() =>
    {
        Tensor p = Tensor.Ones([3]), g = Tensor.Ones([3]);
        Assert.True(Step(g, Tensor.Zeros([3]), Tensor.Zeros([3])));
        Assert.Equal(0.9, p[0].ToDouble(), 1e-6);
        Assert.False(Step(Tensor.Ones([2]), Tensor.Zeros([3]), Tensor.Zeros([3])));
        Assert.False(Step(g, Tensor.Zeros([2]), Tensor.Zeros([3])));
        Assert.False(Step(g.To(DType.Float64), Tensor.Zeros([3]), Tensor.Zeros([3])));
        Assert.Equal(0.9, p[0].ToDouble(), 1e-6);
        Assert.Throws<ArgumentException>(() => FusedKernels.Adam([p], [], [], [], 0.1, 0.9, 0.999, 1e-8, 0, false, 1));

        bool Step(Tensor gradient, Tensor m, Tensor v) =>
            FusedKernels.Adam([p], [gradient], [m], [v], 0.1, 0.9, 0.999, 1e-8, 0, false, 1);
    });

    [Fact]
    public void Attention_composed_of_operators() => TensorScope.Run(() =>
    {
        var q = Tensor.Arange(2 * 3 * 4, DType.Float64).Sin().Reshape(2, 3, 4);
        var causal = Ops.ScaledDotProductAttention(q, q, q, isCausal: true);
        Assert.Equal(q[.., 0].ToArray<double>(), causal[.., 0].ToArray<double>());
        var mask = Tensor.Ones([3, 3], DType.Bool).Tril();
        Assert.True(causal.AllClose(Ops.ScaledDotProductAttention(q, q, q, mask)));
        Assert.True(causal.AllClose(Ops.ScaledDotProductAttention(q, q, q,
            Tensor.Zeros([3, 3], DType.Float64).MaskedFill(!mask, double.NegativeInfinity))));
        Assert.Throws<ArgumentException>(() => Ops.ScaledDotProductAttention(q, q, q, mask, isCausal: true));
    });

    private static void Message(Func<Tensor> call, string start) =>
        Assert.StartsWith(start, Assert.Throws<TorchException>(call).Message, StringComparison.Ordinal);
}

file static class Calls
{
    public static Tensor MeanOf(this Tensor t) => t.Mean();
}
