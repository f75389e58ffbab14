using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Golden;

/// <summary>Every loss against PyTorch: values and gradients, under each reduction, to 1e-5.</summary>
public class LossTests : EngineTest
{
    private static readonly GoldenFile Golden = GoldenFile.Open("layers");

    private static readonly Dictionary<string, Func<Func<string, Tensor>, Tensor[], Reduction, Tensor>> Cases = new()
    {
        ["bce"] = (of, x, r) => Loss.BceWithLogits(x[0], of("target"), reduction: r),
        ["bce-weighted"] = (of, x, r) => Loss.BceWithLogits(x[0], of("target"), of("weight"), of("pos_weight"), r),
        ["mse"] = (_, x, r) => Loss.Mse(x[0], x[1], r),
        ["l1"] = (_, x, r) => Loss.L1(x[0], x[1], r),
        ["smoothl1"] = (_, x, r) => Loss.SmoothL1(x[0], x[1], 0.5, r),
        ["ce"] = (_, x, r) => Loss.CrossEntropy(x[0], x[1], reduction: r),
        ["ce-smooth"] = (_, x, r) => Loss.CrossEntropy(x[0], x[1], null, r, ignoreIndex: 2, labelSmoothing: 0.1),
        ["ce-spatial"] = (_, x, r) => Loss.CrossEntropy(x[0], x[1], reduction: r),
        ["gnll"] = (_, x, r) => Loss.GaussianNll(x[0], x[1], x[2], reduction: r),
        ["gnll-full"] = (_, x, r) => Loss.GaussianNll(x[0], x[1], x[2], full: true, reduction: r),
    };

    public static TheoryData<string, Reduction> All => [.. Cases.Keys.SelectMany(name =>
        Enum.GetValues<Reduction>().Select(reduction => (name, reduction)))];

    [Theory]
    [MemberData(nameof(All))]
    public void A_loss_agrees_with_PyTorch(string loss, Reduction reduction) => TensorScope.Run(() =>
    {
        var name = $"loss-{loss}-{reduction.ToString().ToLowerInvariant()}";
        LayerTests.CheckCall(name, inputs => [Cases[loss](part => Golden.Get($"{name}/{part}"), inputs, reduction)]);
    });

    [Fact]
    public void Every_loss_of_the_golden_file_is_tested()
    {
        var stored = Golden.Keys.Where(key => key.StartsWith("loss-", StringComparison.Ordinal))
            .Select(key => key["loss-".Length..key.IndexOf('/', StringComparison.Ordinal)]).Distinct();
        var tested = Cases.Keys.SelectMany(name => new[] { $"{name}-mean", $"{name}-none", $"{name}-sum" });
        Assert.Equal(stored.Order(), tested.Order());
    }

    [Fact]
    public void A_variance_of_zero_gives_a_finite_loss_and_gradient() => TensorScope.Run(() =>
    {
        var variance = Tensor.Zeros([2]);
        variance.RequiresGrad = true;
        var loss = Loss.GaussianNll(Tensor.Ones([2]), Tensor.Ones([2]), variance);
        loss.Backward();
        Assert.Equal(0.5 * Math.Log(1e-6), loss.ToDouble(), 4);
        Assert.All(variance.Grad!.ToArray<float>(), g => Assert.InRange(g, 1e5f, 1e6f));
    });

    [Fact]
    public void Shapes_that_would_broadcast_are_refused() => TensorScope.Run(() =>
    {
        var error = Assert.Throws<ArgumentException>(() => Loss.Mse(Tensor.Zeros([4, 1]), Tensor.Zeros([4])));
        Assert.Contains("Mse takes two tensors of one shape, not [4, 1] and [4].", error.Message);
    });
}
