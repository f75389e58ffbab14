using Figment.Data;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Training.Tests.Training;

public sealed class AccumulationTests : EngineTest
{
    private readonly TrainingBench bench = new();

    private static PlanOptions Plan { get; } = new()
    {
        Steps = 20, // with the short batch of 5 at each epoch's end
        Batch = 10,
        MetricInterval = 1,
        PreviewInterval = 0,
        ClipNorm = 0.5,
        EmaDecay = 0.9,
    };

    protected override void Dispose(bool disposing)
    {
        bench.Dispose();
        base.Dispose(disposing);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public void Parts_take_the_step_of_the_whole_batch(int parts)
    {
        var (whole, wholeLosses) = Run(1);
        var (summed, losses) = Run(parts);
        for (var i = 0; i < whole.Length; i++)
            Assert.Equal(whole[i], summed[i], 1e-5f);
        for (var i = 0; i < losses.Length; i++)
            Assert.Equal(wholeLosses[i], losses[i], 1e-5);
        Assert.NotEqual(wholeLosses[0], wholeLosses[^1]);
    }

    [Fact]
    public void Only_parts_of_a_batch_see_less_than_all_of_it()
    {
        List<int> counts = [];
        using var task = new Reconstruction(counts);
        bench.Start(task, Plan with { Steps = 8, Accumulate = 5 });
        Assert.Equal(8 * 5, counts.Count);
        Assert.All(counts[..35], count => Assert.Equal(2, count));
        Assert.All(counts[35..], count => Assert.Equal(1, count)); // the epoch's last 5
    }

    [Fact]
    public void What_cannot_be_accumulated_is_refused()
    {
        using var duel = new DuelTask();
        bench.Start(duel, Plan with { Accumulate = 2 });
        Assert.Contains("one player", Assert.IsType<ArgumentException>(bench.Failure).Message);
        using var task = new Reconstruction([]);
        bench.Start(task, Plan with { Accumulate = 3 });
        Assert.Contains("does not divide batch (10)", Assert.IsType<OptionsException>(bench.Failure).Message);
        using var twice = new Reconstruction([]) { Times = 2 };
        bench.Start(twice, Plan with { Accumulate = 2 });
        Assert.Contains("minimises twice", Assert.IsType<InvalidOperationException>(bench.Failure).Message);
        bench.Start(task, Plan with { Precision = Precision.Tf32 });
        if (!TestDevice.IsCuda)
            Assert.Contains("--device cuda", Assert.IsType<ArgumentException>(bench.Failure).Message);
    }

    private (float[] Weights, double[] Losses) Run(int parts)
    {
        using var task = new Reconstruction([]);
        task.Module.To(TestDevice);
        var id = bench.Start(task, Plan with { Accumulate = parts }, job => job with { Device = TestDevice });
        Assert.Equal(20, bench.Result.Step);
        return ([.. task.Module.Parameters().SelectMany(p => p.ToArray<float>())],
            [.. bench.Rows(id).Select(row => row.Values["loss"])]);
    }

    private sealed class Reconstruction : ITrainingTask, IDisposable
    {
        private readonly Sequential net;
        private readonly List<int> counts;

        public Reconstruction(List<int> counts)
        {
            using var rng = new Rng(5);
            net = new Sequential(new Linear(16, 8, rng), new Tanh(), new Linear(8, 16, rng));
            Players = [new Player("net", new AdamOptimizerOptions { LearningRate = 0.01 }.Create(net), net)];
            this.counts = counts;
        }

        public int Times { get; init; } = 1;

        public Module Module => net;

        public IReadOnlyList<Player> Players { get; }

        public void Step(Batch batch, StepContext step)
        {
            counts.Add(batch.Count);
            for (var time = 0; time < Times; time++)
                step.Minimize(Players[0], () => Loss.Mse(net.Call(batch.Images.Reshape(-1, 16)), batch.Images.Reshape(-1, 16)));
        }

        public void Dispose()
        {
            Players[0].Optimizer.Dispose();
            net.Dispose();
        }
    }
}
