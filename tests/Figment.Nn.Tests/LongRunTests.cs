using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests;

/// <summary>Nothing is leaked and nothing hoarded: memory over many steps, and the peak of a deep network.</summary>
[Trait("speed", "slow")]
public class LongRunTests : EngineTest
{
    [Fact]
    public void Ten_thousand_steps_of_a_vae_hold_tensors_and_memory_constant()
    {
        const int steps = 10_000, warmUp = 1_000;
        using var rng = new Rng(1);
        var encoder = new Sequential(new Linear(784, 400, rng), new Relu(), new Linear(400, 40, rng));
        var decoder = new Sequential(new Linear(20, 400, rng), new Relu(), new Linear(400, 784, rng));
        using var network = new Sequential(encoder, decoder); // disposes both
        using var optimizer = new Adam(network, 1e-3);
        var (live, memory) = (0L, 0L);
        // A step leaves 4 KB to the garbage collector, whose nursery becomes resident bit by bit until it is first full
        // (here after 5,000 steps): it is filled at once, so that what still grows is a leak.
        for (var i = 0; i < 100_000; i++) GC.KeepAlive(new byte[1000]);
        for (var step = 1; step <= steps; step++)
        {
            TensorScope.Run(() =>
            {
                optimizer.ZeroGrad();
                var loss = TensorScope.Run(() =>
                {
                    var x = rng.Bernoulli(Tensor.Full([16, 784], 0.2));
                    var q = encoder.Call(x).Chunk(2, 1);
                    var logits = decoder.Call(q[0] + ((0.5 * q[1]).Exp() * rng.Normal([16, 20])));
                    var kl = -0.5 * (1 + q[1] - q[0].Square() - q[1].Exp()).Sum();
                    return (logits.BinaryCrossEntropyWithLogits(x, reduction: Reduction.Sum) + kl) / 16;
                });
                loss.Backward();
                optimizer.Step();
                Assert.True(double.IsFinite(loss.ToDouble()));
            });
            if (step == warmUp) (live, memory) = (Tensor.LiveCount, Resident("VmRSS"));
            if (step > warmUp) Assert.Equal(live, Tensor.LiveCount);
        }

        Assert.InRange(Resident("VmRSS"), 0, memory * 1.02);
    }

    // Both sides hold the activations of one step; what is held longer than PyTorch holds it shows at once. Each is a
    // process of its own: what other tests left in the heap would count for or against us.
    [Theory]
    [InlineData("training")]
    [InlineData("inference")]
    public async Task Twelve_convolutions_need_no_more_memory_than_in_PyTorch(string mode)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Figment.slnx"))) root = root.Parent;
        if (root is null || !OperatingSystem.IsLinux())
            Assert.Skip("needs Linux and a checkout: the peer is bench/peers/memory.py");
        var output = new DirectoryInfo(AppContext.BaseDirectory); // tests/<project>/bin/<configuration>/<framework>
        var (framework, configuration) = (output.Name, output.Parent!.Name);
        var ours = Path.Combine(root.FullName, "bench/Figment.Bench/bin", configuration, framework, "Figment.Bench");
        if (!File.Exists(ours))
            Assert.Skip($"needs the benchmarks: dotnet build -c {configuration} bench/Figment.Bench");
        var peer = Path.Combine(root.FullName, "bench/peers/memory.py");
        if (!File.Exists("/usr/bin/python3") || await Bytes("/usr/bin/python3", peer, mode) is not { } theirs)
            Assert.Skip("needs PyTorch in Python: apt install python3-torch");
        else
            Assert.InRange((await Bytes(ours, "side", $"memory-{mode}"))!.Value, 1 << 20, theirs * 1.05);
    }

    // The peak above the start, or null when the program failed.
    private static async Task<long?> Bytes(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Every buffer is mapped by itself, so that the peak is what is held and not how the heap is cut up.
        start.Environment["MALLOC_MMAP_THRESHOLD_"] = "65536";
        start.Environment["OMP_NUM_THREADS"] = LibTorch.Threads.ToString(CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode == 0 ? JsonDocument.Parse(line).RootElement.GetProperty("bytes").GetInt64() : null;
    }

    private static long Resident(string key) => 1024 * long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(key, StringComparison.Ordinal))
            .Split(' ', '\t').First(w => long.TryParse(w, out _)),
        CultureInfo.InvariantCulture);
}
