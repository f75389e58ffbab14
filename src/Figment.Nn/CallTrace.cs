using Figment.Torch;

namespace Figment.Nn;

/// <summary>One call of a module: who was called, and the shapes that went in and came out.</summary>
public sealed record ModuleCall(Module Module, IReadOnlyList<long> Input, IReadOnlyList<long> Output)
{
    /// <summary>
    /// Multiply-adds of the call where the layer is linear or a convolution: each output (of a transposed one, each
    /// input) meets every weight of its channel once. 0 for all others, whose work is small beside theirs.
    /// </summary>
    public long MultiplyAdds => Module switch
    {
        Linear linear => Count(Output) * linear.Weight.Size(1),
        TransposedConvolution transposed => Count(Input) * (transposed.Weight.Count / transposed.Weight.Size(0)),
        Convolution convolution => Count(Output) * (convolution.Weight.Count / convolution.Weight.Size(0)),
        _ => 0,
    };

    /// <summary>Numbers in the output.</summary>
    public long Outputs => Count(Output);

    private static long Count(IReadOnlyList<long> shape) => shape.Aggregate(1L, (product, size) => product * size);
}

/// <summary>Writes down which modules are called on this thread: so a model's layers are listed with shapes.</summary>
public static class CallTrace
{
    [ThreadStatic]
    private static List<ModuleCall>? calls;

    /// <summary>The calls from tensor to tensor that happen during an action, in the order in which they end.</summary>
    public static IReadOnlyList<ModuleCall> Record(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        var outer = calls;
        var mine = calls = [];
        try
        {
            action();
            return mine;
        }
        finally
        {
            calls = outer;
        }
    }

    internal static void Note<TIn, TOut>(Module module, TIn input, TOut output)
    {
        if (calls is { } list && input is Tensor x && output is Tensor y)
            list.Add(new ModuleCall(module, x.Shape.ToArray(), y.Shape.ToArray()));
    }
}
