using System.Runtime.InteropServices;

namespace Figment.Torch;

public static unsafe partial class Autograd
{
    /// <summary>
    /// Gives a value that was computed unrecorded a place in the graph: in the backward pass
    /// <paramref name="backward"/> computes the gradients of <paramref name="inputs"/>, with recording on.
    /// </summary>
    /// <param name="output">The value; its elements are shared.</param>
    /// <param name="inputs">What it depends on; those that need no gradient get none.</param>
    /// <param name="backward">The output's gradient to one gradient an input, or null. It may be called by another
    /// thread, and again while the graph is retained.</param>
    /// <param name="release">Called once, by any thread, when the graph goes: frees what backward needs.</param>
    /// <remarks>Such a value cannot be differentiated twice; that throws.</remarks>
    public static Tensor Recorded(Tensor output, ReadOnlySpan<Tensor> inputs, Func<Tensor, Tensor?[]> backward,
        Action release)
    {
        ArgumentNullException.ThrowIfNull(output);
        var handles = new nint[inputs.Length];
        Value.Handles(inputs, handles);
        // Freed by Release, which the bridge calls also when this call fails.
        var context = GCHandle.Alloc(new RecordedFunction(backward, release));
        nint result;
        fixed (nint* i = handles)
            Native.Check(Native.ft_recompute(output.Handle, i, inputs.Length, &Compute, &Release,
                (void*)GCHandle.ToIntPtr(context), &result), nameof(Recorded));
        GC.KeepAlive(output);
        Value.KeepAlive(inputs);
        return Tensor.Adopt(result, nameof(Recorded));
    }

    // No exception may pass through libtorch: its text goes through the bridge and is thrown again by the caller of
    // Backward.
    [UnmanagedCallersOnly]
    private static int Compute(void* context, nint gradient, nint* gradients, int n)
    {
        var recording = Native.ft_grad_mode(1);
        try
        {
            var function = (RecordedFunction)GCHandle.FromIntPtr((nint)context).Target!;
            var into = gradients;
            TensorScope.Run(() =>
            {
                var found = function.Backward(Tensor.Adopt(gradient, "Backward"));
                for (var i = 0; i < n; i++) into[i] = found[i]?.Surrender() ?? 0;
            });
            return 0;
        }
        catch (Exception error)
        {
            Native.ft_set_error(error.Message);
            return 1;
        }
        finally
        {
            _ = Native.ft_grad_mode(recording);
        }
    }

    [UnmanagedCallersOnly]
    private static void Release(void* context)
    {
        var handle = GCHandle.FromIntPtr((nint)context);
        ((RecordedFunction)handle.Target!).Release();
        handle.Free();
    }

    private sealed record RecordedFunction(Func<Tensor, Tensor?[]> Backward, Action Release);
}
