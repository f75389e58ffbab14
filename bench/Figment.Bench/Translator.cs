using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>Several heads of attention side by side, from a sequence to itself or to another.</summary>
internal sealed partial class HeadedAttention(int width, int heads, bool causal, Rng rng)
    : Module<(Tensor From, Tensor? To), Tensor>
{
    public Linear InProj { get; } = new(width, 3 * width, rng);

    public Linear OutProj { get; } = new(width, width, rng);

    protected override Tensor Forward((Tensor From, Tensor? To) input)
    {
        if (input.To is null) return OutProj.Call(Ops.SelfAttention(InProj.Call(input.From), heads, causal));
        var weights = InProj.Weight.SplitWithSizes([width, 2 * width]);
        var biases = InProj.Bias!.SplitWithSizes([width, 2 * width]);
        return OutProj.Call(Ops.CrossAttention(Ops.Linear(input.From, weights[0], biases[0]),
            Ops.Linear(input.To, weights[1], biases[1]), heads));
    }
}

/// <summary>Attention to itself, then two layers on each position, each added and then normalised.</summary>
internal sealed partial class EncoderBlock(int width, int heads, int inner, Rng rng) : Layer
{
    public HeadedAttention SelfAttn { get; } = new(width, heads, causal: false, rng);

    public Linear Linear1 { get; } = new(width, inner, rng);

    public Linear Linear2 { get; } = new(inner, width, rng);

    public LayerNorm Norm1 { get; } = new(width);

    public LayerNorm Norm2 { get; } = new(width);

    protected override Tensor Forward(Tensor x)
    {
        x = Norm1.Call(x + SelfAttn.Call((x, null)));
        return Norm2.Call(x + Linear2.Call(Linear1.Call(x).ReluInPlace()));
    }
}

/// <summary>As the encoder's, attending to what came before, and then to what the encoder made.</summary>
internal sealed partial class DecoderBlock(int width, int heads, int inner, Rng rng)
    : Module<(Tensor Target, Tensor Memory), Tensor>
{
    public HeadedAttention SelfAttn { get; } = new(width, heads, causal: true, rng);

    public HeadedAttention MultiheadAttn { get; } = new(width, heads, causal: false, rng);

    public Linear Linear1 { get; } = new(width, inner, rng);

    public Linear Linear2 { get; } = new(inner, width, rng);

    public LayerNorm Norm1 { get; } = new(width);

    public LayerNorm Norm2 { get; } = new(width);

    public LayerNorm Norm3 { get; } = new(width);

    protected override Tensor Forward((Tensor Target, Tensor Memory) input)
    {
        var (x, memory) = input;
        x = Norm1.Call(x + SelfAttn.Call((x, null)));
        x = Norm2.Call(x + MultiheadAttn.Call((x, memory)));
        return Norm3.Call(x + Linear2.Call(Linear1.Call(x).ReluInPlace()));
    }
}

/// <summary>The shape of an encoder and decoder.</summary>
internal sealed record TranslatorOptions(int Vocabulary, int Width, int Layers, int Heads, int Inner, int Length);

/// <summary>
/// The encoder and decoder of Vaswani et al. 2017, with one table for both sides and the softmax, and a last
/// normalisation on either side as in PyTorch: the twin of bench/peers/transformer.py.
/// </summary>
internal sealed partial class Translator(TranslatorOptions options, Rng rng)
    : Module<(Tensor Source, Tensor Target), Tensor>
{
    public Embedding Embedding { get; } = new(options.Vocabulary, options.Width, rng);

    public List<EncoderBlock> Encoder { get; } = [.. Enumerable.Range(0, options.Layers).Select(_ =>
        new EncoderBlock(options.Width, options.Heads, options.Inner, rng))];

    public LayerNorm EncoderNorm { get; } = new(options.Width);

    public List<DecoderBlock> Decoder { get; } = [.. Enumerable.Range(0, options.Layers).Select(_ =>
        new DecoderBlock(options.Width, options.Heads, options.Inner, rng))];

    public LayerNorm DecoderNorm { get; } = new(options.Width);

    private Nn.Buffer Positions { get; } = new(PositionsOf(options.Length, options.Width));

    protected override Tensor Forward((Tensor Source, Tensor Target) input)
    {
        var memory = Embed(input.Source);
        foreach (var block in Encoder) memory = block.Call(memory);
        memory = EncoderNorm.Call(memory);
        var x = Embed(input.Target);
        foreach (var block in Decoder) x = block.Call((x, memory));
        return DecoderNorm.Call(x);
    }

    private Tensor Embed(Tensor ids) => Positions.Add(Embedding.Call(ids), Math.Sqrt(options.Width));

    private static Tensor PositionsOf(int length, int width) => TensorScope.Run(() =>
    {
        var rate = (Tensor.Arange(width / 2, DType.Float64) * (-2 * Math.Log(10_000) / width)).Exp();
        var angle = Tensor.Arange(length, DType.Float64).Unsqueeze(1) * rate;
        return Ops.Stack([angle.Sin(), angle.Cos()], 2).Reshape(length, width).To(DType.Float32);
    });
}
