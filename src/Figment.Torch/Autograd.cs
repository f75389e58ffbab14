namespace Figment.Torch;

/// <summary>Derivatives of recorded computations.</summary>
public static unsafe class Autograd
{
    /// <summary>Sums the gradients of <paramref name="outputs"/> into the leaves that they depend on.</summary>
    /// <param name="gradOutputs">One weight tensor an output, or none for outputs of one element.</param>
    public static void Backward(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> gradOutputs, bool retainGraph = false, bool createGraph = false)
    {
        Span<nint> roots = stackalloc nint[outputs.Length], grads = stackalloc nint[outputs.Length];
        Fill(outputs, gradOutputs, roots, grads);
        fixed (nint* r = roots, g = grads)
            Native.Check(Native.ft_backward(r, g, outputs.Length, null, 0, retainGraph || createGraph ? 1 : 0, createGraph ? 1 : 0));
        Value.KeepAlive(outputs);
        Value.KeepAlive(gradOutputs);
    }

    /// <summary>The gradients of <paramref name="outputs"/> with respect to <paramref name="inputs"/>; nothing is added up anywhere.</summary>
    /// <param name="createGraph">Record the gradients themselves: a gradient penalty is differentiated through them.</param>
    /// <param name="allowUnused">Give null for an input that the outputs do not depend on, instead of an error.</param>
    public static Tensor?[] Grad(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> gradOutputs = default,
        bool retainGraph = false, bool createGraph = false, bool allowUnused = false)
    {
        Span<nint> roots = stackalloc nint[outputs.Length], grads = stackalloc nint[outputs.Length];
        Fill(outputs, gradOutputs, roots, grads);
        var leaves = new nint[inputs.Length];
        var found = new nint[inputs.Length];
        Value.Handles(inputs, leaves);
        fixed (nint* r = roots, g = grads, i = leaves, f = found)
            Native.Check(Native.ft_grad(r, g, outputs.Length, i, inputs.Length, retainGraph || createGraph ? 1 : 0, createGraph ? 1 : 0, allowUnused ? 1 : 0, f));
        Value.KeepAlive(outputs);
        Value.KeepAlive(inputs);
        Value.KeepAlive(gradOutputs);
        return Array.ConvertAll(found, h => h == 0 ? null : Tensor.Adopt(h, "Grad"));
    }

    private static void Fill(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> gradOutputs, Span<nint> roots, Span<nint> grads)
    {
        if (!gradOutputs.IsEmpty && gradOutputs.Length != outputs.Length)
            throw new ArgumentException($"{outputs.Length} outputs need as many gradients, or none; got {gradOutputs.Length}");
        Value.Handles(outputs, roots);
        grads.Clear();
        Value.Handles(gradOutputs, grads);
    }
}
