using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>Several heads of attention side by side, from one sequence to itself or to another.</summary>
internal sealed partial class HeadedAttention(int width, int heads, Rng rng) : Module<(Tensor From, Tensor To, Tensor? Mask), Tensor>
{
    public Linear InProj { get; } = new(width, 3 * width, rng);

    public Linear OutProj { get; } = new(width, width, rng);

    protected override Tensor Forward((Tensor From, Tensor To, Tensor? Mask) input)
    {
        var (x, y, mask) = input;
        var (B, T, S) = (x.Size(0), x.Size(1), y.Size(1));
        Tensor q, k, v; // (B, heads, T or S, d)
        if (ReferenceEquals(x, y))
        {
            var all = InProj.Call(x).Reshape(B, T, 3, heads, -1).Permute(2, 0, 3, 1, 4);
            (q, k, v) = (all.Select(0, 0), all.Select(0, 1), all.Select(0, 2));
        }
        else
        {
            q = Ops.Linear(x, InProj.Weight.Narrow(0, 0, width), InProj.Bias!.Narrow(0, 0, width))
                .Reshape(B, T, heads, -1).Transpose(1, 2);
            var both = Ops.Linear(y, InProj.Weight.Narrow(0, width, 2 * width), InProj.Bias!.Narrow(0, width, 2 * width))
                .Reshape(B, S, 2, heads, -1).Permute(2, 0, 3, 1, 4);
            (k, v) = (both.Select(0, 0), both.Select(0, 1));
        }

        var scores = q.Mul(1 / Math.Sqrt(q.Size(-1))).MatMul(k.Transpose(-2, -1)); // (B, heads, T, S)
        if (mask is not null) scores.AddInPlace(mask);
        return OutProj.Call(scores.Softmax(-1).MatMul(v).Transpose(1, 2).Reshape(B, T, width));
    }
}

/// <summary>Attention to itself, then two layers on each position, each added and then normalised.</summary>
internal sealed partial class EncoderBlock(int width, int heads, int inner, Rng rng) : Layer
{
    public HeadedAttention SelfAttn { get; } = new(width, heads, rng);

    public Linear Linear1 { get; } = new(width, inner, rng);

    public Linear Linear2 { get; } = new(inner, width, rng);

    public LayerNorm Norm1 { get; } = new(width);

    public LayerNorm Norm2 { get; } = new(width);

    protected override Tensor Forward(Tensor x)
    {
        x = Norm1.Call(x + SelfAttn.Call((x, x, null)));
        return Norm2.Call(x + Linear2.Call(Linear1.Call(x).Relu()));
    }
}

/// <summary>As the encoder's, attending to what came before, and then to what the encoder made.</summary>
internal sealed partial class DecoderBlock(int width, int heads, int inner, Rng rng)
    : Module<(Tensor Target, Tensor Memory, Tensor Mask), Tensor>
{
    public HeadedAttention SelfAttn { get; } = new(width, heads, rng);

    public HeadedAttention MultiheadAttn { get; } = new(width, heads, rng);

    public Linear Linear1 { get; } = new(width, inner, rng);

    public Linear Linear2 { get; } = new(inner, width, rng);

    public LayerNorm Norm1 { get; } = new(width);

    public LayerNorm Norm2 { get; } = new(width);

    public LayerNorm Norm3 { get; } = new(width);

    protected override Tensor Forward((Tensor Target, Tensor Memory, Tensor Mask) input)
    {
        var (x, memory, mask) = input;
        x = Norm1.Call(x + SelfAttn.Call((x, x, mask)));
        x = Norm2.Call(x + MultiheadAttn.Call((x, memory, null)));
        return Norm3.Call(x + Linear2.Call(Linear1.Call(x).Relu()));
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

    private Nn.Buffer Mask { get; } =
        new(TensorScope.Run(() => Tensor.Full([options.Length, options.Length], double.NegativeInfinity).Triu(1)));

    protected override Tensor Forward((Tensor Source, Tensor Target) input)
    {
        var memory = Embed(input.Source);
        foreach (var block in Encoder) memory = block.Call(memory);
        memory = EncoderNorm.Call(memory);
        var x = Embed(input.Target);
        foreach (var block in Decoder) x = block.Call((x, memory, Mask));
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
