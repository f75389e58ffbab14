using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// A training step of a discriminator's residual block that halves the picture, with spectral normalisation (Miyato et al.,
/// 2018): 128 channels at 32x32. The twin of bench/peers/spectral_block.py.
/// </summary>
internal static class SpectralBlockStep
{
    private const long Batch = 32, Channels = 128, Size = 32;

    public static double Flops { get; } = 3 * 2.0 * Batch * Size * Size * Channels * Channels * (9 + 9 + 1);

    public static Side Of(string[] args) => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        var block = new SpectralBlock(Channels, rng);
        Formula.Fill(block);
        block.To(MemoryFormat.ChannelsLast);
        var optimizer = new Adam(block, 1e-5, new() { Beta1 = 0 });
        var batches = TensorScope.Run(() => Enumerable.Range(0, 2).Select(k =>
            Formula.Noise([Batch, Channels, Size, Size], k).Contiguous(MemoryFormat.ChannelsLast).Own())
            .ToArray());

        Tensor Step(Tensor x)
        {
            optimizer.ZeroGrad();
            var loss = TensorScope.Run(() => (1 - block.Call(x).Mean([1, 2, 3])).Relu().Mean()); // the hinge loss
            loss.Backward();
            optimizer.Step();
            return loss;
        }

        return new Work(k => Step(batches[k % 2]).ToDouble(), k => Step(batches[k % 2]), [rng, block, optimizer, .. batches]);
    });
}

/// <summary>relu, 3x3, relu, 3x3, beside a 1x1; both halved by averaging.</summary>
internal sealed partial class SpectralBlock(long channels, Rng rng) : Layer
{
    private readonly SpectralConv2d first = new(channels, 3, rng), second = new(channels, 3, rng), shortcut = new(channels, 1, rng);

    protected override Tensor Forward(Tensor input) =>
        Halved(second.Call(first.Call(input.Relu()).ReluInPlace())) + Halved(shortcut.Call(input));

    private static Tensor Halved(Tensor x) => Ops.AveragePool2d(x, [2, 2], [2, 2]);
}

/// <summary>A convolution whose weight is divided by an estimate of its largest singular value, one power iteration a call.</summary>
internal sealed partial class SpectralConv2d(long channels, long kernel, Rng rng) : Layer
{
    // Peers declare the bias first, too.
    private readonly Parameter bias = new(Tensor.Zeros([channels]));
    private readonly Parameter weight = new(rng.Normal([channels, channels, kernel, kernel]));
    private readonly Figment.Nn.Buffer u = new(Normalise(Formula.Noise([channels], 0.5)));

    protected override Tensor Forward(Tensor input)
    {
        var rows = weight.Reshape(channels, -1);
        var v = NoGrad.Run(() =>
        {
            var v = Normalise(rows.T().Mv(u));
            u.CopyInPlace(Normalise(rows.Mv(v)));
            return v;
        });
        var sigma = u.Clone().Dot(rows.Mv(v));
        return Ops.Convolve2d(input, weight / sigma, bias, [1, 1], [kernel / 2, kernel / 2]);
    }

    private static Tensor Normalise(Tensor x) => x / x.Square().Sum().Sqrt();
}
