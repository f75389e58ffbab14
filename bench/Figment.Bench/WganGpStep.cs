using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// One step of the critic of a Wasserstein GAN with gradient penalty (Gulrajani et al., 2017) on 32x32 colour pictures: a
/// gradient is part of the loss, so it is differentiated twice. The twin of bench/peers/wgan_gp.py.
/// </summary>
internal static class WganGpStep
{
    private const long Batch = 64;

    public static double Flops { get; } = 10 * 2.0 * Batch
        * ((16 * 16 * 16 * 3 * 64) + (8 * 8 * 16 * 64 * 128) + (4 * 4 * 16 * 128 * 256) + (16 * 256));

    public static Side Of(string[] args) => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        var critic = new Sequential(
            new Conv2d(3, 64, 4, rng, stride: 2, padding: 1), new LeakyRelu(0.2),
            new Conv2d(64, 128, 4, rng, stride: 2, padding: 1), new LeakyRelu(0.2),
            new Conv2d(128, 256, 4, rng, stride: 2, padding: 1), new LeakyRelu(0.2),
            new Conv2d(256, 1, 4, rng));
        Formula.Fill(critic);
        critic.To(MemoryFormat.ChannelsLast);
        var optimizer = new Adam(critic, 1e-4, new() { Beta1 = 0, Beta2 = 0.9 });
        Tensor[] Pictures(double phase) => TensorScope.Run(() => Enumerable.Range(0, 4).Select(k =>
            Formula.Noise([Batch, 3, 32, 32], phase + k).Contiguous(MemoryFormat.ChannelsLast).Own())
            .ToArray());
        var (reals, fakes) = (Pictures(0), Pictures(1.5));

        Tensor Step(Tensor real, Tensor fake, Func<Tensor> mix)
        {
            optimizer.ZeroGrad();
            var loss = TensorScope.Run(() => critic.Call(fake).Mean() - critic.Call(real).Mean()
                + (10 * Penalty(critic, real, fake, mix())));
            loss.Backward();
            optimizer.Step();
            return loss;
        }

        return new Work(
            k => Step(reals[k % 4], fakes[k % 4], () => Formula.Noise([Batch, 1, 1, 1], k, 0.5) + 0.5).ToDouble(),
            k => Step(reals[k % 4], fakes[k % 4], () => rng.Uniform([Batch, 1, 1, 1], 0, 1)),
            [rng, critic, optimizer, .. reals, .. fakes]);
    });

    private static Tensor Penalty(Layer critic, Tensor real, Tensor fake, Tensor mix)
    {
        var between = fake + (mix * (real - fake));
        between.RequiresGrad = true;
        var gradient = Autograd.Grad([critic.Call(between).Sum()], [between], createGraph: true)[0]!;
        var norm = (gradient.Square().Sum([1, 2, 3]) + 1e-12).Sqrt();
        return (norm - 1).Square().Mean();
    }
}
