using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Modules;

public partial class CheckpointedTests : EngineTest
{
    // Everything that a second pass could get wrong: dropout's draws, batch norm's statistics, a parameter of two blocks.
    private static Sequential Net(bool checkpointed)
    {
        using var init = new Rng(3);
        var tied = new Linear(24, 24, init);
        Layer Block() => new Sequential(new Linear(24, 24, init), new BatchNorm1d(24), new Tanh(), new Dropout(0.3), tied);
        Layer[] blocks = [.. Enumerable.Range(0, 3).Select(_ => Block())];
        return new Sequential([.. blocks.Select(block => checkpointed ? new Checkpointed(block) : block)]);
    }

    private static float[][] Step(Sequential net, Rng rng, bool train = true) => TensorScope.Run(() =>
    {
        net.ZeroGrad();
        net.Train(train);
        using var data = new Rng(8);
        var x = data.Normal([10, 24]).To(TestDevice);
        x.RequiresGrad = true;
        var loss = net.Call(x, rng).Square().Mean();
        loss.Backward();
        return (float[][])[[loss.Item<float>()], x.Grad!.ToArray<float>(),
            .. net.Parameters().Select(p => p.Grad!.ToArray<float>()),
            .. net.StateDict().Values.Select(t => t.To(DType.Float32).ToArray<float>())];
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gradients_statistics_and_draws_are_those_of_the_plain_net_to_the_bit(bool train)
    {
        using var plain = Net(false);
        using var again = Net(true);
        plain.To(TestDevice);
        again.To(TestDevice);
        using Rng a = new(6, TestDevice), b = new(6, TestDevice);
        for (var step = 0; step < 2; step++)
        {
            var (expected, found) = (Step(plain, a, train), Step(again, b, train));
            Assert.Equal(expected.Length, found.Length);
            for (var i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], found[i]);
            Assert.Equal(a.State, b.State);
        }
    }

    [Fact]
    public void Files_and_modes_are_those_of_the_inner_layer()
    {
        using var plain = Net(false);
        using var again = Net(true);
        Assert.Equal(plain.StateDict().Keys, again.StateDict().Keys);
        Assert.Equal(plain.StateDict().Aliases, again.StateDict().Aliases);
        again.LoadStateDict(plain.StateDict());
        again.Eval();
        Assert.All(again.NamedModules(), named => Assert.False(named.Module.IsTraining));
    }

    [Fact]
    public void Without_recording_nothing_is_kept()
    {
        using var net = Net(true);
        TensorScope.Run(() => NoGrad.Run(() =>
        {
            using var rng = new Rng(1);
            Assert.False(net.Call(Tensor.Zeros([4, 24]), rng).RequiresGrad);
        }));
    }

    [Fact]
    public void A_graph_that_is_never_run_backwards_frees_its_input()
    {
        using var net = Net(true);
        using var rng = new Rng(1);
        TensorScope.Run(() => net.Call(Tensor.Zeros([4, 24]), rng)); // the base class counts
    }

    [Fact]
    public void A_second_derivative_is_refused_and_a_failure_of_the_second_pass_is_told()
    {
        using var init = new Rng(3);
        using var net = new Checkpointed(new Linear(4, 1, init));
        TensorScope.Run(() =>
        {
            var x = Tensor.Ones([2, 4]);
            x.RequiresGrad = true;
            var refused = Assert.Throws<TorchException>(() => Autograd.Grad([net.Call(x).Sum()], [x], createGraph: true));
            Assert.Contains("cannot be differentiated twice", refused.Message);
        });

        using var failing = new Checkpointed(new FailsTheSecondTime(init));
        TensorScope.Run(() =>
        {
            var y = failing.Call(Tensor.Ones([2, 4])).Sum();
            Assert.Contains("no second time", Assert.Throws<TorchException>(() => y.Backward()).Message);
        });
    }

    [Fact]
    public void Twelve_layers_need_less_memory()
    {
        if (!OperatingSystem.IsLinux() || TestDevice.IsCuda) Assert.Skip("reads /proc: only on Linux, for the CPU's memory");
        const long width = 72, rows = 1 << 16; // 18 MiB a result, so each is mapped and unmapped on its own
        Peak(false);
        var (plain, again) = (Peak(false), Peak(true));
        Assert.True(again < 0.75 * plain, $"{again >> 20} MiB with, {plain >> 20} MiB without");

        static long Peak(bool checkpointed) => TensorScope.Run(() =>
        {
            using var init = new Rng(3);
            Layer Block() => new Sequential([.. Enumerable.Range(0, 3).SelectMany(_ =>
                (Layer[])[new Linear(width, width, init), new Tanh()])]);
            using var net = new Sequential([.. Enumerable.Range(0, 4).Select(_ =>
                checkpointed ? new Checkpointed(Block()) : Block())]);
            var x = Tensor.Ones([rows, width]);
            LibTorch.ReleaseMemory();
            File.WriteAllText("/proc/self/clear_refs", "5"); // the peak is counted from here
            var before = Status("VmRSS");
            net.Call(x).Mean().Backward();
            return Status("VmHWM") - before;
        });
    }

    private static long Status(string name) => 1024 * long.Parse(File.ReadLines("/proc/self/status")
        .First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

    private sealed partial class FailsTheSecondTime(Rng rng) : Layer
    {
        private readonly Linear linear = new(4, 1, rng);
        private int calls;

        protected override Tensor Forward(Tensor input) =>
            calls++ == 0 ? linear.Call(input) : throw new InvalidOperationException("no second time");
    }
}
