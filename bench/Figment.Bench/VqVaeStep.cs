using Figment.Data.Images;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// A whole training step of the vector-quantised autoencoder (van den Oord et al., 2017) with the options of its card on 28x28
/// grey pixels: autoencoder, moving averages of the codebook, gated PixelCNN over the codes. The twin of bench/peers/vqvae.py.
/// </summary>
internal static class VqVaeStep
{
    public const string Counting = "three passes of the autoencoder and of the prior; the codebook's distances and sums are one "
        + "matrix product each. Dead codes are revived in timed steps and not in compared ones, whose draws would differ";

    private const long Batch = 64, Side = 28, Codes = 512, Size = 32, Channels = 64, Grid = 7 * 7;

    // Multiplications for a place of the grid: two residual blocks with 32 channels inside.
    private const double Blocks = 2 * ((9 * Channels * 32) + (32 * Channels));
    private const double Encoder = (4 * 16 * 32) + (16 * 32 * Channels) + (9 * Channels * Channels) + Blocks + (Channels * Size);
    private const double Decoder = (9 * Size * Channels) + Blocks + (16 * Channels * 32) + (4 * 16 * 32);
    private const double Prior = (((25 + (5 * 8)) * 2) + (6 * (4 + 1)) + 2) * Channels * Channels + (2 * Channels * Codes);

    public static double Flops { get; } = 2.0 * Batch * Grid * ((3 * (Encoder + Decoder + Prior)) + (2 * Codes * Size));

    public static Side Of(string[] args) => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        var options = new VqVaeOptions();
        var model = new VqVae(options, new ImageShape(1, (int)Side, (int)Side), rng);
        var (net, codebook) = (model.Autoencoder, model.Autoencoder.Codebook);
        Formula.Fill(net);
        Formula.Fill(model.Prior);
        TensorScope.Run(() => NoGrad.Run(() =>
        {
            codebook.Vectors.CopyInPlace(Formula.Noise([Codes, Size], 0.7, 0.2));
            codebook.Sums.CopyInPlace(codebook.Vectors);
            codebook.Counts.FillInPlace(1);
        }));
        var (adam, priorAdam) = (new Adam(net, 1e-3), new Adam(model.Prior, 1e-3));
        var batches = TensorScope.Run(() => Enumerable.Range(0, 4).Select(k =>
            ((Formula.Noise([Batch, 1, Side, Side], k) + 1) / 2).Own()).ToArray());

        (Tensor Autoencoder, Tensor Prior) Step(Tensor x, Rng? revives)
        {
            var (logPxz, codes) = model.Terms(x);
            var loss = Descend(adam, () => (options.Beta * codes.Commitment)
                - (logPxz.Mean() / (Side * Side)));
            codebook.Update(codes.Z, codes.K, options.Decay, revives);
            return (loss, Descend(priorAdam, () => model.Prior.NatsOfACode(codes.K)));
        }

        return new Work(
            k =>
            {
                var (loss, nats) = Step(batches[k % 4], null);
                return loss.ToDouble() + nats.ToDouble();
            },
            k => Step(batches[k % 4], rng),
            [rng, model, adam, priorAdam, .. batches]);
    });

    private static Tensor Descend(Adam optimizer, Func<Tensor> build)
    {
        optimizer.ZeroGrad();
        var loss = TensorScope.Run(build);
        loss.Backward();
        optimizer.Step();
        return loss;
    }
}
