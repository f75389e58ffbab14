using System.Diagnostics;
using System.Globalization;
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
    public static Side FullyConnected(string[] args)
    {
        using var rng = new Rng(1);
        using var network = new VaeNetwork(
            new Sequential(new Linear(784, 400, rng), new Relu(), new Linear(400, 40, rng)),
            new Sequential(new Linear(20, 400, rng), new Relu(), new Linear(400, 784, rng)));
        return Run(network, [128, 784], 20, args);
    }

    public static Side Convolutional(string[] args)
    {
        using var rng = new Rng(1);
        using var network = new VaeNetwork(
            new Sequential(
                new Conv2d(1, 32, 4, rng, stride: 2, padding: 1), new Relu(),
                new Conv2d(32, 64, 4, rng, stride: 2, padding: 1), new Relu(),
                new Flatten(), new Linear(64 * 7 * 7, 256, rng), new Relu(), new Linear(256, 64, rng)),
            new Sequential(
                new Linear(32, 256, rng), new Relu(), new Linear(256, 64 * 7 * 7, rng), new Unflatten(1, 64, 7, 7),
                    new Relu(),
                new ConvTranspose2d(64, 32, 4, rng, stride: 2, padding: 1), new Relu(),
                new ConvTranspose2d(32, 1, 4, rng, stride: 2, padding: 1)));
        return Run(network, [128, 1, 28, 28], 32, args);
    }

    private static Side Run(VaeNetwork network, long[] shape, long latent, string[] args)
    {
        var steps = args is ["--steps", var text, ..] ? int.Parse(text, CultureInfo.InvariantCulture) : 200;
        const int warmUp = 30;
        foreach (var (p, k) in network.Parameters().Select((p, k) => (p, k)))
        {
            var fan = p.Rank > 1 ? p.Count / p.Size(0) : p.Count;
            TensorScope.Run(() => NoGrad.Run(() => { p.CopyInPlace(Wave(p.Shape, 0.3 + k, Math.Pow(fan, -0.5))); }));
        }

        using var optimizer = new Adam(network, 1e-3);
        double Step(Tensor x, Func<Tensor> noise, bool read) => TensorScope.Run(() =>
        {
            optimizer.ZeroGrad();
            var loss = TensorScope.Run(() => NegativeBound(network, x, noise()));
            loss.Backward();
            optimizer.Step();
            return read ? loss.ToDouble() : 0;
        });

        var losses = Enumerable.Range(0, 10)
            .Select(k =>
                TensorScope.Run(() => Step(Pixels(shape, k), () => Wave([shape[0], latent], k, 1.4, 2.3), read: true)))
            .ToArray();

        using var rng = new Rng(2);
        var batches = TensorScope.Run(() => Enumerable.Range(0, 8).Select(k => Pixels(shape, k).Own()).ToArray());
        var times = new List<double>();
        for (var k = 0; k < warmUp + steps; k++)
        {
            var start = Stopwatch.GetTimestamp();
            Step(batches[k % 8], () => rng.Normal([shape[0], latent]), read: false);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        foreach (var b in batches) b.Dispose();
        return new() { Losses = losses, Microseconds = Comparison.Median(times.Skip(warmUp)) };
    }

    private static Tensor NegativeBound(VaeNetwork network, Tensor x, Tensor noise)
    {
        var (mu, logVar) = network.Encoder.Call(x).Chunk(2, 1) is [var a, var b] ? (a, b) : default;
        var logits = network.Decoder.Call(mu + ((0.5 * logVar).Exp() * noise));
        var reconstruction = logits.BinaryCrossEntropyWithLogits(x, reduction: Reduction.Sum);
        var kl = -0.5 * (1 + logVar - mu.Square() - logVar.Exp()).Sum();
        return (reconstruction + kl) / x.Size(0);
    }

    private static Tensor Wave(ReadOnlySpan<long> shape, double phase, double scale = 1, double pitch = 1.7)
    {
        long n = 1;
        foreach (var size in shape) n *= size;
        return ((Tensor.Arange(n, DType.Float64) * pitch + phase).Sin() * scale).To(DType.Float32).Reshape(shape);
    }

    private static Tensor Pixels(long[] shape, int which) =>
        (Wave(shape, 0.1 * which, pitch: 0.9) > 0.2).To(DType.Float32);
}
