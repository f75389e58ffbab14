using System.Diagnostics;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>The practical peak of the machine: a product of two 2048x2048 Float32 matrices.</summary>
internal static class MatrixPeak
{
    private const long Size = 2048;

    public static double Flops => 2.0 * Size * Size * Size;

    /// <summary>The median of thirty products.</summary>
    public static Side Measure() => TensorScope.Run(() =>
    {
        var (a, b) = (Formula.Noise([Size, Size], 0.3), Formula.Noise([Size, Size], 0.7));
        for (var k = 0; k < 5; k++) TensorScope.Run(() => { a.MatMul(b); });
        var times = Enumerable.Range(0, 30).Select(_ =>
        {
            var start = Stopwatch.GetTimestamp();
            TensorScope.Run(() => { a.MatMul(b); });
            return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }).ToList();
        return new Side { Microseconds = Comparison.Median(times), Steps = times.Count };
    });
}
