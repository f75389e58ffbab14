using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// Drawing texts of a whole context from a causal transformer, token by token; keys and values of the tokens before are kept.
/// The twin of bench/peers/gpt_sampling.py.
/// </summary>
internal static class CausalSampling
{
    public static CausalOptions Options => CausalStep.Gpt;

    /// <param name="args">See <see cref="MeasureOptions"/>.</param>
    /// <param name="texts">How many texts are drawn side by side.</param>
    /// <param name="compared">
    /// Tokens of the texts that are compared before times are taken; fewer than a context for a slow peer. What is timed is
    /// always whole texts.
    /// </param>
    public static Side Run(string[] args, int texts, int compared) => Measure.Run(args, () =>
    {
        var rng = new Rng(1);
        var network = new CausalTransformer(Options, rng);
        Scattered.Fill(network);

        // Equal seeds give both sides equal uniform numbers, so they draw the same text as long as they compute the same.
        double Check(int k)
        {
            using var own = new Rng((ulong)(100 + k));
            var text = Draw(network, own, texts, compared);
            return NoGrad.Run(() => network.Call(text.Narrow(1, 0, compared - 1)).Reshape(-1, Options.Vocabulary)
                .CrossEntropy(text.Narrow(1, 1, compared - 1).Reshape(-1))).ToDouble();
        }

        return new Work(Check, _ => Draw(network, rng, texts, Options.Context), [rng, network]) { Checks = 3 };
    });

    /// <summary>Token 0 stands before each text.</summary>
    /// <returns>(B, tokens), Int64.</returns>
    private static Tensor Draw(CausalTransformer network, Rng rng, int texts, int tokens)
    {
        var token = Tensor.Zeros([texts, 1], DType.Int64);
        var text = Tensor.Zeros([texts, tokens], DType.Int64);
        var caches = network.Blocks.Select(_ => Tensor.Empty([texts, tokens, 2 * Options.Width])).ToArray();
        Decode.Steps(tokens, t =>
        {
            var x = network.Token.Call(token) + network.Position.Weight.Narrow(0, t, 1); // (B, 1, width)
            for (var i = 0; i < caches.Length; i++)
            {
                var block = network.Blocks[i];
                x.AddInPlace(Attend(block.Attention, block.Norm1.Call(x), caches[i], t));
                x.AddInPlace(block.Narrow.Call(block.Widen.Call(block.Norm2.Call(x)).Gelu()));
            }

            var p = network.Head.Call(network.Norm.Call(x)).Softmax(-1); // (B, 1, vocabulary)
            // The token is the first whose cumulated probability exceeds the uniform number.
            token.CopyInPlace((p.CumSum(-1) <= rng.Uniform([texts, 1, 1])).Sum([-1]).ClampMax(Options.Vocabulary - 1));
            text.Narrow(1, t, 1).CopyInPlace(token);
        });
        return text;
    }

    // The cache holds a key and a value a position, side by side: (B, context, 2 width).
    private static Tensor Attend(CausalAttention attention, Tensor x, Tensor cache, long t)
    {
        var qkv = attention.Qkv.Call(x);
        cache.Narrow(1, t, 1).CopyInPlace(qkv.Narrow(2, Options.Width, 2 * Options.Width));
        return attention.Proj.Call(
            Ops.CrossAttention(qkv.Narrow(2, 0, Options.Width), cache.Narrow(1, 0, t + 1), Options.Heads));
    }
}
