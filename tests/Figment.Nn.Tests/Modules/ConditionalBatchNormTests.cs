using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Modules;

/// <summary>Batch normalisation under a condition, and the largest of several maps, on cases with a known
/// answer.</summary>
public class ConditionalBatchNormTests : EngineTest
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void With_one_class_it_is_batch_normalisation_with_an_affine(bool training) => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        using var affine = new BatchNorm2d(3);
        using var conditional = new ConditionalBatchNorm2d(3, new Linear(1, 3, rng, bias: false),
            new Linear(1, 3, rng, bias: false));
        var (scale, shift) = (rng.Normal([3]), rng.Normal([3]));
        NoGrad.Run(() =>
        {
            affine.Weight!.CopyInPlace(scale);
            affine.Bias!.CopyInPlace(shift);
            foreach (var (path, parameter) in conditional.NamedParameters())
                parameter.CopyInPlace((path == "gamma.weight" ? scale - 1 : shift).Unsqueeze(1));
        });
        for (var step = 0; step < 3; step++) // running statistics move alike
        {
            var (x, cotangent) = (3 + (2 * rng.Normal([4, 3, 5, 2])), rng.Normal([4, 3, 5, 2]));
            var other = x.Clone();
            x.RequiresGrad = other.RequiresGrad = true;
            Module[] both = [affine, conditional];
            foreach (var module in both) module.Train(training || step < 2);
            Tensor[] outputs = [affine.Call(x), conditional.Call((other, Tensor.Ones([4, 1])))];
            Close(outputs[0], outputs[1]);
            foreach (var y in outputs) (y * cotangent).Sum().Backward();
            Close(x.Grad!, other.Grad!);
        }

        var gradients = conditional.NamedParameters().ToDictionary(p => p.Path, p => p.Parameter.Grad!.Flatten());
        Close(affine.Weight!.Grad!, gradients["gamma.weight"]);
        Close(affine.Bias!.Grad!, gradients["beta.weight"]);
        foreach (var parameter in affine.Parameters().Concat(conditional.Parameters())) parameter.Grad = null;
    });

    /// <summary>The statistics are of all examples, scale and shift of each example's class.</summary>
    [Fact]
    public void Each_class_has_a_scale_and_a_shift_of_its_own() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        using var layer = new ConditionalBatchNorm2d(1, new Linear(2, 1, rng, bias: false),
            new Linear(2, 1, rng, bias: false));
        NoGrad.Run(() =>
        {
            foreach (var (path, parameter) in layer.NamedParameters())
                parameter.CopyInPlace(path == "gamma.weight" ? Tensor.From([1f, -3f], 1, 2)
                    : Tensor.From([10f, 20f], 1, 2));
        });
        // Mean 1, variance 4 (and the epsilon): normalised -1, 1, -1, 1.
        var x = Tensor.From([-1f, 3f, -1f, 3f], 4, 1, 1, 1);
        var y = layer.Call((x, Tensor.From([1f, 0, 1, 0, 0, 1, 0, 1], 4, 2))).Flatten().ToArray<float>();
        float[] expected = [8, 12, 22, 18]; // ±(1 + 1) + 10, ±(1 - 3) + 20
        Assert.All(y.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-4f));
    });

    [Fact]
    public void Maxout_takes_the_largest_of_its_pieces() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        using var layer = new Maxout(2, 2, 2, rng);
        NoGrad.Run(() =>
        {
            var (weight, bias) = (layer.Parameters()[0], layer.Parameters()[1]);
            weight.CopyInPlace(Tensor.From([1f, 0, 0, 1, -1, 0, 0, -1], 4, 2)); // unit 0: x, y; unit 1: -x, -y
            bias.CopyInPlace(Tensor.From([0f, 0, 0, 10], 4));
        });
        Assert.Equal([3f, 7f, 5f, 5f], layer.Call(Tensor.From([2f, 3, 5, 5], 2, 2)).Flatten().ToArray<float>());
    });

    private static void Close(Tensor expected, Tensor actual) =>
        Assert.True((expected - actual).Abs().Max().ToDouble() < 1e-5);
}
