using System.Diagnostics;
using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>What one operator on one element costs through the public methods and inside a scope.</summary>
public class OverheadTests : EngineTest
{
    private const int Calls = 100, Scopes = 200;

    // A header, a method table and four fields; the issue allows 16 bytes more.
    private const double TensorObject = 48, Allowed = 16;

    [Fact]
    public void A_call_allocates_nothing_but_the_tensor()
    {
        using var x = Tensor.From([1.5f], 1).Own();
        Run(x);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(x);
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)(Calls * Scopes);
        Assert.InRange(each, 0, TensorObject + Allowed);
    }

    // The gate of 1 us is BenchmarkDotNet's, on an idle machine and a release build; this holds against large slips.
    [Fact]
    [Trait("speed", "slow")]
    public void A_call_takes_a_few_microseconds()
    {
        using var x = Tensor.From([1.5f], 1).Own();
        var best = double.MaxValue;
        for (var round = 0; round < 100; round++)
        {
            var start = Stopwatch.GetTimestamp();
            Run(x);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / (Calls * Scopes));
        }

        Assert.InRange(best, 0, 3);
    }

    private static void Run(Tensor x)
    {
        for (var i = 0; i < Scopes; i++)
        {
            TensorScope.Run(static x =>
            {
                for (var k = 0; k < Calls; k++) x.Neg();
                return 0;
            }, x);
        }
    }
}
