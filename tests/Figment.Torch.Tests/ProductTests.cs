using Figment.Testing;
using Figment.Torch.Runtime;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>Matrix products by whichever library computes them (native/torch/products.cpp) against Float64.</summary>
public class ProductTests : EngineTest
{
    // Below 2^18 multiplications, between, and above 2^27; more rows than columns and fewer; no multiple of a vector's width.
    public static TheoryData<int, int, int> Sizes => new()
    {
        { 7, 9, 5 }, { 63, 64, 64 }, { 64, 64, 64 }, { 128, 401, 67 }, { 401, 128, 67 }, { 1, 700, 500 }, { 700, 1, 500 }, { 3, 2, 70000 },
        { 530, 520, 510 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_layout_gives_the_product(int m, int n, int k) => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        foreach (var (ta, tb) in new[] { (false, false), (false, true), (true, false), (true, true) })
        {
            var a = ta ? rng.Normal([k, m]).T() : rng.Normal([m, k]);
            var b = tb ? rng.Normal([n, k]).T() : rng.Normal([k, n]);
            var c = rng.Normal([m, n]);
            var exact = a.To(DType.Float64).MatMul(b.To(DType.Float64));
            Near(a.MatMul(b), exact);
            Near(c.AddMM(a, b, beta: 0.5, alpha: -2), (0.5 * c.To(DType.Float64)) - (2 * exact));
        }

        void Near(Tensor x, Tensor exact) =>
            Assert.InRange((x.To(DType.Float64) - exact).Abs().Max().ToDouble(), 0, 4e-6 * Math.Sqrt(k) * Math.Log(k + 2));
    });

    // What a result's memory held before must not show, not even as 0 * NaN.
    [Fact]
    public void Old_contents_do_not_matter() => TensorScope.Run(() =>
    {
        var (a, b) = (Tensor.Ones([128, 64]), Tensor.Ones([64, 128]));
        var c = Tensor.Full([128, 128], double.NaN).AddMM(a, b, beta: 0);
        Assert.All(c.ToArray<float>(), value => Assert.Equal(64f, value));
    });

    [Fact]
    public void Parts_of_larger_matrices() => TensorScope.Run(() =>
    {
        using var rng = new Rng(6);
        var (a, b) = (rng.Normal([200, 300])[..190, 10..290], rng.Normal([300, 250])[10..290, 20..240]);
        var exact = a.To(DType.Float64).MatMul(b.To(DType.Float64));
        Assert.InRange((a.MatMul(b).To(DType.Float64) - exact).Abs().Max().ToDouble(), 0, 1e-4);
    });

    [Fact]
    public void The_plan_is_followed_where_the_library_allows() =>
        Assert.True(!NativeLoader.ProductsByOneDnn || RuntimeTuning.Plan["FIGMENT_PRODUCTS"] == "onednn");
}
