namespace Figment.Torch;

/// <summary>The libtorch that runs in this process.</summary>
public static unsafe class LibTorch
{
    /// <summary>As in <c>1.13.1</c>.</summary>
    public static string Version => Native.Text(Native.ft_version());

    /// <summary>How libtorch was built and what it runs in parallel with, in its own words.</summary>
    public static string Configuration => Native.Text(Native.ft_config());

    /// <summary>Threads that one operator may use; at least 1.</summary>
    public static int Threads
    {
        get => Native.ft_threads(0);
        set => _ = Native.ft_threads(value >= 1 ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "at least 1"));
    }

    /// <summary>Whether operators must give the same bits at every run; one that cannot throws.</summary>
    public static bool DeterministicAlgorithms
    {
        get => Native.ft_deterministic(-1) != 0;
        set => _ = Native.ft_deterministic(value ? 1 : 0);
    }

    /// <summary>What the elements of large CPU tensors take; zeros with <c>FIGMENT_ALLOCATOR=system</c>.</summary>
    public static TensorMemory Memory
    {
        get
        {
            Native.ft_memory(out var live, out var kept, out var segments);
            return new TensorMemory(live, kept, segments);
        }
    }

    /// <summary>
    /// Hands memory that is kept for later CPU tensors back to the system, and with glibc every free page of its heap.
    /// It takes a few milliseconds at most; a trainer does it before its first step.
    /// </summary>
    public static void ReleaseMemory() => Native.ft_trim_memory();

    /// <summary>Waits until a GPU has done all that was asked of it.</summary>
    public static void Synchronize(Device device)
    {
        if (device.IsCuda) Native.Check(Native.ft_cuda_synchronize(device.Index));
    }
}

/// <summary>Memory of large CPU tensors, in bytes.</summary>
/// <param name="Live">Of tensors of 2 MiB and more.</param>
/// <param name="Kept">Freed, and kept for the next tensors of that size.</param>
/// <param name="Segments">Reserved for tensors of 64 KiB to 2 MiB, used or not.</param>
public readonly record struct TensorMemory(long Live, long Kept, long Segments);

/// <summary>Kernels of the bridge that no operator offers. Each is one ADR.</summary>
public static unsafe class FusedKernels
{
    /// <summary>Adam's step <paramref name="t"/> (from 1) over all parameters, in one pass over memory.</summary>
    /// <param name="m">First moments, changed in place.</param>
    /// <param name="v">Second moments, changed in place.</param>
    /// <param name="decoupled">Weight decay as AdamW's instead of as an L2 penalty.</param>
    /// <returns>False, with nothing changed, where the tensors are not dense Float32 on the CPU.</returns>
    public static bool Adam(ReadOnlySpan<Tensor> parameters, ReadOnlySpan<Tensor> grads, ReadOnlySpan<Tensor> m,
        ReadOnlySpan<Tensor> v,
        double learningRate, double beta1, double beta2, double epsilon, double weightDecay, bool decoupled, long t)
    {
        var n = parameters.Length;
        if (grads.Length != n || m.Length != n || v.Length != n)
            throw new ArgumentException("one gradient and two moments a parameter");
        ArgumentOutOfRangeException.ThrowIfLessThan(t, 1);
        var handles = new nint[4 * n];
        Value.Handles(parameters, handles.AsSpan(0, n));
        Value.Handles(grads, handles.AsSpan(n, n));
        Value.Handles(m, handles.AsSpan(2 * n, n));
        Value.Handles(v, handles.AsSpan(3 * n, n));
        fixed (nint* p = handles)
        {
            var status =
                Native.ft_adam(p, p + n, p + (2 * n), p + (3 * n), n, learningRate, beta1, beta2, epsilon, weightDecay,
                decoupled ? 1 : 0, t);
            if (status == 2) return false;
            Native.Check(status);
        }

        Value.KeepAlive(parameters);
        Value.KeepAlive(grads);
        Value.KeepAlive(m);
        Value.KeepAlive(v);
        return true;
    }
}
