using Figment.Torch;

namespace Figment.Nn;

/// <summary>The non-linearity of a plain recurrent network.</summary>
public enum RnnNonlinearity
{
    /// <summary>The hyperbolic tangent.</summary>
    Tanh,

    /// <summary>The rectifier.</summary>
    Relu,
}

/// <summary>What recurrent cells share: parameters, drawn uniformly within 1 / sqrt(hidden) as PyTorch does.</summary>
/// <typeparam name="TIn">Input with optional state.</typeparam>
/// <typeparam name="TOut">New state.</typeparam>
public abstract partial class RecurrentCell<TIn, TOut> : Module<TIn, TOut>
{
    private protected RecurrentCell(int gates, long inputSize, long hiddenSize, bool bias, Rng rng)
    {
        HiddenSize = hiddenSize;
        var bound = 1 / Math.Sqrt(hiddenSize);
        WeightIh = Init.UniformParameter(rng, bound, gates * hiddenSize, inputSize);
        WeightHh = Init.UniformParameter(rng, bound, gates * hiddenSize, hiddenSize);
        BiasIh = bias ? Init.UniformParameter(rng, bound, gates * hiddenSize) : null;
        BiasHh = bias ? Init.UniformParameter(rng, bound, gates * hiddenSize) : null;
    }

    /// <summary>Size of the hidden state.</summary>
    public long HiddenSize { get; }

    /// <summary>(gates * hidden, input).</summary>
    public Parameter WeightIh { get; }

    /// <summary>(gates * hidden, hidden).</summary>
    public Parameter WeightHh { get; }

    /// <summary>(gates * hidden), or null.</summary>
    public Parameter? BiasIh { get; }

    /// <summary>(gates * hidden), or null.</summary>
    public Parameter? BiasHh { get; }

    private protected Tensor Zero(Tensor input) =>
        Tensor.Zeros([input.Size(0), HiddenSize], input.DType, input.Device);
}

/// <summary>h' = tanh(W_ih x + b_ih + W_hh h + b_hh): (B, input), (B, hidden) to (B, hidden).</summary>
public sealed class RnnCell(long inputSize, long hiddenSize, Rng rng, bool bias = true,
    RnnNonlinearity nonlinearity = RnnNonlinearity.Tanh)
    : RecurrentCell<(Tensor Input, Tensor? Hidden), Tensor>(1, inputSize, hiddenSize, bias, rng)
{
    /// <summary>Steps once; without a hidden state from zeros.</summary>
    public Tensor Call(Tensor input, Tensor? hidden = null) => Call((input, hidden));

    /// <inheritdoc/>
    protected override Tensor Forward((Tensor Input, Tensor? Hidden) input) =>
        nonlinearity == RnnNonlinearity.Tanh
            ? Ops.RnnTanhCell(input.Input, input.Hidden ?? Zero(input.Input), WeightIh, WeightHh, BiasIh, BiasHh)
            : Ops.RnnReluCell(input.Input, input.Hidden ?? Zero(input.Input), WeightIh, WeightHh, BiasIh, BiasHh);
}

/// <summary>The gated recurrent unit (Cho et al. 2014): (B, input), (B, hidden) to (B, hidden).</summary>
public sealed class GruCell(long inputSize, long hiddenSize, Rng rng, bool bias = true)
    : RecurrentCell<(Tensor Input, Tensor? Hidden), Tensor>(3, inputSize, hiddenSize, bias, rng)
{
    /// <summary>Steps once; without a hidden state from zeros.</summary>
    public Tensor Call(Tensor input, Tensor? hidden = null) => Call((input, hidden));

    /// <inheritdoc/>
    protected override Tensor Forward((Tensor Input, Tensor? Hidden) input) =>
        Ops.GruCell(input.Input, input.Hidden ?? Zero(input.Input), WeightIh, WeightHh, BiasIh, BiasHh);
}

/// <summary>Long short-term memory (Hochreiter and Schmidhuber 1997): (B, input) and state to state.</summary>
public sealed class LstmCell(long inputSize, long hiddenSize, Rng rng, bool bias = true)
    : RecurrentCell<(Tensor Input, (Tensor Hidden, Tensor Cell)? State), (Tensor Hidden, Tensor Cell)>(4, inputSize,
        hiddenSize, bias, rng)
{
    /// <summary>Steps once; without a state from zeros.</summary>
    public (Tensor Hidden, Tensor Cell) Call(Tensor input, (Tensor Hidden, Tensor Cell)? state = null) =>
        Call((input, state));

    /// <inheritdoc/>
    protected override (Tensor Hidden, Tensor Cell) Forward(
        (Tensor Input, (Tensor Hidden, Tensor Cell)? State) input)
    {
        var (h, c) = input.State ?? (Zero(input.Input), Zero(input.Input));
        return Ops.LstmCell(input.Input, [h, c], WeightIh, WeightHh, BiasIh, BiasHh);
    }
}
