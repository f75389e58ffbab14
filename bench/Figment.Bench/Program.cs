// Measures Figment beside PyTorch: `./figment bench` builds and runs this program.
//
//   [NAME...] [options]     see `./figment bench --help`
//   overhead                one operator on one element, by BenchmarkDotNet
//   side NAME [options]     a single side, as the comparison starts it in a process of its own; one line of JSON
using BenchmarkDotNet.Running;
using Figment.Bench;

switch (args)
{
    case ["overhead", .. var rest]:
        BenchmarkRunner.Run<OverheadBenchmarks>(args: rest);
        return 0;
    case ["side", "peak"]:
        return Side.Tell(MatrixPeak.Measure());
    case ["side", var name, .. var rest]:
        if (Benchmarks.All.FirstOrDefault(b => b.Name == name) is { } benchmark)
            return Side.Tell(benchmark.Ours(rest));
        Console.Error.WriteLine($"figment bench: no benchmark {name}");
        return 2;
    default:
        return BenchCommand.Run(args);
}
