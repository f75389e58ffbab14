using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// A training step of a PixelCNN (van den Oord et al., 2016) on 28x28 pixels of 256 levels: seven masked 7x7 convolutions of 64
/// channels with batch normalisation, then a 1x1 to the levels. The twin of bench/peers/pixel_cnn.py.
/// </summary>
internal static class PixelCnnStep
{
    private const long Batch = 16, Channels = 64, Size = 28, Levels = 256;

    public static double Flops { get; } = 3 * 2.0 * Batch * Size * Size
        * ((49 * Channels) + (6 * 49 * Channels * Channels) + (Channels * Levels));

    public static Side Of(string[] args) => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        var layers = new List<Layer>();
        for (var k = 0; k < 7; k++)
            layers.AddRange([new MaskedConv2d(k == 0 ? 1 : Channels, Channels, seesItself: k > 0, rng),
                new BatchNorm2d(Channels), new Relu()]);
        var network = new Sequential([.. layers, new Conv2d(Channels, Levels, 1, rng)]);
        Formula.Fill(network);
        network.To(MemoryFormat.ChannelsLast);
        var optimizer = new Adam(network, 1e-3);
        var targets = TensorScope.Run(() => Enumerable.Range(0, 4).Select(k =>
            ((Formula.Noise([Batch, Size, Size], k) + 1) * 127.5).Round().To(DType.Int64).Own()).ToArray());
        var batches = TensorScope.Run(() => targets.Select(t => (t.Unsqueeze(1).To(DType.Float32) / 255).Own()).ToArray());

        Tensor Step(int k)
        {
            optimizer.ZeroGrad();
            var loss = TensorScope.Run(() => network.Call(batches[k % 4]).CrossEntropy(targets[k % 4]));
            loss.Backward();
            optimizer.Step();
            return loss;
        }

        return new Work(k => Step(k).ToDouble(), k => Step(k), [rng, network, optimizer, .. targets, .. batches]);
    });
}

/// <summary>A 7x7 convolution that sees the pixels above, those to the left, and its own place only if it may.</summary>
internal sealed partial class MaskedConv2d : Layer
{
    private const long Kernel = 7;
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly Figment.Nn.Buffer mask;

    public MaskedConv2d(long inChannels, long outChannels, bool seesItself, Rng rng)
    {
        weight = new(rng.Normal([outChannels, inChannels, Kernel, Kernel]));
        bias = new(Tensor.Zeros([outChannels]));
        var seen = (Kernel * (Kernel / 2)) + (Kernel / 2) + (seesItself ? 1 : 0);
        mask = new((Tensor.Arange(Kernel * Kernel) < seen).To(DType.Float32).Reshape(1, 1, Kernel, Kernel));
    }

    protected override Tensor Forward(Tensor input) =>
        Ops.Conv2d(input, weight * mask, bias, [1, 1], [Kernel / 2, Kernel / 2]);
}
