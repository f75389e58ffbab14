using Figment.Data;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Figment.Training.Tests.Training;

namespace Figment.Training.Tests.Distributed;

/// <summary>A small variational autoencoder with dropout: its noise has rows, its parameters two buckets.</summary>
internal sealed partial class NoisyNet : Module
{
    private readonly Linear encode;
    private readonly Linear decode;

    public NoisyNet(Rng rng, long hidden = 24)
    {
        encode = new Linear(16, 2 * hidden, rng);
        decode = new Linear(hidden, 16, rng);
    }

    public Tensor Loss(Tensor x, Rng rng)
    {
        var parts = encode.Call(x).Chunk(2, 1);
        var (mean, logVar) = (parts[0], parts[1]);
        var z = mean + (logVar * 0.5).Exp() * rng.Normal(mean.Shape);
        z = z * (rng.Uniform(z.Shape) >= 0.1).To(z.DType);
        var kl = ((logVar.Exp() + mean.Square() - logVar - 1) * 0.5).Sum([1]);
        return (decode.Call(z).BinaryCrossEntropyWithLogits(x, reduction: Reduction.None).Sum([1]) + kl).Mean();
    }
}

internal sealed class NoisyTask : ITrainingTask, IDisposable
{
    private readonly NoisyNet net;

    public NoisyTask(ulong seed = 5, long hidden = 24, Func<Module, Optimizer>? optimizer = null)
    {
        using var rng = new Rng(seed);
        net = new NoisyNet(rng, hidden);
        Players = [new Player("vae", optimizer?.Invoke(net) ?? new Adam(net, 0.005), net)];
    }

    public Module Module => net;

    public IReadOnlyList<Player> Players { get; }

    public Action<long>? Before { get; init; }

    public void Step(Batch batch, StepContext step)
    {
        Before?.Invoke(step.StepIndex);
        step.Minimize(Players[0], () => net.Loss(batch.Images.Reshape(-1, 16), step.Rng));
    }

    public void Dispose()
    {
        Players[0].Optimizer.Dispose();
        net.Dispose();
    }
}

/// <summary>Several ranks that share each batch learn as one process with the whole batch does.</summary>
public sealed class EqualCurveTests : EngineTest
{
    private readonly SharedBench bench = new();

    protected override void Dispose(bool disposing)
    {
        bench.Dispose();
        base.Dispose(disposing);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void With_noise_of_the_rows_and_a_ragged_last_batch(int size)
    {
        var alone = bench.Train(1, () => new NoisyTask(), SharedBench.Plan);
        var together = bench.Train(size, () => new NoisyTask(), SharedBench.Plan);
        SharedBench.AssertClose(bench.Column(alone), bench.Column(together), 1e-5);
        Assert.All(bench.Results, r => Assert.Equal(bench.Results[0].Examples, r.Examples));
    }

    /// <summary>Adam's steps stay the same when all gradients are twice as large; those of plain descent do not.</summary>
    [Fact]
    public void With_an_optimiser_that_notices_the_gradients_size()
    {
        var alone = bench.Train(1, Descending, SharedBench.Plan);
        var together = bench.Train(2, Descending, SharedBench.Plan);
        SharedBench.AssertClose(bench.Column(alone), bench.Column(together), 1e-5);

        static NoisyTask Descending() => new(optimizer: net => new Sgd(net, 0.02));
    }

    [Fact]
    public void With_more_ranks_than_rows()
    {
        var plan = SharedBench.Plan with { Batch = 3, Steps = 60 };
        var alone = bench.Train(1, () => new NoisyTask(), plan);
        var together = bench.Train(4, () => new NoisyTask(), plan);
        SharedBench.AssertClose(bench.Column(alone), bench.Column(together), 1e-5);
    }

    [Fact]
    public void With_synchronised_batch_norm()
    {
        var plan = SharedBench.Plan with { SynchronizeBatchNorm = true };
        var alone = bench.Train(1, () => new ToyTask(), plan);
        var together = bench.Train(2, () => new ToyTask(), plan);
        SharedBench.AssertClose(bench.Column(alone), bench.Column(together), 1e-4);
    }

    [Fact]
    public void Without_synchronising_batch_norm_the_curves_part()
    {
        var plan = SharedBench.Plan with { Steps = 20 };
        var alone = bench.Train(1, () => new ToyTask(), plan);
        var together = bench.Train(2, () => new ToyTask(), plan);
        Assert.Contains(bench.Column(alone).Zip(bench.Column(together)),
            pair => Math.Abs(pair.First - pair.Second) > 1e-4 * pair.First);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 3)]
    [InlineData(1, 2)]
    public void A_run_goes_on_with_another_number_of_ranks(int before, int after)
    {
        var plan = SharedBench.Plan with { Steps = 60, MetricInterval = 7, EmaDecay = 0.9 };
        var whole = bench.Train(1, () => new NoisyTask(), plan);
        using var stop = new CancellationTokenSource();
        var broken = bench.Train(before, () => new NoisyTask { Before = At(31, stop) }, plan, null, stop.Token);
        Assert.All(bench.Results, r => Assert.Equal((StopReason.Cancelled, 32L), (r.Reason, r.Step)));
        bench.Resume(broken, after, () => new NoisyTask(seed: 99), plan);
        Assert.All(bench.Results, r => Assert.Equal((StopReason.Finished, 60L), (r.Reason, r.Step)));
        SharedBench.AssertClose(bench.Column(whole), bench.Column(broken), 1e-5);
    }

    [Fact]
    public void A_stop_that_one_rank_hears_stops_all_after_the_same_step()
    {
        using var stop = new CancellationTokenSource();
        bench.Train(3, () => new NoisyTask { Before = At(9, stop) }, SharedBench.Plan, null, stop.Token);
        Assert.Single(bench.Results.Select(r => r.Step).Distinct());
        Assert.All(bench.Results, r => Assert.Equal(StopReason.Cancelled, r.Reason));
    }

    private static Action<long> At(long step, CancellationTokenSource source) =>
        now => { if (now == step) source.Cancel(); };
}
