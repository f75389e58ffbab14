using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Modules;

/// <summary>What no golden value shows: randomness, modes, lifetimes and refusals.</summary>
public partial class LayerBehaviourTests : EngineTest
{
    [Fact]
    public void Dropout_drops_by_its_stream_and_scales_the_rest() => TensorScope.Run(() =>
    {
        using Rng a = new(1), b = new(1);
        using var dropout = new Dropout(0.3);
        var x = Tensor.Ones([200, 500]);
        var y = dropout.Call(x, a).ToArray<float>();
        Assert.Equal(0.3, y.Count(value => value == 0) / 100_000.0, 0.01);
        Assert.All(y.Where(value => value != 0), value => Assert.Equal(1 / 0.7f, value, 1e-6f));
        Assert.Equal(y, dropout.Call(x, b).ToArray<float>());
        Assert.NotEqual(y, dropout.Call(x, b).ToArray<float>());
        dropout.Eval();
        Assert.Same(x, dropout.Call(x));
        Assert.Same(x, dropout.Call(x, a));
    });

    [Fact]
    public void Linear_gives_one_row_what_it_gives_among_others() => TensorScope.Run(() =>
    {
        using Rng rng = new(1);
        using var linear = new Linear(6, 4, rng);
        var rows = rng.Normal([3, 6]);
        var all = linear.Call(rows).Narrow(0, 1, 1);
        foreach (var shape in new long[][] { [6], [1, 6], [1, 1, 6] })
        {
            var row = rows.T()[.., 1].Reshape(shape); // its numbers are three apart
            row.RequiresGrad = true;
            var y = linear.Call(row);
            Assert.Equal([.. shape[..^1], 4L], y.Shape.ToArray());
            Assert.All(y.ToArray<float>().Zip(all.ToArray<float>()), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
            y.Sum().Backward();
            Assert.Equal(linear.Weight.Sum([0]).ToArray<float>(), row.Grad!.ToArray<float>());
            row.Grad = null;
        }

        Assert.Throws<TorchException>(() => linear.Call(Tensor.Ones([6, 1])));
        linear.Weight.Grad = linear.Bias!.Grad = null;
    });

    [Fact]
    public void Linear_on_a_gelu_gives_what_the_two_layers_give() => TensorScope.Run(() =>
    {
        using Rng rng = new(1);
        using var linear = new Linear(60, 4, rng);
        foreach (var tanh in new[] { false, true })
        {
            var x = rng.Normal([3, 60]);
            x.RequiresGrad = true;
            var right = linear.Call(new Gelu(tanh).Call(x));
            Tensor[] outputs = [linear.CallOnGelu(x, tanh), NoGrad.Run(() => linear.CallOnGelu(x, tanh)),
                NoGrad.Run(() => linear.CallOnGelu(x.Narrow(0, 0, 1), tanh))];
            foreach (var y in outputs)
                Assert.InRange((y - right.Narrow(0, 0, y.Size(0))).Abs().Max().ToDouble(), 0, 1e-5);
            var slopes = new[] { outputs[0], right }.Select(y => Autograd.Grad([y.Square().Sum()], [x])[0]!).ToArray();
            Assert.InRange((slopes[0] - slopes[1]).Abs().Max().ToDouble(), 0, 1e-5);
            Assert.InRange((MixedPrecision.Run(true, () => linear.CallOnGelu(x, tanh)) - right).Abs().Max().ToDouble(), 1e-6, 0.05);
        }
    });

    [Fact]
    public void Dropout_without_random_numbers_is_refused_while_training() => TensorScope.Run(() =>
    {
        using var dropout = new Dropout(0.5);
        Assert.Contains("call it, and the modules around it, with an Rng",
            Assert.Throws<InvalidOperationException>(() => dropout.Call(Tensor.Ones([2]))).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Dropout(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Dropout(double.NaN));
    });

    [Fact]
    public void Sequential_gives_its_random_numbers_to_the_layers_within() => TensorScope.Run(() =>
    {
        using Rng a = new(2), b = new(2);
        using var nested = new Sequential(new Identity(), new Sequential(new Dropout(0.5)), new Dropout(0.5));
        var x = Tensor.Ones([100]);
        Assert.Equal(nested.Call(x, a).ToArray<float>(), nested.Call(x, b).ToArray<float>());
        nested.Eval();
        Assert.Same(x, nested.Call(x));
    });

    [Fact]
    public void A_stacked_lstm_with_dropout_equals_one_without_in_evaluation() => TensorScope.Run(() =>
    {
        using Rng a = new(3), b = new(3), step = new(4);
        var options = new RecurrentOptions { Layers = 3, Bidirectional = true };
        using var plain = new Lstm(4, 5, a, options);
        using var dropping = new Lstm(4, 5, b, options with { Dropout = 0.4 });
        var x = step.Normal([6, 2, 4]);
        var (expected, h, c) = plain.Call(x);
        Assert.NotEqual(expected.ToArray<float>(), dropping.Call(x, rng: step).Output.ToArray<float>());
        Assert.Throws<InvalidOperationException>(() => dropping.Call(x));
        dropping.Eval();
        var (output, h2, c2) = dropping.Call(x);
        Assert.Equal(expected.ToArray<float>(), output.ToArray<float>());
        Assert.Equal(h.ToArray<float>(), h2.ToArray<float>());
        Assert.Equal(c.ToArray<float>(), c2.ToArray<float>());
    });

    [Fact]
    public void Layer_by_layer_equals_the_engines_own_stack() => TensorScope.Run(() =>
    {
        using Rng a = new(3), b = new(3), step = new(4);
        var options = new RecurrentOptions { Layers = 3, Bidirectional = true, BatchFirst = true };
        using var plain = new Gru(4, 5, a, options);
        using var dropping = new Gru(4, 5, b, options with { Dropout = 1e-12 });
        var (x, h) = (step.Normal([2, 6, 4]), step.Normal([6, 2, 5]));
        var (expected, expectedHidden) = plain.Call(x, h);
        var (output, hidden) = dropping.Call(x, h, step);
        Assert.Equal(expectedHidden.Shape.ToArray(), hidden.Shape.ToArray());
        Assert.InRange((expected - output).Abs().Max().ToDouble(), 0, 1e-6);
        Assert.InRange((expectedHidden - hidden).Abs().Max().ToDouble(), 0, 1e-6);
    });

    [Fact]
    public void A_call_leaves_nothing_behind_but_its_output() => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        using var net = new Sequential(new Conv2d(1, 2, 3, rng, padding: 1, paddingMode: PaddingMode.Reflect),
            new BatchNorm2d(2), new Softsign(), new AdaptiveMaxPool2d(2), new Flatten(), new Linear(8, 3, rng));
        var x = Tensor.Ones([2, 1, 6, 6]);
        var before = Tensor.LiveCount;
        var y = net.Call(x);
        Assert.Equal(before + 1, Tensor.LiveCount);
        Assert.False(y.IsReleased);
        var z = NoGrad.Run(() => net.Call(x));
        Assert.Equal(before + 2, Tensor.LiveCount);
        Assert.Equal([2L, 3L], z.Shape.ToArray());
    });

    [Theory]
    [InlineData(MemoryFormat.Contiguous)]
    [InlineData(MemoryFormat.ChannelsLast)]
    public void A_wide_transposed_convolution_equals_the_engines_up_to_second_derivatives(MemoryFormat layout) =>
        TensorScope.Run(() =>
    {
        using var rng = new Rng(11);
        using var layer = new ConvTranspose2d(4, 20, 4, rng, stride: 2, padding: 1);
        layer.To(layout);
        var x = rng.Normal([2, 4, 5, 6]).Contiguous(layout);
        x.RequiresGrad = true;
        var ours = Derivatives(layer.Call(x));
        var engines = Derivatives(Ops.ConvTranspose2d(x, layer.Weight, layer.Bias, [2, 2], [1, 1]));
        foreach (var (a, b) in ours.Zip(engines))
            Assert.InRange((a - b).Abs().Max().ToDouble(), 0, 1e-4 * (1 + b.Abs().Max().ToDouble()));
        Assert.True(ours[0].IsContiguous(layout));

        Tensor[] Derivatives(Tensor y)
        {
            var first = Autograd.Grad([y.Pow(3).Sum()], [x, layer.Weight], createGraph: true);
            var second = Autograd.Grad([first[0]!.Square().Sum() + first[1]!.Square().Sum()], [x, layer.Weight, layer.Bias!]);
            return [y, first[0]!, first[1]!, .. second.OfType<Tensor>()];
        }
    });

    // In place or not, values and gradients are the same bits; what the caller holds is never changed.
    [Fact]
    public void A_relu_in_place_changes_nothing_that_can_be_seen() => TensorScope.Run(() =>
    {
        using var rng = new Rng(8);
        using var net = new Sequential(new Relu(), new Conv2d(2, 4, 3, rng), new LeakyRelu(0.2), new Conv2d(4, 4, 1, rng), new BatchNorm2d(4),
            new Relu(), new Conv2d(4, 3, 1, rng), new GroupNorm(1, 3), new LeakyRelu(-0.1), new Flatten(), new Linear(48, 5, rng), new Relu(),
            new Tanh(), new Relu(), new Identity(), new Relu(), new Linear(5, 2, rng), new Relu());
        var x = rng.Normal([3, 2, 6, 6]);
        var kept = x.Clone();
        x.RequiresGrad = true;
        var whole = Gradients(net.Call(x));
        var apart = Gradients(net.Layers.Aggregate(x, (h, layer) => layer.Call(h)));
        foreach (var (a, b) in whole.Zip(apart)) Assert.Equal(b, a);
        Assert.Equal(kept.ToArray<float>(), x.Detach().ToArray<float>());

        float[][] Gradients(Tensor y) =>
            [y.Detach().ToArray<float>(), .. Autograd.Grad([y.Square().Sum()], [x, .. net.Parameters()]).Select(g => g!.ToArray<float>())];
    });

    [Fact]
    public void A_loss_through_a_sequential_reaches_every_parameter() => TensorScope.Run(() =>
    {
        using var rng = new Rng(6);
        using var net = new Sequential(new Linear(3, 4, rng), new Identity(), new Flatten(), new Tanh(),
            new Linear(4, 1, rng));
        net.Call(Tensor.Ones([2, 3])).Sum().Backward();
        Assert.All(net.Parameters(), parameter => Assert.NotNull(parameter.Grad));
    });

    [Theory]
    [InlineData(1L, 3L, 4L)]
    [InlineData(1L, 3L, 4L, 4L, 4L)]
    public void A_norm_of_another_dimension_is_refused(params long[] shape) => TensorScope.Run(() =>
    {
        using var norm = new BatchNorm2d(3);
        Assert.Contains($"BatchNorm2d takes an input of 4 dimensions, not of shape [{string.Join(", ", shape)}].",
            Assert.Throws<ArgumentException>(() => norm.Call(Tensor.Zeros(shape))).Message);
    });

    [Fact]
    public void Arguments_that_cannot_be_are_refused() => TensorScope.Run(() =>
    {
        using var rng = new Rng(7);
        Assert.Throws<ArgumentException>(() => new Conv2d(3, 4, 3, rng, groups: 2));
        Assert.Throws<ArgumentException>(() => new GroupNorm(3, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Upsample(0));
        using var lstm = new Lstm(4, 3, rng);
        Assert.Throws<ArgumentException>(() => lstm.Call(Tensor.Zeros([5, 4])));
        using var up = new Upsample(2, UpsampleMode.Bilinear);
        Assert.Throws<ArgumentException>(() => up.Call(Tensor.Zeros([1, 2, 3])));
    });

    [Fact]
    public void Decoding_in_place_and_collecting() => TensorScope.Run(() =>
    {
        var canvas = Tensor.Zeros([5]);
        var before = Tensor.LiveCount;
        Decode.Steps(5, i => { canvas[i] = canvas.Sum() + 1; });
        Assert.Equal([1f, 2f, 4f, 8f, 16f], canvas.ToArray<float>());
        Assert.Equal(before, Tensor.LiveCount);
        var results = Decode.Steps(3, i => canvas[i] * 1 + 0);
        Assert.Equal(before + 3, Tensor.LiveCount);
        Assert.Equal([1.0, 2.0, 4.0], results.Select(result => result.ToDouble()));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void Decoding_with_a_state_holds_few_of_them(int n) => TensorScope.Run(() =>
    {
        var fixedPart = Tensor.Ones([1]);
        var before = Tensor.LiveCount;
        var most = 0L;
        var (sum, kept) = Decode.Steps(n, (Sum: fixedPart, Kept: fixedPart), (i, state) =>
        {
            most = Math.Max(most, Tensor.LiveCount - before);
            Assert.True(NoGrad.IsOn);
            return (state.Sum + i + 0, state.Kept);
        });
        Assert.Equal(1 + (n * (n - 1) / 2), sum.ToDouble());
        Assert.Same(fixedPart, kept);
        Assert.InRange(most, 0, 8);
        Assert.Equal(before + Math.Min(n, 1), Tensor.LiveCount);
    });

    [Fact]
    public void The_moving_average_lends_its_values_and_takes_them_back() => TensorScope.Run(() =>
    {
        using var rng = new Rng(8);
        using var net = new Sequential(new Linear(2, 2, rng), new BatchNorm1d(2));
        using var ema = new Ema(net, 0.5);
        var start = net.Parameters()[0].ToArray<float>();
        NoGrad.Run(() => { net.Parameters()[0].AddInPlace(2); });
        net.Call(Tensor.Ones([3, 2]));
        ema.Update();
        var now = net.Parameters()[0].ToArray<float>();
        var seen = ema.Run(() => net.Parameters()[0].ToArray<float>());
        Assert.All(start.Zip(seen), pair => Assert.Equal(pair.First + 1, pair.Second, 1e-6f));
        Assert.Equal(now, net.Parameters()[0].ToArray<float>());
        Assert.Throws<InvalidOperationException>(() => ema.Run(() => throw new InvalidOperationException()));
        Assert.Equal(now, net.Parameters()[0].ToArray<float>());
        Assert.True(net.Parameters()[0].RequiresGrad);
        Assert.Equal(1, ema.StateDict()["1.num_batches_tracked"].ToDouble());
        Assert.Equal(net.StateDict().Keys, ema.StateDict().Keys);
    });

    [Fact]
    public void An_optimiser_names_the_faults_of_a_state() => TensorScope.Run(() =>
    {
        using var rng = new Rng(9);
        using var net = new Linear(2, 3, rng);
        using var adam = new Adam(net);
        Assert.Empty(adam.StateDict());
        net.Call(Tensor.Ones([1, 2])).Sum().Backward();
        adam.Step();
        string[] slots = ["step", "exp_avg", "exp_avg_sq"];
        Assert.Equal([.. slots.Select(slot => $"weight.{slot}"), .. slots.Select(slot => $"bias.{slot}")],
            adam.StateDict().Keys);
        var state = adam.StateDict().ToDictionary(pair => pair.Key, pair => pair.Value.Clone());
        state.Remove("weight.exp_avg");
        state["bias.exp_avg"] = Tensor.Zeros([4]);
        state["other.step"] = Tensor.Zeros([], DType.Int64);
        var before = adam.StateDict()["weight.exp_avg_sq"].ToArray<float>();
        Assert.Equal("The state does not fit; nothing was loaded. Missing (1): weight.exp_avg. "
            + "Unexpected (1): other.step. Unfit (1): bias.exp_avg is [3] here but [4] in the state.",
            Assert.Throws<StateDictException>(() => adam.LoadStateDict(state)).Message);
        Assert.Equal(before, adam.StateDict()["weight.exp_avg_sq"].ToArray<float>());
        adam.LoadStateDict(new Dictionary<string, Tensor>());
        Assert.Empty(adam.StateDict());
    });

    [Fact]
    public void Groups_have_their_own_rates_and_decay() => TensorScope.Run(() =>
    {
        using var rng = new Rng(10);
        using var net = new Linear(2, 2, rng);
        var named = net.NamedParameters();
        using var sgd = new Sgd([new ParameterGroup([named[0]]) { LearningRateFactor = 0.5 },
            new ParameterGroup([named[1]]) { WeightDecayFactor = 0 }], 0.1, new() { WeightDecay = 0.2 });
        var (w, b) = (net.Weight.ToArray<float>(), net.Bias!.ToArray<float>());
        net.Call(Tensor.Ones([1, 2])).Sum().Backward();
        sgd.Step();
        Assert.Equal(w[0] - (0.05 * (1 + (0.2 * w[0]))), net.Weight.ToArray<float>()[0], 1e-6);
        Assert.Equal(b[0] - 0.1, net.Bias!.ToArray<float>()[0], 1e-6);
        Assert.Throws<ArgumentException>(() => new Sgd([new ParameterGroup([named[0], named[0]])], 0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => sgd.LearningRate = double.NaN);
    });
}
