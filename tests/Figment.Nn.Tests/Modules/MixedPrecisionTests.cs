using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Modules;

public class MixedPrecisionTests : EngineTest
{
    public static TheoryData<string> Kinds => ["linear", "conv1d", "conv2d", "conv3d"];

    private static (Layer Layer, long[] Input) Make(string kind, Rng rng) => kind switch
    {
        "linear" => (new Linear(32, 16, rng), [8, 32]),
        "conv1d" => (new Conv1d(16, 16, 3, rng), [2, 16, 10]),
        "conv2d" => (new Conv2d(16, 32, 3, rng, stride: 2, padding: 1), [2, 16, 8, 8]),
        _ => (new Conv3d(4, 8, 3, rng), [2, 4, 5, 5, 5]),
    };

    // bfloat16 keeps 8 bits of mantissa: each factor is off by at most 1/256 of itself.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_layer_rounds_its_factors_and_nothing_else(string kind) => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        var (layer, shape) = Make(kind, rng);
        using var owned = layer;
        layer.To(TestDevice);
        var x = rng.Normal(shape).To(TestDevice);
        x.RequiresGrad = true;
        var (exact, exactGrad, exactInput) = Run(false);
        var (rounded, roundedGrad, roundedInput) = Run(true);
        Assert.Equal(DType.Float32, rounded.DType);
        Assert.NotEqual(exact.ToArray<float>(), rounded.ToArray<float>());
        foreach (var (a, b) in new[] { (exact, rounded), (exactGrad, roundedGrad), (exactInput, roundedInput) })
            Assert.InRange(((a - b).Norm() / a.Norm()).ToDouble(), 0, 0.01);
        Assert.False(MixedPrecision.IsOn);

        (Tensor Output, Tensor Weight, Tensor Input) Run(bool bfloat16)
        {
            layer.ZeroGrad();
            x.Grad = null;
            return MixedPrecision.Run(bfloat16, () =>
            {
                var y = layer.Call(x);
                y.Square().Sum().Backward();
                var gradient = layer.Parameters()[0].Grad!;
                Assert.Equal(DType.Float32, gradient.DType);
                return (y.Detach(), gradient.Clone(), x.Grad!.Clone());
            });
        }
    });

    [Fact]
    public void The_mode_comes_back_after_an_error()
    {
        Assert.Throws<InvalidOperationException>(() => MixedPrecision.Run(true, void () => throw new InvalidOperationException()));
        Assert.False(MixedPrecision.IsOn);
    }
}
