using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Golden;

/// <summary>Layers whose weight is divided by its largest singular value: against PyTorch (tests/golden/spectral.py),
/// and against the singular values themselves.</summary>
public class SpectralNormTests : EngineTest
{
    private static readonly GoldenFile Golden = GoldenFile.Open("spectral");

    private static readonly Dictionary<string, Func<Rng, Layer>> Cases = new()
    {
        ["conv"] = rng => new SpectralConv2d(4, 6, 3, rng, stride: 2, padding: 1),
        ["linear"] = rng => new SpectralLinear(5, 3, rng),
        ["embedding"] = rng => new SpectralEmbedding(4, 7, rng),
    };

    public static TheoryData<string> All => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public void A_spectral_layer_agrees_with_PyTorch_over_three_steps(string name) => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        using var layer = Cases[name](rng);
        var first = (uint)(1000 * Cases.Keys.ToList().IndexOf(name));
        NoGrad.Run(() =>
        {
            foreach (var (i, (_, parameter)) in layer.NamedParameters().Index())
                parameter.CopyInPlace(GoldenNumbers.Uniform(first + 1 + (uint)i, parameter.Shape.ToArray(), -0.5, 0.5));
            var u = GoldenNumbers.Uniform(first + 10, U(layer).Shape.ToArray());
            U(layer).CopyInPlace(u / u.Norm());
        });
        using var optimizer = new Sgd(layer, 0.1);
        for (var step = 0; step < 3; step++)
        {
            var x = Given(step);
            if (x.DType.IsFloatingPoint()) x.RequiresGrad = true;
            optimizer.ZeroGrad();
            var y = layer.Call(x);
            Golden.AssertClose($"{name}.out.{step}", y);
            Golden.AssertClose($"{name}.u.{step}", U(layer));
            (y * GoldenNumbers.Uniform(first + 30 + (uint)step, y.Shape.ToArray())).Sum().Backward();
            foreach (var (path, parameter) in layer.NamedParameters())
                Golden.AssertClose($"{name}.grad.{path}.{step}", parameter.Grad!);
            if (x.RequiresGrad) Golden.AssertClose($"{name}.gin.{step}", x.Grad!);
            optimizer.Step();
        }

        layer.Eval();
        Golden.AssertClose($"{name}.eval", layer.Call(Given(3)));
        optimizer.ZeroGrad();

        Tensor Given(int step) => name == "embedding" ? Tensor.From([2L, 0L, 2L], 3)
            : GoldenNumbers.Uniform(first + 20 + (uint)step, name == "conv" ? [3, 4, 5, 6] : [4, 5]);
    });

    [Theory]
    [MemberData(nameof(All))]
    public void After_many_calls_the_divisor_is_the_largest_singular_value(string name) => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        using var layer = Cases[name](rng);
        NoGrad.Run(() =>
        {
            Weight(layer).CopyInPlace(3 * rng.Normal(Weight(layer).Shape.ToArray()));
            for (var call = 0; call < 300; call++) layer.Call(Any(name, rng));
            layer.Eval();
            Assert.Equal(1, Ops.LinalgSvdvals(Divided(layer, name)).Max().ToDouble(), 1e-5);
        });
    });

    [Theory]
    [MemberData(nameof(All))]
    public void A_layer_is_settled_when_it_is_made_and_when_it_is_asked_to_be(string name) => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        using var layer = Cases[name](rng);
        layer.Eval();
        Assert.InRange(Ops.LinalgSvdvals(Divided(layer, name)).Max().ToDouble(), 0.9999, 1.1);
        var shape = Weight(layer).Shape.ToArray();
        var first = rng.Normal([shape[0], 1]) * rng.Normal([1, Weight(layer).Count / shape[0]]); // one direction rules
        NoGrad.Run(() => { Weight(layer).CopyInPlace(first.View(shape) + (0.1 * rng.Normal(shape))); });
        Assert.True(Ops.LinalgSvdvals(Divided(layer, name)).Max().ToDouble() > 1.1);
        SpectralNorm.SettleAll(new Sequential(layer));
        Assert.Equal(1, Ops.LinalgSvdvals(Divided(layer, name)).Max().ToDouble(), 1e-5);
    });

    [Theory]
    [MemberData(nameof(All))]
    public void Evaluation_changes_nothing_and_training_moves_u(string name) => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        using var layer = Cases[name](rng);
        NoGrad.Run(() => { Weight(layer).CopyInPlace(rng.Normal(Weight(layer).Shape.ToArray())); });
        var (x, before) = (Any(name, rng), U(layer).ToArray<float>());
        layer.Eval();
        var y = layer.Call(x).ToArray<float>();
        Assert.Equal(y, layer.Call(x).ToArray<float>());
        Assert.Equal(before, U(layer).ToArray<float>());
        layer.Train();
        layer.Call(x);
        Assert.NotEqual(before, U(layer).ToArray<float>());
    });

    [Theory]
    [MemberData(nameof(All))]
    public void A_saved_layer_goes_on_to_the_same_bits(string name) => TensorScope.Run(() =>
    {
        using Rng rng = new(5), other = new(6);
        using Layer layer = Cases[name](rng), again = Cases[name](other);
        NoGrad.Run(() => { Weight(layer).CopyInPlace(rng.Normal(Weight(layer).Shape.ToArray())); });
        var x = Any(name, rng);
        layer.Call(x);
        again.LoadStateDict(layer.StateDict());
        for (var call = 0; call < 3; call++)
            Assert.Equal(layer.Call(x).ToArray<float>(), again.Call(x).ToArray<float>());
    });

    private static Tensor Any(string name, Rng rng) => name switch
    {
        "conv" => rng.Normal([3, 4, 5, 6]),
        "linear" => rng.Normal([4, 5]),
        _ => Tensor.From([2L, 0L, 2L], 3),
    };

    // The map that the layer applies, read off what it does to unit inputs: (out, the rest).
    private static Tensor Divided(Layer layer, string name) => NoGrad.Run(() => name switch
    {
        // One place of output sees all of a 3x3 input; its padding sees the corner of the kernel, so that the
        // middle of stride 2 on 3x3 is taken: rows are inputs, columns output channels.
        "conv" => (layer.Call(Tensor.Arange(36).Unsqueeze(1).Eq(Tensor.Arange(36)).To(DType.Float32)
            .View(36, 4, 3, 3).Pad([1, 1, 1, 1], "constant", 0))[.., .., 1, 1]
            - layer.Call(Tensor.Zeros([1, 4, 5, 5]))[.., .., 1, 1]).Transpose(0, 1),
        "linear" => (layer.Call(Tensor.Arange(5).Unsqueeze(1).Eq(Tensor.Arange(5)).To(DType.Float32))
            - layer.Call(Tensor.Zeros([1, 5]))).Transpose(0, 1),
        _ => layer.Call(Tensor.Arange(4)),
    });

    private static Tensor Weight(Layer layer) => layer.NamedParameters()[0].Parameter;

    private static Tensor U(Layer layer) => Assert.Single(layer.NamedBuffers()).Buffer;
}
