using Figment.Testing;
using Figment.Torch;
using Figment.Training.Checkpoints;

namespace Figment.Training.Tests.Training;

/// <summary>Holds on every device: FIGMENT_TEST_DEVICE=cuda:0 trains on a GPU.</summary>
public sealed class DeviceTests : EngineTest
{
    private readonly TrainingBench bench = new();

    protected override void Dispose(bool disposing)
    {
        bench.Dispose();
        base.Dispose(disposing);
    }

    [Fact]
    public void A_run_learns_on_the_device_and_its_checkpoint_opens_on_the_cpu()
    {
        using var task = new ToyTask();
        task.Module.To(TestDevice);
        var id = bench.Start(task, TrainingBench.Plan, Here);
        Assert.Equal(20, bench.Result.Step);
        var rows = bench.Rows(id).Where(row => row.Kind == "train").ToList();
        Assert.True(rows[^1].Values["loss"] < rows[0].Values["loss"]);
        // Only where the bridge can ask the allocator, see docs/guide/devices.md.
        Assert.All(rows, row => Assert.Equal(Cuda.PeakOf(TestDevice) is not null, row.Machine.CudaPeak is not null));

        using var copy = new ToyTask(seed: 99);
        using var view = bench.Open(id);
        TensorScope.Run(() => Weights.Load(copy.Module, view.Checkpoints.Newest(out _)!, averaged: false));
        foreach (var (mine, theirs) in copy.Module.Parameters().Zip(task.Module.Parameters()))
            Assert.Equal(theirs.ToArray<float>(), mine.ToArray<float>());
    }

    [Fact]
    public void A_run_that_was_stopped_goes_on_to_the_same_bits_on_the_device()
    {
        using var whole = new ToyTask();
        whole.Module.To(TestDevice);
        var unbroken = bench.Start(whole, TrainingBench.Plan, Here);

        using var first = new ToyTask();
        first.Module.To(TestDevice);
        using var stop = new CancellationTokenSource();
        var id = bench.Start(first, TrainingBench.Plan, job => Here(job) with
        {
            Observers = [new At(8, stop.Cancel)],
        }, stop);
        Assert.InRange(bench.Result.Step, 1, 19);
        using var second = new ToyTask();
        second.Module.To(TestDevice);
        bench.Resume(id, second, TrainingBench.Plan, Here);
        Assert.Equal(bench.Fingerprint(unbroken), bench.Fingerprint(id));
    }

    private static TrainingJob Here(TrainingJob job) => job with { Device = TestDevice };

    private sealed class At(long step, Action act) : ITrainingObserver
    {
        public void Observe(TrainingEvent happened)
        {
            if (happened is TrainingMeasured measured && measured.Row.Step >= step) act();
        }
    }
}
