using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>A training step of a causal transformer: the twin of bench/peers/gpt.py and nanogpt.py.</summary>
internal static class CausalStep
{
    public const int Batch = 12;

    public static CausalOptions Gpt { get; } = new(Vocabulary: 65, Context: 256, Width: 384, Layers: 6, Heads: 6);

    public static CausalOptions NanoGpt { get; } = new(Vocabulary: 65, Context: 64, Width: 128, Layers: 4, Heads: 4);

    public static Side Run(string[] args, CausalOptions options) => Measure.Run(args, () =>
    {
        using var rng = new Rng(1);
        var network = new CausalTransformer(options, rng);
        Scattered.Fill(network);
        var optimizer = new AdamW(network, 1e-3, new AdamOptions { Beta2 = 0.99, WeightDecay = 0.1 });
        Tensor[] texts = [.. Enumerable.Range(0, 10).Select(k =>
            Formula.Tokens([Batch, options.Context + 1], options.Vocabulary, k).Own())];

        Tensor Step(Tensor text)
        {
            optimizer.ZeroGrad();
            var loss = TensorScope.Run(() =>
                network.Call(text.Narrow(1, 0, options.Context)).Reshape(-1, options.Vocabulary)
                    .CrossEntropy(text.Narrow(1, 1, options.Context).Reshape(-1)));
            loss.Backward();
            optimizer.Step();
            return loss;
        }

        return new Work(k => Step(texts[k % 10]).ToDouble(), k => Step(texts[k % 10]), [network, optimizer, .. texts]);
    });
}
