namespace Figment.Torch;

/// <summary>
/// Processes that compute together, numbered from 0 (their ranks). What one asks of the group every rank must ask, in
/// the same order and with tensors of the same shape and type. Gloo carries tensors of the CPU, NCCL those of a GPU.
/// </summary>
/// <remarks>
/// A watch of its own looks after the ranks twice a second. When one dies, or says that it failed, every wait of the
/// others ends within 25 s with a <see cref="TorchException"/> that names it. For one thread at a time.
/// </remarks>
public sealed unsafe class ProcessGroup : IDisposable
{
    private nint handle;

    private ProcessGroup(nint handle, int rank, int size) => (this.handle, Rank, Size) = (handle, rank, size);

    /// <summary>Whether this bridge was built with process groups (libtorch with c10d, and Gloo's headers).</summary>
    public static bool IsAvailable => Native.ft_group_available() != 0;

    /// <summary>This process's number, from 0.</summary>
    public int Rank { get; }

    /// <summary>How many processes there are.</summary>
    public int Size { get; }

    /// <summary>The port on which they met.</summary>
    public int Port => Native.ft_group_port(Handle);

    internal nint Handle => handle != 0 ? handle : throw new ObjectDisposedException(nameof(ProcessGroup));

    /// <summary>Meets the other ranks; returns when all are there.</summary>
    /// <param name="address">The host of rank 0, a name or an address.</param>
    /// <param name="port">A port there that is free; 0 lets rank 0 choose, which only suits a group of one.</param>
    /// <param name="rank">This process's number, in [0, size).</param>
    /// <param name="size">How many processes; at least 1.</param>
    /// <param name="patience">How long to wait for the others.</param>
    /// <exception cref="TorchException">The port is in use, nobody listens at the address, the others did not come in
    /// time, or the bridge was built without process groups; the message says which.</exception>
    public static ProcessGroup Join(string address, int port, int rank, int size, TimeSpan patience)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(address);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, size);
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        var status = Native.ft_group_open(address, port, rank, size, (long)patience.TotalMilliseconds, out var group);
        return status == 0
            ? new ProcessGroup(group, rank, size)
            : throw new TorchException("ProcessGroup.Join", $"rank {rank} of {size} at {address}:{port}", Native.Error);
    }

    /// <summary>Begins to replace a tensor's elements by their sums over all ranks.</summary>
    /// <param name="tensor">Numbers; not to be touched before the work is waited for.</param>
    public GroupWork AllReduce(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        Native.Check(Native.ft_group_all_reduce(Handle, tensor.Handle, out var work));
        GC.KeepAlive(tensor);
        return new GroupWork(work);
    }

    /// <summary>Gives every rank the elements that <paramref name="root"/> has, in place.</summary>
    public void Broadcast(Tensor tensor, int root = 0)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        Native.Check(Native.ft_group_broadcast(Handle, tensor.Handle, root));
        GC.KeepAlive(tensor);
    }

    /// <summary>Every rank's tensor, in the order of ranks. All have one shape and type; meant for small
    /// ones.</summary>
    public Tensor[] AllGather(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var found = new nint[Size];
        fixed (nint* f = found)
            Native.Check(Native.ft_group_gather(Handle, tensor.Handle, f));
        GC.KeepAlive(tensor);
        return Array.ConvertAll(found, t => Tensor.Adopt(t, nameof(AllGather)));
    }

    /// <summary>The sum over all ranks as a new tensor. Autograd records it: its gradient is summed over all ranks too,
    /// so every rank must take part in the backward pass.</summary>
    public Tensor Sum(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        nint sum;
        Native.Check(Native.ft_group_sum(Handle, tensor.Handle, &sum));
        GC.KeepAlive(tensor);
        return Tensor.Adopt(sum, nameof(Sum));
    }

    /// <summary>Returns when every rank has come here.</summary>
    public void Barrier() => Native.Check(Native.ft_group_barrier(Handle));

    /// <summary>Leaves because of an error: every other rank is told, and its waits end with <paramref name="reason"/>.
    /// Threads that hang in a collective are left to the end of the process.</summary>
    public void Abort(string reason)
    {
        if (handle == 0) return;
        _ = Native.ft_group_fault(handle, reason);
        Close(orderly: false);
    }

    /// <summary>Leaves the group in order: to be called by every rank when no work is under way. Rank 0 waits up to
    /// 10 s for the others' goodbye. A second call does nothing.</summary>
    public void Dispose() => Close(orderly: true);

    private void Close(bool orderly)
    {
        var gone = Interlocked.Exchange(ref handle, 0);
        if (gone != 0) Native.ft_group_close(gone, orderly ? 1 : 0);
    }
}

/// <summary>Something asked of a group that may still be under way. Wait for it once, before the group is
/// left.</summary>
public sealed class GroupWork
{
    private nint handle;

    internal GroupWork(nint handle) => this.handle = handle;

    /// <summary>Returns when it is done; a second call returns at once.</summary>
    /// <exception cref="TorchException">A rank is lost, and which.</exception>
    public void Wait()
    {
        var work = Interlocked.Exchange(ref handle, 0);
        if (work != 0) Native.Check(Native.ft_work_wait(work));
    }
}
