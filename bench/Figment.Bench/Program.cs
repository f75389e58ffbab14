// Measures Figment, alone or beside PyTorch.
//
//   overhead            one operator on one element, by BenchmarkDotNet
//   compare [--write] [--quick] [--peer-blas FOLDER]
//                       every comparison with PyTorch, alternately; --write renews docs/benchmarks.md; the untuned peer
//                       loads its BLAS from the folder, e.g. of libopenblas0-pthread
//
// The rest are the single sides that `compare` starts, each in a process of its own; they answer one line of JSON.
using BenchmarkDotNet.Running;
using Figment.Bench;

switch (args)
{
    case ["overhead", .. var rest]:
        BenchmarkRunner.Run<OverheadBenchmarks>(args: rest);
        return 0;
    case ["compare", .. var rest]:
        return Comparison.Run(rest.Contains("--write"), rest.Contains("--quick"),
            rest.SkipWhile(a => a != "--peer-blas").Skip(1).FirstOrDefault());
    case ["side", var name, .. var rest] when Benchmarks.All.FirstOrDefault(b => b.Name == name) is { } benchmark:
        return Side.Tell(benchmark.Ours(rest));
    default:
        Console.Error.WriteLine("usage: Figment.Bench overhead | compare [--write] [--quick] "
            + "[--peer-blas FOLDER] | side NAME");
        return 2;
}
