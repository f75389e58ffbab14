using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

public class TextTests : EngineTest
{
    [Fact]
    public void Reads_well() => TensorScope.Run(() =>
    {
        Is("Float32[] 2.5", Tensor.Scalar(2.5));
        Is("Float32[0, 3]", Tensor.Zeros([0, 3]));
        Is("Int64[3] [0, 1, 2]", Tensor.Arange(3));
        Is("Int64[1] [9007199254740993]", Tensor.From([9007199254740993L], 1));
        Is("Bool[2] [ true, false]", Tensor.From([true, false], 2));
        Is("Float32[4] [ 1.0,  nan,  inf, -inf]".Replace("nan", "NaN"),
            Tensor.From([1, float.NaN, float.PositiveInfinity, float.NegativeInfinity], 4));
        Is("Float64[3] [   0.5,   1e-5, 1.5e+6]", Tensor.From([0.5, 1e-5, 1.5e6], 3));
        Is("Float32[2, 2]\n[[0.0, 1.0],\n [2.0, 3.0]]", Tensor.Arange(4, DType.Float32).Reshape(2, 2));
        Is("Float32[2, 2]\n[[0.0, 2.0],\n [1.0, 3.0]]", Tensor.Arange(4, DType.Float32).Reshape(2, 2).T());
        Is("Int64[1, 2, 1]\n[[[0],\n  [1]]]", Tensor.Arange(2).Reshape(1, 2, 1));
        Is("BFloat16[1] [1.0]", Tensor.Ones([1], DType.BFloat16));
        Is("Complex64[1]", Ops.Complex(Tensor.Ones([1]), Tensor.Ones([1])));
        var leaf = Tensor.Ones([1]);
        leaf.RequiresGrad = true;
        Is("Float32[1] requires grad [1.0]", leaf);
    });

    [Fact]
    public void Large_tensors_show_their_ends() => TensorScope.Run(() =>
    {
        Is("Int64[2000] [   0,    1,    2, ..., 1997, 1998, 1999]", Tensor.Arange(2000));
        Is("Int64[2, 600]\n[[   0,    1,    2, ...,  597,  598,  599],\n [ 600,  601,  602, ..., 1197, 1198, 1199]]",
            Tensor.Arange(1200).Reshape(2, 600));
        var tall = Tensor.Arange(1200).Reshape(600, 2).ToString();
        Assert.Equal(8, tall.Split('\n').Length);
        Assert.Contains(",\n ...,\n", tall);
        _ = Tensor.Scalar(1).Expand(1_000_000, 1_000_000).ToString(); // nothing of that size is copied
    });

    private static void Is(string text, Tensor t) => Assert.Equal(text, t.ToString());
}
