using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// One step of the discriminator and one of the generator of a DCGAN (Radford, Metz and Chintala, 2015) for 32x32 colour
/// pictures, with 64 channels where the picture is largest: the twin of bench/peers/dcgan.py.
/// </summary>
internal static class DcganStep
{
    public const long Batch = 128, Latent = 100;

    // Multiplications of one picture's pass; the two networks are each other's mirror images but for the latent's layer.
    private const double Middle = (16 * 16 * 16 * 3 * 64) + (8 * 8 * 16 * 64 * 128) + (4 * 4 * 16 * 128 * 256);

    /// <summary>The discriminator learns from two batches (3 passes each) and passes on a gradient (3); the generator: 3.</summary>
    public static double Flops { get; } = 2 * Batch * ((9 * (Middle + (16 * 256))) + (3 * (Middle + (16 * Latent * 256))));

    public static Layer Generator(Rng rng) => new Sequential(
        new ConvTranspose2d(Latent, 256, 4, rng, bias: false), new BatchNorm2d(256), new Relu(),
        new ConvTranspose2d(256, 128, 4, rng, stride: 2, padding: 1, bias: false), new BatchNorm2d(128), new Relu(),
        new ConvTranspose2d(128, 64, 4, rng, stride: 2, padding: 1, bias: false), new BatchNorm2d(64), new Relu(),
        new ConvTranspose2d(64, 3, 4, rng, stride: 2, padding: 1), new Tanh());

    public static Layer Discriminator(Rng rng) => new Sequential(
        new Conv2d(3, 64, 4, rng, stride: 2, padding: 1), new LeakyRelu(0.2),
        new Conv2d(64, 128, 4, rng, stride: 2, padding: 1, bias: false), new BatchNorm2d(128), new LeakyRelu(0.2),
        new Conv2d(128, 256, 4, rng, stride: 2, padding: 1, bias: false), new BatchNorm2d(256), new LeakyRelu(0.2),
        new Conv2d(256, 1, 4, rng));

    public static Side Of(string[] args) => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        var (generator, discriminator) = (Generator(rng), Discriminator(rng));
        foreach (var network in new[] { generator, discriminator })
        {
            Formula.Fill(network);
            network.To(MemoryFormat.ChannelsLast);
        }

        var halfMomentum = new AdamOptions { Beta1 = 0.5 };
        var (optimizerG, optimizerD) = (new Adam(generator, 2e-4, halfMomentum), new Adam(discriminator, 2e-4, halfMomentum));
        var batches = TensorScope.Run(() => Enumerable.Range(0, 4).Select(k =>
            Formula.Noise([Batch, 3, 32, 32], k).Contiguous(MemoryFormat.ChannelsLast).Own()).ToArray());

        (Tensor D, Tensor G) Step(Tensor real, Func<Tensor> noise)
        {
            optimizerD.ZeroGrad();
            var fake = generator.Call(noise());
            var lossD = TensorScope.Run(() =>
                Loss(discriminator.Call(real), isReal: true) + Loss(discriminator.Call(fake.Detach()), isReal: false));
            lossD.Backward();
            optimizerD.Step();

            optimizerG.ZeroGrad();
            var lossG = TensorScope.Run(() => Loss(discriminator.Call(fake), isReal: true));
            lossG.Backward();
            optimizerG.Step();
            return (lossD, lossG);
        }

        return new Work(
            k =>
            {
                var (d, g) = Step(batches[k % 4], () => Formula.Noise([Batch, Latent, 1, 1], k, 1.7));
                return d.ToDouble() + g.ToDouble();
            },
            k => Step(batches[k % 4], () => rng.Normal([Batch, Latent, 1, 1])),
            [rng, generator, discriminator, optimizerG, optimizerD, .. batches]);
    });

    private static Tensor Loss(Tensor logits, bool isReal) =>
        logits.BinaryCrossEntropyWithLogits(isReal ? logits.OnesLike() : logits.ZerosLike());
}
