using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>A training step of the encoder and decoder: the twin of bench/peers/transformer.py.</summary>
internal static class TranslatorStep
{
    private const int Batch = 64, Length = 24, Vocabulary = 8000, Width = 256, Layers = 3, Inner = 1024;

    /// <summary>
    /// Three times the forward pass's products at every token: of the encoder 4 width^2 for attention and 2 width inner, of the
    /// decoder as much and 4 width^2 more; attention's own, halved where masked; the softmax layer.
    /// </summary>
    public const double Flops = 3 * 2.0 * Batch * Length
        * ((Layers * ((12.0 * Width * Width) + (4.0 * Width * Inner) + (2.0 * Width * Length * 2.5)))
            + ((double)Width * Vocabulary));

    public static Side Run(string[] args) => Measure.Run(args, () =>
    {
        using var rng = new Rng(1);
        var network = new Translator(new(Vocabulary, Width, Layers, Heads: 4, Inner, Length), rng);
        Scattered.Fill(network);
        var optimizer = new Adam(network, 1e-3, new AdamOptions { Beta2 = 0.98 });
        Tensor[] sources = [.. Enumerable.Range(0, 10).Select(k =>
            Formula.Tokens([Batch, Length], Vocabulary, k).Own())];
        Tensor[] targets = [.. Enumerable.Range(0, 10).Select(k =>
            Formula.Tokens([Batch, Length + 1], Vocabulary, 20 + k).Own())];

        Tensor Step(Tensor source, Tensor target)
        {
            optimizer.ZeroGrad();
            var loss = TensorScope.Run(() =>
            {
                var h = network.Call((source, target.Narrow(1, 0, Length)));
                return Ops.Linear(h, network.Embedding.Weight).Reshape(-1, Vocabulary)
                    .CrossEntropy(target.Narrow(1, 1, Length).Reshape(-1), labelSmoothing: 0.1);
            });
            loss.Backward();
            optimizer.Step();
            return loss;
        }

        return new Work(k => Step(sources[k % 10], targets[k % 10]).ToDouble(),
            k => Step(sources[k % 10], targets[k % 10]), [network, optimizer, .. sources, .. targets]);
    });
}
