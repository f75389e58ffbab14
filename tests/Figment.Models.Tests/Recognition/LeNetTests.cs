using Figment.Data.Images;
using Figment.Data.Sets;
using Figment.Models.Recognition;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Figment.Training.Options;
using Xunit;

namespace Figment.Models.Tests.Recognition;

/// <summary>The classifier: the first ten losses and first gradients of PyTorch (tests/golden/lenet.py), and what must hold
/// exactly.</summary>
public class LeNetTests : EngineTest
{
    private static readonly GoldenFile Golden = GoldenFile.Open("lenet");
    private static readonly ImageShape Digit = new(1, 28, 28);
    private static readonly LeNetOptions Small = new() { Channels = 8, Features = 24, Dropout = 0, Shift = 0 };

    [Fact]
    public void First_ten_losses_and_first_gradients_are_those_of_PyTorch() => TensorScope.Run(() =>
    {
        using var rng = new Rng(0);
        using var net = new LeNet(Small, Digit, rng);
        uint seed = 530;
        foreach (var parameter in net.Parameters())
        {
            double fan = parameter.Rank > 1 ? parameter.Count / parameter.Size(0) : 64;
            var bound = Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fan))));
            var values = GoldenNumbers.Uniform(seed++, parameter.Shape.ToArray(), -bound, bound);
            NoGrad.Run(() => { parameter.CopyInPlace(values); });
        }

        using var adam = new Adam(net, 1e-3);
        for (var step = 0; step < 10; step++)
            TensorScope.Run(() =>
            {
                var x = GoldenNumbers.Uniform((uint)(550 + step), [32, 784], 0, 1).View(32, 1, 28, 28);
                var y = GoldenNumbers.Uniform((uint)(570 + step), [32], 0, 10).Floor().To(DType.Int64);
                if (step == 0)
                {
                    Golden.AssertClose("features", net.Features(x), 1e-5);
                    Golden.AssertClose("logits", net.Logits(x), 1e-5);
                }

                var loss = net.Logits(x, rng).CrossEntropy(y);
                adam.ZeroGrad();
                loss.Backward();
                if (step == 0) CheckGradients(net);
                adam.Step();
                var expected = Golden.Doubles["losses"][step];
                Assert.Equal(expected, loss.ToDouble(), 1e-5 * expected);
            });
    });

    [Fact]
    public void Logits_are_a_linear_map_of_the_features_and_no_dropout_is_in_them() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(1);
        using var net = new LeNet(new LeNetOptions { Channels = 4, Features = 16 }, Digit, rng);
        var x = rng.Uniform([6, 1, 28, 28]);
        var state = net.StateDict();
        Assert.Equal(["convolutions.0.weight", "convolutions.0.bias", "convolutions.3.weight", "convolutions.3.bias",
            "hidden.weight", "hidden.bias", "output.weight", "output.bias"], net.NamedParameters().Select(named => named.Path));
        Assert.Equal((10, 16), (net.Classes, net.FeatureSize));
        var byHand = net.Features(x).MatMul(state["output.weight"].T()) + state["output.bias"];
        Assert.True((byHand - net.Logits(x)).Abs().Max().ToDouble() < 1e-5);
        // Also while it trains: a judge judges alike always.
        Assert.Equal(net.Logits(x).ToArray<float>(), net.Logits(x).ToArray<float>());
        Assert.NotEqual(net.Logits(x).ToArray<float>(), net.Logits(x, rng).ToArray<float>());
        net.Eval();
        Assert.Equal(net.Logits(x).ToArray<float>(), net.Logits(x, rng).ToArray<float>());
        Assert.True((net.Features(x) >= 0).All().Item<bool>());
    }));

    [Theory]
    [InlineData(3, 32, 20)]
    [InlineData(1, 4, 5)]
    public void Images_of_any_size_and_colour_are_taken(int channels, int height, int width) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(1);
        using var net = new LeNet(Small with { Classes = 7 }, new ImageShape(channels, height, width), rng);
        Assert.Equal([2, 7], net.Logits(rng.Uniform([2, channels, height, width])).Shape.ToArray());
    }));

    [Fact]
    public void Shifts_move_each_image_its_own_way_by_every_step_and_bring_in_zeros() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        var x = rng.Uniform([400, 1, 6, 6]) + 1;
        var y = RandomShift.Apply(x, 2, 1, rng);
        var wide = x.Pad([1, 1, 2, 2], "constant", 0);
        var seen = new HashSet<(int, int)>();
        for (var n = 0; n < 400; n++)
            for (var top = 0; top <= 4; top++)
                for (var left = 0; left <= 2; left++)
                    if (y[n].Equal(wide[n][.., top..(top + 6), left..(left + 6)])) seen.Add((top, left));
        Assert.Equal(15, seen.Count); // each of 5 x 3 shifts is among 400
        Assert.Equal(0, y.Min().ToDouble());
        Assert.True(RandomShift.Apply(x, 0, 0, rng).Equal(x));
    });

    [Fact]
    public void A_step_moves_every_parameter_and_needs_labels()
    {
        using var rng = new Rng(3);
        using var net = new LeNet(Small with { Shift = 2, Dropout = 0.5 }, Digit, rng);
        var before = net.Parameters().Select(parameter => parameter.ToArray<float>()).ToList();
        var pixels = new byte[32 * Digit.Length];
        new Random(1).NextBytes(pixels);
        void Step(int[]? labels) => TrainerRun.Of(new LeNetTask(net, new Adam(net, 1e-3), 2),
            new MemoryImages("noise", Digit, pixels, labels), new PlanOptions { Steps = 1, Batch = 32 });
        Step([.. Enumerable.Range(0, 32).Select(i => i % 10)]);
        Assert.All(net.Parameters().Zip(before), pair => Assert.NotEqual(pair.Second, pair.First.ToArray<float>()));
        Assert.Contains("labels", Assert.Throws<InvalidOperationException>(() => Step(null)).Message, StringComparison.Ordinal);
    }

    private static void CheckGradients(LeNet net)
    {
        foreach (var (i, parameter) in net.Parameters().Index())
        {
            var norm = Golden.Doubles[$"norm.{i}"][0];
            Assert.Equal(norm, parameter.Grad!.To(DType.Float64).Norm().ToDouble(), 1e-4 * norm);
            Golden.AssertClose($"grad.{i}", parameter.Grad!.Contiguous().Flatten()[TensorIndex.Slice(step: 29)], 1e-4);
        }
    }
}
