namespace Figment.Torch;

/// <summary>Derivatives of recorded computations.</summary>
public static unsafe partial class Autograd
{
    private const int Few = 64;

    /// <summary>Sums the gradients of <paramref name="outputs"/> into the leaves that they depend on.</summary>
    /// <param name="outputs">What to differentiate.</param>
    /// <param name="gradOutputs">One weight tensor an output, or none for outputs of one element.</param>
    /// <param name="retainGraph">Keep the graph, to go through it again.</param>
    /// <param name="createGraph">Record the gradients themselves, for second derivatives; keeps the graph too.</param>
    /// <exception cref="TorchException">
    /// An output is not recorded, or its graph was freed by an earlier call.
    /// </exception>
    public static void Backward(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> gradOutputs,
        bool retainGraph = false, bool createGraph = false)
    {
        CheckLengths(outputs, gradOutputs);
        Span<nint> roots = outputs.Length <= Few ? stackalloc nint[outputs.Length] : new nint[outputs.Length];
        Span<nint> grads = outputs.Length <= Few ? stackalloc nint[outputs.Length] : new nint[outputs.Length];
        Fill(outputs, gradOutputs, roots, grads);
        fixed (nint* r = roots, g = grads)
            Check(Native.ft_backward(r, g, outputs.Length, null, 0,
                Flag(retainGraph || createGraph), Flag(createGraph)),
                "Backward", outputs);
        Value.KeepAlive(outputs);
        Value.KeepAlive(gradOutputs);
    }

    /// <summary>
    /// The gradients of <paramref name="outputs"/> with respect to <paramref name="inputs"/>; nothing is added up
    /// anywhere.
    /// </summary>
    /// <param name="outputs">What to differentiate.</param>
    /// <param name="inputs">By what: recorded tensors, leaves or not.</param>
    /// <param name="gradOutputs">One weight tensor an output, or none for outputs of one element.</param>
    /// <param name="retainGraph">Keep the graph, to go through it again.</param>
    /// <param name="createGraph">Record the gradients themselves: a gradient penalty is differentiated through them.
    /// Keeps the graph too.</param>
    /// <param name="allowUnused">Give null for an input that the outputs do not depend on, instead of an error.</param>
    /// <returns>One gradient an input, of its shape.</returns>
    /// <exception cref="TorchException">
    /// An output is not recorded, its graph was freed, or an input is unused.
    /// </exception>
    public static Tensor?[] Grad(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> inputs,
        ReadOnlySpan<Tensor> gradOutputs = default,
        bool retainGraph = false, bool createGraph = false, bool allowUnused = false)
    {
        CheckLengths(outputs, gradOutputs);
        Span<nint> roots = outputs.Length <= Few ? stackalloc nint[outputs.Length] : new nint[outputs.Length];
        Span<nint> grads = outputs.Length <= Few ? stackalloc nint[outputs.Length] : new nint[outputs.Length];
        Fill(outputs, gradOutputs, roots, grads);
        var leaves = new nint[inputs.Length];
        var found = new nint[inputs.Length];
        Value.Handles(inputs, leaves);
        fixed (nint* r = roots, g = grads, i = leaves, f = found)
            Check(Native.ft_grad(r, g, outputs.Length, i, inputs.Length, Flag(retainGraph || createGraph),
                Flag(createGraph), Flag(allowUnused), f), "Grad", outputs);
        Value.KeepAlive(outputs);
        Value.KeepAlive(inputs);
        Value.KeepAlive(gradOutputs);
        return Array.ConvertAll(found, h => h == 0 ? null : Tensor.Adopt(h, "Grad"));
    }

    private static int Flag(bool on) => on ? 1 : 0;

    private static void CheckLengths(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> gradOutputs)
    {
        if (!gradOutputs.IsEmpty && gradOutputs.Length != outputs.Length)
            throw new ArgumentException(
                $"{outputs.Length} outputs need as many gradients, or none; got {gradOutputs.Length}");
    }

    private static void Fill(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> gradOutputs, Span<nint> roots,
        Span<nint> grads)
    {
        Value.Handles(outputs, roots);
        grads.Clear();
        Value.Handles(gradOutputs, grads);
    }

    private static void Check(int status, string what, ReadOnlySpan<Tensor> outputs)
    {
        if (status == 0) return;
        var reason = Native.Error;
        throw new TorchException(what, string.Join(", ", outputs.ToArray().Select(t => Tensor.Describe(t.Handle))),
            reason);
    }
}
