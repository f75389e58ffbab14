using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>An encoder to mean and log-variance, and a decoder to logits.</summary>
internal sealed partial class VaeNetwork(Layer encoder, Layer decoder) : Module
{
    public Layer Encoder { get; } = encoder;

    public Layer Decoder { get; } = decoder;
}

/// <summary>A training step of a variational autoencoder: the twin of bench/peers/vae.py and conv_vae.py.</summary>
internal static class VaeStep
{
    public static Side FullyConnected(string[] args) => Run(args, [128, 784], 20, rng => new VaeNetwork(
        new Sequential(new Linear(784, 400, rng), new Relu(), new Linear(400, 40, rng)),
        new Sequential(new Linear(20, 400, rng), new Relu(), new Linear(400, 784, rng))));

    public static Side Convolutional(string[] args) => Run(args, [128, 1, 28, 28], 32, rng => new VaeNetwork(
        new Sequential(
            new Conv2d(1, 32, 4, rng, stride: 2, padding: 1), new Relu(),
            new Conv2d(32, 64, 4, rng, stride: 2, padding: 1), new Relu(),
            new Flatten(), new Linear(64 * 7 * 7, 256, rng), new Relu(), new Linear(256, 64, rng)),
        new Sequential(
            new Linear(32, 256, rng), new Relu(), new Linear(256, 64 * 7 * 7, rng), new Unflatten(1, 64, 7, 7),
                new Relu(),
            new ConvTranspose2d(64, 32, 4, rng, stride: 2, padding: 1), new Relu(),
            new ConvTranspose2d(32, 1, 4, rng, stride: 2, padding: 1))));

    private static Side Run(string[] args, long[] shape, long latent, Func<Rng, VaeNetwork> build) => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        var network = build(rng);
        Formula.Fill(network);
        var optimizer = new Adam(network, 1e-3);
        var batches = TensorScope.Run(() => Enumerable.Range(0, 8).Select(k => Formula.Pixels(shape, k).Own()).ToArray());

        Tensor Step(Tensor x, Func<Tensor> noise)
        {
            optimizer.ZeroGrad();
            var loss = TensorScope.Run(() => NegativeBound(network, x, noise()));
            loss.Backward();
            optimizer.Step();
            return loss;
        }

        return new Work(
            k => Step(batches[k % 8], () => Formula.Noise([shape[0], latent], k, 1.7)).ToDouble(),
            k => Step(batches[k % 8], () => rng.Normal([shape[0], latent])),
            [rng, network, optimizer, .. batches]);
    });

    private static Tensor NegativeBound(VaeNetwork network, Tensor x, Tensor noise)
    {
        var (mu, logVar) = network.Encoder.Call(x).Chunk(2, 1) is [var a, var b] ? (a, b) : default;
        var logits = network.Decoder.Call(mu + ((0.5 * logVar).Exp() * noise));
        var logPxz = Ops.BernoulliLogLikelihood(logits, x, x.Rank - 1).Sum();
        var kl = -0.5 * (1 + logVar - mu.Square() - logVar.Exp()).Sum();
        return (kl - logPxz) / x.Size(0);
    }
}
