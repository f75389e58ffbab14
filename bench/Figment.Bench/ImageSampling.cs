using Figment.Data.Images;
using Figment.Models;
using Figment.Models.Density;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// Drawing images pixel by pixel with Figment's own models. Equal seeds give both sides equal uniform numbers, so they draw the
/// same images as long as they compute the same.
/// </summary>
internal static class ImageSampling
{
    private static readonly ImageShape Digits = new(1, 28, 28);

    /// <summary>The twin of bench/peers/pixel_cnn_sampling.py.</summary>
    public static Side PixelCnn(string[] args) =>
        Draw(args, rng => new PixelCnn(
            new PixelCnnOptions { Layers = 7, Channels = 32, Head = 64, Positions = false }, Digits, rng), batch: 4, checks: 3);

    /// <summary>The twin of bench/peers/nade_sampling.py.</summary>
    public static Side Nade(string[] args) =>
        Draw(args, rng => new Nade(new NadeOptions { Hidden = 500 }, Digits, rng), batch: 128, checks: 5);

    private static Side Draw<T>(string[] args, Func<Rng, T> create, int batch, int checks)
        where T : Module, IDrawsSamples, IGivesDensity => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        var model = create(rng);
        Scattered.Fill(model);
        model.Eval();

        double Check(int k)
        {
            using var own = new Rng((ulong)(100 + k));
            var drawn = NoGrad.Run(() => model.Sample(batch, own, mean: false));
            return NoGrad.Run(() => -model.PixelLogProbabilities(drawn).Mean()).ToDouble();
        }

        return new Work(Check, _ => NoGrad.Run(() => model.Sample(batch, rng, mean: false)), [rng, model]) { Checks = checks };
    });
}
