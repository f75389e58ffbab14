using Figment.Data.Images;
using Figment.Models.Adversarial;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>One step of the discriminator and one of the generator of an adversarial game on 32x32 colour pictures, in the
/// models' own code.</summary>
internal static class GameStep
{
    private const int DcganBatch = 128, SnganBatch = 64, SnganChannels = 64, Classes = 10;

    private static readonly ImageShape shape = new(3, 32, 32);

    // Multiplications of one picture's pass; DCGAN's networks are each other's mirror images but for the latent's layer.
    private const double Middle = (16 * 16 * 16 * 3 * 64) + (8 * 8 * 16 * 64 * 128) + (4 * 4 * 16 * 128 * 256);

    /// <summary>DCGAN's discriminator learns from two batches (3 passes each) and passes on a gradient (2); the
    /// generator: 3.</summary>
    public static double DcganFlops { get; } =
        2 * DcganBatch * ((8 * (Middle + (16 * 256))) + (3 * (Middle + (16 * 100 * 256))));

    // Blocks as they are computed: the 1x1 before the doubling and after the halving.
    private const double Wide = 9.0 * SnganChannels * SnganChannels, One = 1.0 * SnganChannels * SnganChannels;
    private const double Up = ((64 + 256 + 1024) * 2 * Wide) + ((16 + 64 + 256) * One) + (128 * 16 * SnganChannels)
        + (1024 * 9 * SnganChannels * 3);
    private const double Down = (1024 * ((9 * 3 * SnganChannels) + Wide)) + (256 * 3 * SnganChannels) + (256 * 2 * Wide)
        + (64 * One) + (64 * 4 * Wide);

    /// <summary>As DCGAN's.</summary>
    public static double SnganFlops { get; } = 2 * SnganBatch * ((8 * Down) + (3 * Up));

    /// <summary>Radford, Metz and Chintala, 2015, 64 channels where the picture is largest. The twin of
    /// bench/peers/dcgan.py.</summary>
    public static Side Dcgan(string[] args) => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        return Steps(new Dcgan(new DcganOptions(), shape, rng), new DcganOptions().Game, new AdamOptions { Beta1 = 0.5 }, rng,
            DcganBatch, null);
    });

    /// <summary>Miyato and Koyama, 2018, 64 channels, ten classes. The twin of bench/peers/sngan.py.</summary>
    public static Side Sngan(string[] args) => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        var options = new SnganOptions
        {
            Classes = Classes,
            GeneratorChannels = SnganChannels,
            DiscriminatorChannels = SnganChannels,
        };
        var labels = TensorScope.Run(() => Tensor.Arange(SnganBatch).Remainder(Classes).Own());
        return Steps(new Sngan(options, shape, rng), options.Game, new AdamOptions { Beta1 = 0, Beta2 = 0.9 }, rng,
            SnganBatch, labels);
    });

    private static Work Steps(IAdversaries model, GameOptions game, AdamOptions adam, Rng rng, long batch, Tensor? y)
    {
        var (g, d) = (model.Generator, model.Discriminator);
        Formula.Fill(g);
        Formula.Fill(d);
        ((Module)model).To(MemoryFormat.ChannelsLast); // as a run does
        var (adamG, adamD) = (new Adam(g, 2e-4, adam), new Adam(d, 2e-4, adam));
        var batches = TensorScope.Run(() => Enumerable.Range(0, 4).Select(k =>
            Formula.Noise([batch, shape.Channels, shape.Height, shape.Width], k).Contiguous(MemoryFormat.ChannelsLast).Own())
            .ToArray());
        var latent = TensorScope.Run(() => model.Noise(1, rng).Size(1));

        (Tensor D, Tensor G) Step(Tensor real, Tensor z)
        {
            adamD.ZeroGrad();
            var fake = model.Generate(z, y);
            var lossD = TensorScope.Run(() => game.Loss.Discriminator(model.Discriminate(real, y, rng),
                model.Discriminate(fake.Detach(), y, rng)));
            lossD.Backward();
            adamD.Step();

            d.Freeze();
            adamG.ZeroGrad();
            var lossG = TensorScope.Run(() => game.Loss.Generator(model.Discriminate(fake, y, rng)));
            lossG.Backward();
            adamG.Step();
            d.Unfreeze();
            return (lossD, lossG);
        }

        return new Work(
            k =>
            {
                var (lossD, lossG) = Step(batches[k % 4], Formula.Noise([batch, latent], k, 1.7));
                return lossD.ToDouble() + lossG.ToDouble();
            },
            k => Step(batches[k % 4], model.Noise(batch, rng)),
            [rng, (Module)model, adamG, adamD, .. batches, .. y is null ? [] : (Tensor[])[y]]);
    }
}
