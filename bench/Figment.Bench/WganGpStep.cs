using Figment.Data.Images;
using Figment.Models.Adversarial;
using Figment.Models.Adversarial.Game;
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
        var options = new WganGpOptions();
        var model = new WganGp(options, new ImageShape(3, 32, 32), rng);
        var critic = ((IAdversaries)model).Discriminator;
        Formula.Fill(critic);
        critic.To(MemoryFormat.ChannelsLast); // as a run does
        var loss = new WassersteinLoss();
        var optimizer = new Adam(critic, 1e-4, new() { Beta1 = 0, Beta2 = 0.9 });
        Tensor[] Pictures(double phase) => TensorScope.Run(() => Enumerable.Range(0, 4).Select(k =>
            Formula.Noise([Batch, 3, 32, 32], phase + k).Contiguous(MemoryFormat.ChannelsLast).Own())
            .ToArray());
        var (reals, fakes) = (Pictures(0), Pictures(1.5));

        Tensor Score(Tensor x) => model.Discriminate(x, null, rng);

        Tensor Step(Tensor real, Tensor fake, Func<Tensor> epsilon)
        {
            optimizer.ZeroGrad();
            var value = TensorScope.Run(() => loss.Discriminator(Score(real), Score(fake))
                + (options.Penalty * GradientPenalty.Mean(Score, real, fake, epsilon())));
            value.Backward();
            optimizer.Step();
            return value;
        }

        return new Work(
            k => Step(reals[k % 4], fakes[k % 4], () => Formula.Noise([Batch, 1, 1, 1], k, 0.5) + 0.5).ToDouble(),
            k => Step(reals[k % 4], fakes[k % 4], () => rng.Uniform([Batch, 1, 1, 1], 0, 1)),
            [rng, model, optimizer, .. reals, .. fakes]);
    });
}
