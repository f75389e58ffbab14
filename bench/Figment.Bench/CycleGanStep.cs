using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// A training step of CycleGAN's generator (Zhu et al., 2017) for 64x64 pictures: 7x7 stem of 64 channels, two halvings, six
/// residual blocks of 256 channels, two doublings, instance normalisation, reflected edges; an L1 loss. The twin of
/// bench/peers/cycle_gan.py.
/// </summary>
internal static class CycleGanStep
{
    private const long Batch = 4, Size = 64;

    public static double Flops { get; } = 3 * 2.0 * Batch
        * ((64 * 64 * 49 * 3 * 64 * 2) + (32 * 32 * 9 * 64 * 128 * 2) + (16 * 16 * 9 * 128 * 256 * 2)
            + (12.0 * 16 * 16 * 9 * 256 * 256));

    public static Layer Generator(Rng rng)
    {
        Layer Blocks() => new Sequential([.. Enumerable.Range(0, 6).Select(_ => new ResidualBlock(256, rng))]);
        return new Sequential(
            new Conv2d(3, 64, 7, rng, padding: 3, paddingMode: PaddingMode.Reflect), new InstanceNorm2d(64), new Relu(),
            new Conv2d(64, 128, 3, rng, stride: 2, padding: 1), new InstanceNorm2d(128), new Relu(),
            new Conv2d(128, 256, 3, rng, stride: 2, padding: 1), new InstanceNorm2d(256), new Relu(),
            Blocks(),
            new ConvTranspose2d(256, 128, 3, rng, stride: 2, padding: 1, outputPadding: 1), new InstanceNorm2d(128), new Relu(),
            new ConvTranspose2d(128, 64, 3, rng, stride: 2, padding: 1, outputPadding: 1), new InstanceNorm2d(64), new Relu(),
            new Conv2d(64, 3, 7, rng, padding: 3, paddingMode: PaddingMode.Reflect), new Tanh());
    }

    public static Side Of(string[] args) => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        var network = Generator(rng);
        Formula.Fill(network);
        network.To(MemoryFormat.ChannelsLast);
        var optimizer = new Adam(network, 2e-4, new() { Beta1 = 0.5 });
        Tensor[] Pictures(double phase) => TensorScope.Run(() => Enumerable.Range(0, 2).Select(k =>
            Formula.Noise([Batch, 3, Size, Size], phase + k).Contiguous(MemoryFormat.ChannelsLast).Own())
            .ToArray());
        var (inputs, targets) = (Pictures(0), Pictures(1.5));

        Tensor Step(int k)
        {
            optimizer.ZeroGrad();
            var loss = TensorScope.Run(() => network.Call(inputs[k % 2]).L1Loss(targets[k % 2]));
            loss.Backward();
            optimizer.Step();
            return loss;
        }

        return new Work(k => Step(k).ToDouble(), k => Step(k), [rng, network, optimizer, .. inputs, .. targets]);
    });
}

/// <summary>Two 3x3 convolutions beside the identity.</summary>
internal sealed partial class ResidualBlock(long channels, Rng rng) : Layer
{
    private readonly Sequential body = new(
        new Conv2d(channels, channels, 3, rng, padding: 1, paddingMode: PaddingMode.Reflect), new InstanceNorm2d(channels),
        new Relu(),
        new Conv2d(channels, channels, 3, rng, padding: 1, paddingMode: PaddingMode.Reflect), new InstanceNorm2d(channels));

    protected override Tensor Forward(Tensor input) => input + body.Call(input);
}
