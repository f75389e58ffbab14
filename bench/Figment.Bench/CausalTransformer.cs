using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>Each position attends to itself and to those before it; heads side by side.</summary>
internal sealed partial class CausalAttention(int width, int heads, Rng rng) : Layer
{
    public Linear Qkv { get; } = new(width, 3 * width, rng);

    public Linear Proj { get; } = new(width, width, rng);

    protected override Tensor Forward(Tensor x) => Proj.Call(Ops.SelfAttention(Qkv.Call(x), heads, causal: true));
}

/// <summary>Attention, then two layers on each position; both normalise first and are added to what comes in.</summary>
internal sealed partial class CausalBlock(int width, int heads, Rng rng) : Layer
{
    public LayerNorm Norm1 { get; } = new(width);

    public CausalAttention Attention { get; } = new(width, heads, rng);

    public LayerNorm Norm2 { get; } = new(width);

    public Linear Widen { get; } = new(width, 4 * width, rng);

    public Linear Narrow { get; } = new(4 * width, width, rng);

    protected override Tensor Forward(Tensor x)
    {
        x = Attention.Call(Norm1.Call(x)).AddInPlace(x);
        return Narrow.CallOnGelu(Widen.Call(Norm2.Call(x))).AddInPlace(x);
    }
}

/// <summary>The shape of a causal transformer.</summary>
internal sealed record CausalOptions(int Vocabulary, int Context, int Width, int Layers, int Heads)
{
    /// <summary>
    /// Operations of a training step on <paramref name="batch"/> texts of a context's length: three times the forward
    /// pass's matrix products. A position meets 12 width^2 weights a layer and the last layer's; a query of width numbers
    /// meets, halved by the mask, the context's keys and then as many values.
    /// </summary>
    public double Flops(int batch) => 3 * 2.0 * batch * Context
        * ((Layers * ((12.0 * Width * Width) + (Width * (Context + 1.0)))) + ((double)Width * Vocabulary));
}

/// <summary>A causal transformer on tokens (Radford et al. 2019): the twin of bench/peers/gpt.py.</summary>
internal sealed partial class CausalTransformer(CausalOptions options, Rng rng) : Layer
{
    public Embedding Token { get; } = new(options.Vocabulary, options.Width, rng);

    public Embedding Position { get; } = new(options.Context, options.Width, rng);

    public List<CausalBlock> Blocks { get; } = [.. Enumerable.Range(0, options.Layers).Select(_ =>
        new CausalBlock(options.Width, options.Heads, rng))];

    public LayerNorm Norm { get; } = new(options.Width);

    public Linear Head { get; } = new(options.Width, options.Vocabulary, rng, bias: false);

    protected override Tensor Forward(Tensor ids)
    {
        var T = ids.Size(1);
        var x = Token.Call(ids) + (T == options.Context ? Position.Weight : Position.Weight.Narrow(0, 0, T));
        foreach (var block in Blocks) x = block.Call(x);
        return Head.Call(Norm.Call(x)); // (B, T, vocabulary)
    }
}
