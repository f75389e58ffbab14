using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// The cost of one operator on a tensor of one element, through the public methods and inside a scope.
/// </summary>
[InProcess]
[MemoryDiagnoser]
public class OverheadBenchmarks
{
    private const int Calls = 100;
    private readonly Tensor x = Tensor.From([1.5f], 1).Own();
    private readonly Tensor y = Tensor.From([2.5f], 1).Own();

    /// <summary>A scope with a hundred calls.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Calls)]
    public void Neg() => TensorScope.Run(static x => { for (var i = 0; i < Calls; i++) x.Neg(); return 0; }, x);

    /// <summary>With a second tensor.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public void Add() => TensorScope.Run(static b => { for (var i = 0; i < Calls; i++) b.x.Add(b.y); return 0; }, this);

    /// <summary>With a number, which libtorch makes a tensor of.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public void AddNumber() =>
        TensorScope.Run(static x => { for (var i = 0; i < Calls; i++) x.Add(1.0); return 0; }, x);

    /// <summary>A scope of its own for each call.</summary>
    [Benchmark]
    public void ScopeAndNeg() => TensorScope.Run(static x => { x.Neg(); return 0; }, x);

    /// <summary>What needs no operator.</summary>
    [Benchmark]
    public int Rank() => x.Rank;
}

/// <summary>
/// The same by hand, for the comparison with PyTorch: the best of many rounds, as other work only adds to it.
/// </summary>
internal static class Overhead
{
    // A header, a method table and four fields.
    private const int TensorObject = 48;

    public static Side Measure()
    {
        const int calls = 100, scopes = 200;
        using var x = Tensor.From([1.5f], 1).Own();
        var (best, allocated) = (double.MaxValue, 0L);
        for (var round = 0; round < 60; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < scopes; i++)
            {
                TensorScope.Run(static x =>
                {
                    for (var k = 0; k < calls; k++) x.Neg();
                    return 0;
                }, x);
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / (calls * scopes));
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        return new() { Microseconds = best, Allocated = (double)allocated / (calls * scopes) - TensorObject };
    }
}
