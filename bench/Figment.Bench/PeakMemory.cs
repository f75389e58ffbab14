using System.Globalization;
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
        File.WriteAllText("/proc/self/clear_refs", "5");
        var before = Status("VmRSS");
        for (var i = 0; i < 3; i++)
        {
            network.ZeroGrad();
            if (training) TensorScope.Run(() => TensorScope.Run(() => network.Call(x).Square().Mean()).Backward());
            else TensorScope.Run(() => NoGrad.Run(() => network.Call(x).Square().Mean().ToDouble()));
        }

        return new() { Bytes = Status("VmHWM") - before };
    }

    private static long Status(string key) =>
        1024 * long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(key, StringComparison.Ordinal))
            .Split(':')[1].Replace("kB", "").Trim(), CultureInfo.InvariantCulture);
}
