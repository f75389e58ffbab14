using static Figment.Bench.BenchmarkKind;

namespace Figment.Bench;

/// <summary>Models of pictures.</summary>
internal static class VisionBenchmarks
{
    public static IReadOnlyList<Benchmark> Entries { get; } =
    [
        new("vae", "VAE 784-400-20, batch 128", TrainingStep, VaeStep.FullyConnected, "vae.py")
        {
            // 784-400, 400-40, 20-400 and 400-784
            Flops = 3 * 2.0 * 128 * ((784 * 400) + (400 * 40) + (20 * 400) + (400 * 784)),
        },
        new("conv-vae", "convolutional VAE 28x28, batch 128", TrainingStep, VaeStep.Convolutional, "conv_vae.py")
        {
            // Strided convolutions by output pixel, transposed ones by input pixel, then the four linear layers.
            Flops = 3 * 2.0 * 128 * ((14 * 14 * 16 * 1 * 32) + (7 * 7 * 16 * 32 * 64) + (7 * 7 * 16 * 64 * 32)
                + (14 * 14 * 16 * 32 * 1) + (3136 * 256) + (256 * 64) + (32 * 256) + (256 * 3136)),
        },
    ];
}
