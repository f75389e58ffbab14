using Figment.Torch;

namespace Figment.Nn;

/// <summary>The shape of a stack of recurrent layers.</summary>
public sealed record RecurrentOptions
{
    /// <summary>How many layers are stacked; default 1.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>Whether each layer also reads the sequence backwards; outputs are joined.</summary>
    public bool Bidirectional { get; init; }

    /// <summary>Whether inputs and outputs are (B, T, C) instead of (T, B, C); states never are.</summary>
    public bool BatchFirst { get; init; }

    /// <summary>Whether biases are learned; default true.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Dropout between layers (not after the last) while training, in [0, 1).</summary>
    public double Dropout { get; init; }
}

/// <summary>
/// What recurrent layers share: parameters under PyTorch's names (<c>weight_ih_l0</c>, <c>bias_hh_l1_reverse</c>),
/// drawn uniformly within 1 / sqrt(hidden), and the walk over stacked layers.
/// </summary>
/// <typeparam name="TIn">The sequence with its optional state and random numbers.</typeparam>
/// <typeparam name="TOut">The outputs and the last state.</typeparam>
public abstract class Recurrent<TIn, TOut> : Module<TIn, TOut>
{
    private readonly List<(string Name, Parameter Parameter)> named = [];
    private readonly List<Tensor[]> layers = [];

    private protected Recurrent(int gates, long inputSize, long hiddenSize, long projectedSize,
        RecurrentOptions? options, Rng rng)
    {
        Options = options ?? new RecurrentOptions();
        if (Options.Dropout is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(options), Options.Dropout,
                "A dropout probability lies in [0, 1).");
        (HiddenSize, OutputSize) = (hiddenSize, projectedSize > 0 ? projectedSize : hiddenSize);
        var bound = 1 / Math.Sqrt(hiddenSize);
        for (var layer = 0; layer < Options.Layers; layer++)
        {
            var first = named.Count;
            for (var direction = 0; direction < Directions; direction++)
            {
                var suffix = $"l{layer}{(direction == 1 ? "_reverse" : "")}";
                var size = layer == 0 ? inputSize : OutputSize * Directions;
                Add($"weight_ih_{suffix}", gates * hiddenSize, size);
                Add($"weight_hh_{suffix}", gates * hiddenSize, OutputSize);
                if (Options.Bias)
                {
                    Add($"bias_ih_{suffix}", gates * hiddenSize);
                    Add($"bias_hh_{suffix}", gates * hiddenSize);
                }
                if (projectedSize > 0)
                    Add($"weight_hr_{suffix}", projectedSize, hiddenSize);
            }
            layers.Add([.. named.Skip(first).Select(entry => entry.Parameter)]);
        }

        void Add(string name, params ReadOnlySpan<long> shape) =>
            named.Add((name, Init.UniformParameter(rng, bound, shape)));
    }

    /// <summary>Size of the hidden state (of the cell state, where the hidden one is projected).</summary>
    public long HiddenSize { get; }

    /// <summary>Size of one direction's output.</summary>
    public long OutputSize { get; }

    /// <summary>The shape of the stack.</summary>
    public RecurrentOptions Options { get; }

    private protected int Directions => Options.Bidirectional ? 2 : 1;

    /// <inheritdoc/>
    protected sealed override void VisitMembers(ModuleVisitor visitor)
    {
        base.VisitMembers(visitor);
        foreach (var (name, parameter) in named)
            visitor.Visit(name, parameter);
    }

    /// <summary>Runs some of the layers at once: output and last states, or all of them.</summary>
    private protected abstract Tensor[] Run(Tensor input, Tensor[] state, Tensor[] parameters, int layerCount);

    /// <summary>Zeros of (layers * directions, B, size).</summary>
    private protected Tensor Zero(Tensor input, long size)
    {
        if (input.Rank != 3)
            throw new ArgumentException(
                $"{GetType().Name} takes a sequence of shape {(Options.BatchFirst ? "(B, T, C)" : "(T, B, C)")}, "
                + $"not [{string.Join(", ", input.Shape.ToArray())}].", nameof(input));
        var batch = input.Size(Options.BatchFirst ? 0 : 1);
        return Tensor.Zeros([Options.Layers * Directions, batch, size], input.DType, input.Device);
    }

    /// <summary>
    /// Runs the stack: output, then last states. With dropout it goes layer by layer, because the engine's own stack
    /// would draw from a global generator.
    /// </summary>
    private protected Tensor[] RunStack(Tensor input, Tensor[] state, Rng? rng)
    {
        var dropout = IsTraining && Options.Layers > 1 ? Options.Dropout : 0;
        if (dropout == 0)
            return Run(input, state, [.. layers.SelectMany(parameters => parameters)], Options.Layers);
        if (rng is null)
            throw new InvalidOperationException(
                $"{GetType().Name} with dropout draws random numbers while training: call it with an Rng, or Eval().");
        var last = new List<Tensor[]>();
        for (var layer = 0; layer < Options.Layers; layer++)
        {
            var x = layer == 0 ? input : Dropout.Drop(last[^1][0], dropout, rng);
            var start = layer * Directions;
            last.Add(Run(x, [.. state.Select(s => s.Narrow(0, start, Directions))], layers[layer], 1));
        }
        var states = Enumerable.Range(1, state.Length)
            .Select(index => Ops.Cat([.. last.Select(outputs => outputs[index])], 0));
        return [last[^1][0], .. states];
    }
}
