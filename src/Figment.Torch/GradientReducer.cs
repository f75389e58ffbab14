namespace Figment.Torch;

/// <summary>
/// Sums the gradients of some parameters over the ranks of a group, in buckets, while the backward pass still computes
/// others: a native hook on each parameter hands a bucket to the group as soon as its last gradient is there.
/// </summary>
/// <remarks>
/// Buckets hold the parameters from the last to the first, as their gradients come. A parameter that got a gradient on
/// some ranks only counts as zero on the others; one that got none anywhere stays without. Lay the parameters out
/// (device, type, memory format) before; the group must outlive the reducer.
/// </remarks>
public sealed unsafe class GradientReducer : IDisposable
{
    /// <summary>Bytes of a full bucket unless said otherwise; the first one is smaller.</summary>
    public const long DefaultBucketBytes = 25L << 20;

    private nint handle;

    /// <summary>Hooks onto the parameters.</summary>
    /// <param name="group">Whose ranks have the same parameters, in the same order.</param>
    /// <param name="parameters">Floating-point leaves; at least one.</param>
    /// <param name="bucketBytes">Bytes of a bucket; the first takes at most 1 MiB.</param>
    public GradientReducer(ProcessGroup group, ReadOnlySpan<Tensor> parameters, long bucketBytes = DefaultBucketBytes)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentOutOfRangeException.ThrowIfZero(parameters.Length, nameof(parameters));
        ArgumentOutOfRangeException.ThrowIfLessThan(bucketBytes, 1);
        var handles = new nint[parameters.Length];
        Value.Handles(parameters, handles);
        fixed (nint* p = handles)
            Native.Check(Native.ft_reducer_new(group.Handle, p, handles.Length, bucketBytes, out handle));
        Value.KeepAlive(parameters);
    }

    private nint Handle => handle != 0 ? handle : throw new ObjectDisposedException(nameof(GradientReducer));

    /// <summary>When each bucket of the last reduction was handed to the group, and when the backward pass ended, in
    /// nanoseconds of one clock.</summary>
    public (long[] Launched, long BackwardEnded) Times
    {
        get
        {
            var times = new long[Native.ft_reducer_times(Handle, null, 0)];
            fixed (long* t = times)
                _ = Native.ft_reducer_times(Handle, t, times.Length);
            return (times[..^1], times[^1]);
        }
    }

    /// <summary>From here the next backward pass is summed.</summary>
    /// <param name="flag">A number that travels with the gradients.</param>
    public void Begin(double flag = 0) => Native.Check(Native.ft_reducer_begin(Handle, flag));

    /// <summary>After the backward pass: returns when each parameter's gradient is the sum over the ranks.</summary>
    /// <returns>The sum of the ranks' flags, in the precision of the gradients.</returns>
    /// <exception cref="TorchException">A rank is lost, or a gradient was added to after it had been sent.</exception>
    public double End()
    {
        Native.Check(Native.ft_reducer_end(Handle, out var flags));
        return flags;
    }

    /// <summary>Takes the hooks away; a second call does nothing.</summary>
    public void Dispose()
    {
        var gone = Interlocked.Exchange(ref handle, 0);
        if (gone != 0) Native.ft_reducer_free(gone);
    }
}
