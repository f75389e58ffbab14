using Figment.Data.Images;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>What must hold of the two-level vector-quantised autoencoder to rounding.</summary>
public class VqVae2ExactnessTests : EngineTest
{
    private static readonly VqVae2Options Small = new()
    {
        Codes = 16,
        CodeSize = 4,
        Channels = 8,
        Blocks = 1,
        BlockChannels = 4,
        TopPriorLayers = 2,
        TopPriorChannels = 6,
        BottomPriorLayers = 2,
        BottomPriorChannels = 6,
    };

    [Theory]
    [InlineData(2, 28, 28, 4, 4, 7, 7)]
    [InlineData(1, 28, 28, 7, 7, 14, 14)]
    [InlineData(2, 64, 64, 8, 8, 16, 16)]
    [InlineData(2, 24, 28, 3, 4, 6, 7)]
    [InlineData(3, 8, 16, 1, 1, 1, 2)]
    public void Grids_are_halved_images_and_images_come_back_whole(int halvings, int height, int width, int topHeight, int topWidth,
        int bottomHeight, int bottomWidth) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(1);
        using var model = new VqVae2(Small with { Halvings = halvings }, new ImageShape(3, height, width), rng);
        var x = rng.Uniform([2, 3, height, width]);
        var (top, bottom) = model.Autoencoder.Encode(x);
        Assert.Equal([2, topHeight, topWidth], top.K.Shape.ToArray());
        Assert.Equal([2, bottomHeight, bottomWidth], bottom.K.Shape.ToArray());
        Assert.Equal([2, 3, height, width], model.Reconstruct(x, null).Shape.ToArray());
        Assert.Equal([2, 3, height, width], model.Sample(2, rng, mean: false).Shape.ToArray());
        Assert.Equal([2, 4 * ((topHeight * topWidth) + (bottomHeight * bottomWidth))], model.Encode(x).Shape.ToArray());
        Assert.Equal(model.LatentSize, model.Encode(x).Size(1));
    }));

    [Theory]
    [InlineData(1, 27, 28, "multiples of 2")]
    [InlineData(2, 28, 30, "multiples of 4")]
    [InlineData(3, 28, 28, "fewer halvings")]
    public void An_image_that_cannot_be_halved_as_often_is_refused(int halvings, int height, int width, string says)
    {
        using var rng = new Rng(2);
        Assert.Contains(says, Assert.Throws<ArgumentException>(() =>
            new VqVae2(Small with { Halvings = halvings }, new ImageShape(1, height, width), rng)).Message);
    }

    [Fact]
    public void Both_encoders_get_the_decoder_s_gradient_as_it_is() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        using var model = new VqVae2(Small, new ImageShape(1, 12, 12), rng);
        var net = model.Autoencoder;
        Excite(net, rng);
        var x = rng.Uniform([4, 1, 12, 12]);
        var (top, bottom) = net.Encode(x);
        var maps = net.Decode(top.StraightThrough(), bottom.StraightThrough());
        var gradients = Autograd.Grad([maps.Square().Sum()], [top.Z, bottom.Z], retainGraph: true);
        Tensor Leaf(Tensor e)
        {
            var leaf = e.Clone();
            leaf.RequiresGrad = true;
            return leaf;
        }

        // The bottom level's encoder sees e_top too: the top level is reached by the decoder and through it.
        var (eTop, eBottom) = (Leaf(top.E), Leaf(bottom.E));
        var decoders = Autograd.Grad([net.Decode(eTop, eBottom).Square().Sum()], [eTop, eBottom]);
        Assert.True(decoders.All(g => g!.Abs().Max().ToDouble() > 1e-3));
        AssertNear(decoders[1]!, gradients[1]!);
        var throughBottom = Autograd.Grad([bottom.Z], [top.Z], [decoders[1]!], retainGraph: true)[0]!;
        Assert.True(throughBottom.Abs().Max().ToDouble() > 1e-3);
        AssertNear(decoders[0]! + throughBottom, gradients[0]!);
        maps.Square().Sum().Backward();
        Assert.All(net.NamedParameters(), p => Assert.True(p.Parameter.Grad!.Abs().Max().ToDouble() > 0, p.Path));
    });

    [Fact]
    public void The_bound_is_the_decoder_s_log_probability_and_those_of_both_priors() => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        using var model = new VqVae2(Small with { Classes = 2 }, new ImageShape(1, 12, 12), rng);
        Excite(model, rng);
        var x = rng.Uniform([5, 1, 12, 12]);
        var (logPxe, top, bottom) = model.Terms(x);
        var each = new long[] { 0, 1 }.Select(label => Tensor.Full([5], label, DType.Int64)).Select(y =>
            model.TopPrior.LogProbability(top.K, y) + model.BottomPrior.LogProbability(bottom.K, top.E, y)).ToList();
        Assert.True((each[0] - each[1]).Abs().Max().ToDouble() > 0.1);
        var expected = logPxe + Ops.Stack([.. each]).LogSumExp(0) - Math.Log(2);
        Assert.Equal(0, (expected - model.LowerBound(x, rng)).Abs().Max().ToDouble(), 1e-2);
        each[0].Mean().Backward();
        Assert.All(model.Autoencoder.Parameters(), parameter => Assert.Null(parameter.Grad));
        Assert.All(model.TopPrior.Parameters().Concat(model.BottomPrior.Parameters()), parameter => Assert.NotNull(parameter.Grad));
    });

    [Fact]
    public void The_joint_prior_sums_to_one() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(5);
        // Grids of 1x1 and 2x2, two codes each: 2 * 16 pairs of grids.
        using var model = new VqVae2(Small with { Halvings = 1, Codes = 2, Classes = 2 }, new ImageShape(1, 4, 4), rng);
        Excite(model, rng);
        var kTop = Tensor.Arange(32, DType.Int64).Remainder(2).View(32, 1, 1);
        var kBottom = Ops.Stack([.. Enumerable.Range(1, 4).Select(bit =>
            Tensor.Arange(32, DType.Int64).FloorDivide(1 << bit).Remainder(2))], 1).View(32, 2, 2);
        var top = new RoundedCodes(kTop, kTop, model.Autoencoder.Top.Lookup(kTop));
        var logP = model.LogPrior(top, new(kBottom, kBottom, model.Autoencoder.Bottom.Lookup(kBottom)));
        Assert.Equal(1, logP.To(DType.Float64).Exp().Sum().ToDouble(), 1e-5);
        Assert.Equal(32, logP.ToArray<float>().Distinct().Count());
    }));

    [Fact]
    public void Draws_of_the_bottom_prior_are_those_of_the_whole_network_for_each_code() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(6);
        using var model = new VqVae2(Small with { Classes = 3 }, new ImageShape(1, 12, 20), rng); // grids of 2x3 and 3x5
        Excite(model, rng);
        var y = rng.Integers(0, 3, [5]);
        var eTop = model.Autoencoder.Top.Lookup(rng.Integers(0, 16, [5, 2, 3]));
        using var fast = new Rng(7);
        using var slow = new Rng(7);
        var k = Tensor.Zeros([5, 3, 5], DType.Int64);
        for (var i = 0; i < 3; i++)
            for (var j = 0; j < 5; j++)
            {
                var logits = model.BottomPrior.Logits(k, eTop, y).Select(3, j).Select(2, i);
                var noise = -(-slow.Uniform([5, 16]).Clamp(1e-20, 1).Log()).Log();
                k.Select(2, j).Select(1, i).CopyInPlace((logits + noise).ArgMax(1));
            }

        var drawn = model.BottomPrior.Sample(eTop, fast, y).ToArray<long>();
        Assert.Equal(k.ToArray<long>(), drawn);
        Assert.True(drawn.Distinct().Count() > 3);
    }));

    [Fact]
    public void What_was_rounded_stays_when_it_is_rounded_again() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(8);
        using var model = new VqVae2(Small, new ImageShape(1, 12, 12), rng);
        Excite(model.Autoencoder, rng);
        var x = rng.Uniform([6, 1, 12, 12]);
        var (top, bottom) = model.Autoencoder.Encode(x);
        Assert.True(top.K.ToArray<long>().Distinct().Count() > 1 && bottom.K.ToArray<long>().Distinct().Count() > 1);
        var codes = model.Encode(x);
        var rounded = Ops.Cat([top.E.Contiguous().Flatten(1), bottom.E.Contiguous().Flatten(1)], 1);
        Assert.True((codes - rounded).Abs().Max().ToDouble() > 1e-2);
        var picture = model.Decode(codes).ToArray<float>();
        Assert.Equal(picture, model.Decode(rounded).ToArray<float>());
        Assert.Equal(picture, model.Reconstruct(x, null).ToArray<float>());
    }));

    private static void AssertNear(Tensor expected, Tensor actual) =>
        Assert.Equal(0, (expected - actual).Abs().Max().ToDouble() / expected.Abs().Max().ToDouble(), 1e-5);

    // Codes begin near each other, outputs near uniform, positions at zero: larger numbers, so that what depends does.
    private static void Excite(Module module, Rng rng) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        foreach (var parameter in module.Parameters())
            parameter.AddInPlace(rng.Normal(parameter.Shape) * 0.3);
        foreach (var (_, buffer) in module.NamedBuffers().Where(named => named.Path.EndsWith("vectors", StringComparison.Ordinal)))
            buffer.CopyInPlace(rng.Normal(buffer.Shape));
    }));
}
