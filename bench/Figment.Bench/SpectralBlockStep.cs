using Figment.Models.Adversarial;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>Training steps of one residual block of a GAN, in the models' own code.</summary>
internal static class SpectralBlockStep
{
    private const long Batch = 32, Channels = 128, Size = 32, Condition = 128 + 20;

    /// <summary>3x3 and 3x3 at the input's size, 1x1 at half of it: what the block computes.</summary>
    public static double HalvingFlops { get; } = 3 * 2.0 * Batch * Size * Size * Channels * Channels * (9 + 9 + 0.25);

    /// <summary>3x3 and 3x3 at the doubled size, 1x1 at the input's, and the four maps from the condition.</summary>
    public static double DoublingFlops { get; } = 3 * 2.0 * Batch
        * ((Size * Size * Channels * Channels * (9 + 9 + 0.25)) + (4 * Condition * Channels));

    /// <summary>A discriminator's block that halves the picture (Miyato et al., 2018). The twin of
    /// bench/peers/spectral_block.py.</summary>
    public static Side Halving(string[] args) => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        var block = new DiscriminatorBlock(Channels, Channels, Convolution(rng));
        var batches = Pictures(Size);
        // The hinge loss.
        return Steps(rng, block, k => (1 - block.Call(batches[k % 2]).Mean([1, 2, 3])).Relu().Mean(), batches);
    });

    /// <summary>A generator's block that doubles the picture under a class and a part of the noise (Brock et al., 2018). The
    /// twin of bench/peers/biggan_block.py.</summary>
    public static Side Doubling(string[] args) => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        SpectralLinear Map() => new(Condition, Channels, rng, bias: false);
        var block = new GeneratorBlock(Channels, Channels, Convolution(rng),
            channels => new ConditionalBatchNorm2d(channels, Map(), Map()));
        var batches = Pictures(Size / 2);
        var conditions = TensorScope.Run(() => Enumerable.Range(0, 2).Select(k =>
            Formula.Noise([Batch, Condition], 2.5 + k).Own()).ToArray());
        return Steps(rng, block, k => block.Call((batches[k % 2], conditions[k % 2])).Square().Mean(),
            [.. batches, .. conditions]);
    });

    private static ConvolutionOf Convolution(Rng rng) => (inputs, outputs, kernel, bias) =>
        new SpectralConv2d(inputs, outputs, kernel, rng, padding: kernel / 2, bias: bias);

    private static Tensor[] Pictures(long size) => TensorScope.Run(() => Enumerable.Range(0, 2).Select(k =>
        Formula.Noise([Batch, Channels, size, size], k).Contiguous(MemoryFormat.ChannelsLast).Own()).ToArray());

    private static Work Steps(Rng rng, Module block, Func<int, Tensor> loss, Tensor[] given)
    {
        Formula.Fill(block);
        block.To(MemoryFormat.ChannelsLast);
        var optimizer = new Adam(block, 1e-5, new() { Beta1 = 0 });
        Tensor Step(int k)
        {
            optimizer.ZeroGrad();
            var value = TensorScope.Run(() => loss(k));
            value.Backward();
            optimizer.Step();
            return value;
        }

        return new Work(k => Step(k).ToDouble(), k => Step(k), [rng, block, optimizer, .. given]);
    }
}
