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
        new("vqvae", "VQ-VAE 28x28, 512 codes, 64 channels, with its gated PixelCNN prior, batch 64", TrainingStep,
            VqVaeStep.Of, "vqvae.py")
        {
            Flops = VqVaeStep.Flops,
            Tolerance = 5e-3, // a code at equal distance of two vectors may go to either
            Counting = VqVaeStep.Counting,
        },
        new("dcgan", "DCGAN 32x32, 64 base channels, batch 128, a step of each player", TrainingStep, GameStep.Dcgan, "dcgan.py")
        {
            Flops = GameStep.DcganFlops,
            Tolerance = 5e-3, // two players magnify each other's rounding
            Counting = "the discriminator D passes two batches forwards and backwards (6 passes), then the generator's loss "
                + "through D (2: we leave out the gradients of D's weights, which peers compute and forget) and through the "
                + "generator (3, its forward pass shared with D's step)",
        },
        new("sngan", "spectrally normalised GAN 32x32, 64 channels, ten classes, batch 64, a step of each player", TrainingStep,
            GameStep.Sngan, "sngan.py")
        {
            Flops = GameStep.SnganFlops,
            Tolerance = 1e-2, // two players magnify each other's rounding, and so do biases before a normalisation
            Counting = "passes as of DCGAN; the blocks' 1x1 before the doubling and after the halving, as we compute them: the "
                + "peer does it at the larger size, as the authors' code",
        },
        new("wgan-gp", "WGAN-GP critic 32x32, 64 base channels, batch 64, double backward", TrainingStep, WganGpStep.Of,
            "wgan_gp.py")
        {
            Flops = WganGpStep.Flops,
            Counting = "ten passes of one batch: real and generated pictures 3 each; the mixture forwards, its gradient "
                + "(1), and that gradient differentiated by its inputs and by the weights (2). What libtorch then sends as zeros "
                + "through the forward pass, because a leaky rectifier's second derivative is zero, is not counted",
        },
        new("spectral-block", "residual GAN block with spectral norm, 128 channels at 32x32, batch 32", TrainingStep,
            SpectralBlockStep.Halving, "spectral_block.py") { Flops = SpectralBlockStep.HalvingFlops },
        new("biggan-block", "BigGAN's generator block under class and noise, 128 channels from 16x16 to 32x32, batch 32",
            TrainingStep, SpectralBlockStep.Doubling, "biggan_block.py") { Flops = SpectralBlockStep.DoublingFlops },
        new("pixelcnn", "PixelCNN, 7 masked layers 7x7, 64 channels, 28x28, 256 levels, batch 16", TrainingStep,
            PixelCnnStep.Of, "pixel_cnn.py")
        {
            Flops = PixelCnnStep.Flops,
            Counting = "three passes with whole kernels: both sides multiply by the half that the mask sets to zero, too",
        },
        new("cyclegan", "CycleGAN generator 64x64, 6 residual blocks, instance norm, batch 4", TrainingStep, CycleGanStep.Of,
            "cycle_gan.py")
        {
            Flops = CycleGanStep.Flops,
            Tolerance = 1e-2, // biases before a normalisation have no gradient but rounding, which Adam makes whole steps of
        },
        new("sample-pixelcnn", "4 images of 28x28 from a PixelCNN, 7 residual blocks of 64 channels, black and white", Sampling,
            ImageSampling.PixelCnn, "pixel_cnn_sampling.py"),
    ];
}
