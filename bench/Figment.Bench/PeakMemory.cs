using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>The peak of memory that twelve convolutions need: the twin of bench/peers/memory.py.</summary>
internal static class PeakMemory
{
    public static Side Measure(bool training)
    {
        using var rng = new Rng(1);
        List<Layer> layers = [new Conv2d(3, 64, 3, rng, padding: 1)];
        for (var i = 0; i < 11; i++) layers.AddRange([new Relu(), new Conv2d(64, 64, 3, rng, padding: 1)]);
        using var network = new Sequential([.. layers]);
        using var x = rng.Normal([16, 3, 64, 64]).Own();
        TensorScope.Run(() => network.Call(x[..1]).Sum().Backward()); // libraries load, threads start
        network.ZeroGrad();
        ProcessMemory.ForgetPeak();
        var before = ProcessMemory.Resident;
        for (var i = 0; i < 3; i++)
        {
            network.ZeroGrad();
            if (training) TensorScope.Run(() => TensorScope.Run(() => network.Call(x).Square().Mean()).Backward());
            else TensorScope.Run(() => NoGrad.Run(() => network.Call(x).Square().Mean().ToDouble()));
        }

        return new() { Bytes = ProcessMemory.Peak - before };
    }
}
