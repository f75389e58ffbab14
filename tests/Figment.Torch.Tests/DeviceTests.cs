using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>Holds on every device: FIGMENT_TEST_DEVICE=cuda:0 runs it on a GPU.</summary>
public class DeviceTests : EngineTest
{
    [Fact]
    public void Values_come_back_from_a_device_as_they_went_there()
    {
        float[] values = [.. Enumerable.Range(0, 24).Select(i => i / 7f)];
        TensorScope.Run(() =>
        {
            var there = Tensor.From<float>(values, TestDevice, 2, 3, 4);
            values.AsSpan().Clear(); // the caller's buffer is free again
            Assert.Equal(TestDevice, there.Device);
            Assert.Equal([2, 3, 4], there.Shape.ToArray());
            Assert.Equal(Enumerable.Range(0, 24).Select(i => i / 7f), there.ToArray<float>());
            Assert.Equal([1L, 2], Tensor.From<long>([1, 2], TestDevice, 2).ToArray<long>());
            Assert.Equal(3 / 7f, there[0, 0, 3].Item<float>());
        });
    }

    [Fact]
    public void A_generator_goes_on_from_its_saved_state_on_any_device()
    {
        using var rng = new Rng(5, TestDevice);
        TensorScope.Run(() => rng.Normal([100]));
        var state = rng.State;
        var expected = Draw(rng);
        using var other = new Rng(77, TestDevice) { State = state };
        Assert.Equal(expected, Draw(other));
        Assert.Equal(rng.State, other.State);

        static float[] Draw(Rng rng) => TensorScope.Run(() =>
            Ops.Cat([rng.Normal([50]), rng.Uniform([50]), rng.Integers(0, 9, [20]).To(DType.Float32)]).ToArray<float>());
    }

    [Fact]
    public void A_stream_for_a_device_has_the_seed_of_its_name()
    {
        using var root = new Rng(3);
        using var stream = root.Stream("sample", TestDevice);
        Assert.Equal((Rng.StreamSeed(3, "sample"), TestDevice), (stream.Seed, stream.Device));
    }

    [Fact]
    public void The_allocators_peak_is_known_where_there_is_one()
    {
        Assert.Null(Cuda.PeakOf(Device.Cpu));
        Assert.InRange(Cuda.DeviceCount, 0, Cuda.IsBuiltIn ? 128 : 0);
        Assert.Throws<TorchException>(() => Cuda.MemoryOf(Cuda.DeviceCount));
        if (!TestDevice.IsCuda) return;
        TensorScope.Run(() => Tensor.Zeros([1 << 20], device: TestDevice));
        LibTorch.Synchronize(TestDevice);
        if (Cuda.PeakOf(TestDevice, reset: true) is { } peak)
            Assert.True(peak.Allocated >= 4 << 20 && peak.Reserved >= peak.Allocated, peak.ToString());
        Assert.InRange(Cuda.MemoryOf(TestDevice.Index).Free, 1, Cuda.MemoryOf(TestDevice.Index).Total);
    }

    [Fact]
    public void Tf32_is_asked_for_and_taken_back()
    {
        var before = Cuda.AllowTf32;
        try
        {
            Cuda.AllowTf32 = true;
            Assert.True(Cuda.AllowTf32);
            Cuda.AllowTf32 = false;
            Assert.False(Cuda.AllowTf32);
        }
        finally
        {
            Cuda.AllowTf32 = before;
        }
    }
}
