using Figment.Torch;

namespace Figment.Nn;

/// <summary>A recurrent layer whose state is one tensor.</summary>
public abstract class HiddenRecurrent
    : Recurrent<(Tensor Input, Tensor? Hidden, Rng? Rng), (Tensor Output, Tensor Hidden)>
{
    private protected HiddenRecurrent(int gates, long inputSize, long hiddenSize, RecurrentOptions? options, Rng rng)
        : base(gates, inputSize, hiddenSize, 0, options, rng)
    {
    }

    /// <summary>Reads a sequence.</summary>
    /// <param name="input">(T, B, C), or (B, T, C) when batch first.</param>
    /// <param name="hidden">(layers * directions, B, hidden); zeros when null.</param>
    /// <param name="rng">Random numbers for dropout; needed only with dropout while training.</param>
    /// <returns>Outputs (T, B, directions * hidden), or batch first; the last state, shaped as the first.</returns>
    public (Tensor Output, Tensor Hidden) Call(Tensor input, Tensor? hidden = null, Rng? rng = null) =>
        Call((input, hidden, rng));

    /// <inheritdoc/>
    protected sealed override (Tensor Output, Tensor Hidden) Forward((Tensor Input, Tensor? Hidden, Rng? Rng) input)
    {
        var result = RunStack(input.Input, [input.Hidden ?? Zero(input.Input, HiddenSize)], input.Rng);
        return (result[0], result[1]);
    }
}

/// <summary>The plain recurrent network (Elman 1990), stacked.</summary>
public sealed class Rnn(long inputSize, long hiddenSize, Rng rng, RecurrentOptions? options = null,
    RnnNonlinearity nonlinearity = RnnNonlinearity.Tanh) : HiddenRecurrent(1, inputSize, hiddenSize, options, rng)
{
    private protected override Tensor[] Run(Tensor input, Tensor[] state, Tensor[] parameters, int layerCount)
    {
        var (output, hidden) = nonlinearity == RnnNonlinearity.Tanh
            ? Ops.RnnTanh(input, state[0], parameters, Options.Bias, layerCount, IsTraining, Options.Bidirectional,
                Options.BatchFirst)
            : Ops.RnnRelu(input, state[0], parameters, Options.Bias, layerCount, IsTraining, Options.Bidirectional,
                Options.BatchFirst);
        return [output, hidden];
    }
}

/// <summary>Gated recurrent units (Cho et al. 2014), stacked.</summary>
public sealed class Gru(long inputSize, long hiddenSize, Rng rng, RecurrentOptions? options = null)
    : HiddenRecurrent(3, inputSize, hiddenSize, options, rng)
{
    private protected override Tensor[] Run(Tensor input, Tensor[] state, Tensor[] parameters, int layerCount)
    {
        var (output, hidden) = Ops.Gru(input, state[0], parameters, Options.Bias, layerCount, IsTraining,
            Options.Bidirectional, Options.BatchFirst);
        return [output, hidden];
    }
}

/// <summary>Long short-term memory (Hochreiter and Schmidhuber 1997), stacked.</summary>
/// <param name="inputSize">Size of an input vector.</param>
/// <param name="hiddenSize">Size of the cell state, and of the hidden one unless it is projected.</param>
/// <param name="rng">Where the initial values come from.</param>
/// <param name="options">The shape of the stack.</param>
/// <param name="projectedSize">Size to which the hidden state is projected (Sak et al. 2014); 0 for none.</param>
public sealed class Lstm(long inputSize, long hiddenSize, Rng rng, RecurrentOptions? options = null,
    long projectedSize = 0)
    : Recurrent<(Tensor Input, (Tensor Hidden, Tensor Cell)? State, Rng? Rng),
        (Tensor Output, Tensor Hidden, Tensor Cell)>(4, inputSize, hiddenSize, projectedSize, options, rng)
{
    /// <summary>Reads a sequence.</summary>
    /// <param name="input">(T, B, C), or (B, T, C) when batch first.</param>
    /// <param name="state">Each (layers * directions, B, size); zeros when null.</param>
    /// <param name="rng">Random numbers for dropout; needed only with dropout while training.</param>
    /// <returns>Outputs (T, B, directions * size), or batch first, and the last states, of the first's shape.</returns>
    public (Tensor Output, Tensor Hidden, Tensor Cell) Call(Tensor input, (Tensor Hidden, Tensor Cell)? state = null,
        Rng? rng = null) => Call((input, state, rng));

    /// <inheritdoc/>
    protected override (Tensor Output, Tensor Hidden, Tensor Cell) Forward(
        (Tensor Input, (Tensor Hidden, Tensor Cell)? State, Rng? Rng) input)
    {
        var (h, c) = input.State ?? (Zero(input.Input, OutputSize), Zero(input.Input, HiddenSize));
        var result = RunStack(input.Input, [h, c], input.Rng);
        return (result[0], result[1], result[2]);
    }

    private protected override Tensor[] Run(Tensor input, Tensor[] state, Tensor[] parameters, int layerCount)
    {
        var each = Options.Bias ? 4 : 2;
        if (input.Device == Device.Cpu && parameters.Length == each * layerCount)
            return OneDirection(input, state, parameters.Chunk(each));
        var (output, hidden, cell) = Ops.Lstm(input, state, parameters, Options.Bias, layerCount, IsTraining,
            Options.Bidirectional, Options.BatchFirst);
        return [output, hidden, cell];
    }

    // Without projection: layer by layer, each a fused operator.
    private Tensor[] OneDirection(Tensor input, Tensor[] state, IEnumerable<Tensor[]> layers)
    {
        var output = Options.BatchFirst ? input.Transpose(0, 1) : input; // (T, B, C)
        var (hidden, cells) = (new List<Tensor>(), new List<Tensor>());
        foreach (var p in layers)
        {
            var (h, c) = (state[0].Select(0, hidden.Count), state[1].Select(0, hidden.Count));
            (output, h, c) = Options.Bias
                ? Ops.LstmLayer(output, h, c, p[0], p[1], p[2], p[3])
                : Ops.LstmLayer(output, h, c, p[0], p[1]);
            hidden.Add(h);
            cells.Add(c);
        }

        return [Options.BatchFirst ? output.Transpose(0, 1) : output, Ops.Stack([.. hidden]), Ops.Stack([.. cells])];
    }
}
