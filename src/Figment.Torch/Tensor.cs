using System.Runtime.InteropServices;

namespace Figment.Torch;

/// <summary>
/// An n-dimensional array of libtorch's. A tensor that an operator made belongs to the innermost
/// <see cref="TensorScope"/> and is released with it; with no scope open the garbage collector owns it.
/// <see cref="Own"/> takes it out of either.
/// </summary>
/// <remarks>
/// Operators are the generated methods and <see cref="Ops"/>. Each throws <see cref="TorchException"/>, which names the
/// operator and the shapes and types it was given, when libtorch refuses, and <see cref="ObjectDisposedException"/>
/// when a tensor was released. As with other .NET objects, one tensor must not be disposed by one thread while another
/// uses it.
/// </remarks>
public unsafe partial class Tensor : IDisposable
{
    private static long liveCount;

    private nint handle;
    private TensorScope? scope;
    private CollectedHandle? collected;
    private readonly string madeBy;

    private Tensor(nint handle, string madeBy)
    {
        this.handle = handle;
        this.madeBy = madeBy;
        Interlocked.Increment(ref liveCount);
    }

    /// <summary>
    /// Takes over <paramref name="source"/>, which is released by it; the new object owns the tensor.
    /// </summary>
    protected Tensor(Tensor source)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.Own();
        handle = source.Handle;
        madeBy = source.madeBy;
        source.handle = 0;
    }

    /// <summary>Tensors that some C# object holds, in the whole process.</summary>
    public static long LiveCount => Interlocked.Read(ref liveCount);

    /// <summary>Whether the tensor was released: by its scope, or by <see cref="Dispose()"/>.</summary>
    public bool IsReleased => handle == 0;

    internal nint Handle => handle != 0 ? handle : throw Released();

    /// <summary>The size of each dimension. It points into the tensor: copy it (<c>ToArray</c>) to keep it.</summary>
    public ReadOnlySpan<long> Shape
    {
        get
        {
            var info = Info();
            return Lasting(info.Sizes, info.Rank);
        }
    }

    /// <summary>
    /// Elements to step over, for one step in each dimension. It points into the tensor, as the shape does.
    /// </summary>
    public ReadOnlySpan<long> Strides
    {
        get
        {
            var info = Info();
            return Lasting(info.Strides, info.Rank);
        }
    }

    /// <summary>The number of dimensions.</summary>
    public int Rank => Info().Rank;

    /// <summary>The number of elements.</summary>
    public long Count
    {
        get
        {
            var info = Info();
            long n = 1;
            for (var i = 0; i < info.Rank; i++) n *= info.Sizes[i];
            GC.KeepAlive(this);
            return n;
        }
    }

    /// <summary>The type of the elements.</summary>
    public DType DType => (DType)Info().DType;

    /// <summary>Where the elements lie.</summary>
    public Device Device => new(Info().Device);

    /// <summary>
    /// Whether autograd records what is computed from this tensor. Set on leaves of a floating-point type only.
    /// </summary>
    public bool RequiresGrad
    {
        get => (Info().Flags & 1) != 0;
        set
        {
            Native.Check(Native.ft_requires_grad(Handle, value ? 1 : 0));
            GC.KeepAlive(this);
        }
    }

    /// <summary>Whether the tensor is no result of a recorded operator; gradients gather only in leaves.</summary>
    public bool IsLeaf => (Info().Flags & 2) != 0;

    /// <summary>
    /// The gradient that <see cref="Backward"/> added up; null when there is none. One that is set must have this
    /// tensor's shape, type and device.
    /// </summary>
    public Tensor? Grad
    {
        get
        {
            nint grad;
            Native.Check(Native.ft_grad_get(Handle, &grad));
            GC.KeepAlive(this);
            return grad == 0 ? null : Adopt(grad, "Grad");
        }

        set
        {
            Native.Check(Native.ft_grad_set(Handle, value?.Handle ?? 0));
            GC.KeepAlive(this);
            GC.KeepAlive(value);
        }
    }

    /// <summary>The size of one dimension; -1 is the last.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has no such dimension.</exception>
    public long Size(int dim)
    {
        var shape = Shape;
        var at = dim < 0 ? dim + shape.Length : dim;
        return at >= 0 && at < shape.Length
            ? shape[at]
            : throw new ArgumentOutOfRangeException(nameof(dim), dim,
                $"a tensor of shape [{Join(shape)}] has no such dimension");
    }

    /// <summary>Whether the elements lie dense and in the order of <paramref name="format"/>.</summary>
    public bool IsContiguous(MemoryFormat format = MemoryFormat.Contiguous) => (Info().Flags & format switch
    {
        MemoryFormat.Contiguous => 4,
        MemoryFormat.ChannelsLast => 8,
        MemoryFormat.ChannelsLast3d => 16,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "name a definite format"),
    }) != 0;

    /// <summary>Lets this tensor stand for <paramref name="source"/>'s elements; whoever holds it sees them.</summary>
    /// <remarks>
    /// Shape and layout may change; the identity of the tensor, its gradient and its place in a module do not.
    /// </remarks>
    public void SetData(Tensor source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Native.Check(Native.ft_set_data(Handle, source.Handle));
        GC.KeepAlive(this);
        GC.KeepAlive(source);
    }

    /// <summary>This tensor on another device, or this tensor itself when it is there already.</summary>
    public Tensor To(Device device) => Device == device ? this : To(device, DType);

    /// <summary>Takes the tensor out of its scope or from the garbage collector: the caller disposes it.</summary>
    /// <returns>This tensor.</returns>
    public Tensor Own()
    {
        _ = Handle;
        scope = null;
        collected?.Forget();
        collected = null;
        return this;
    }

    /// <summary>Releases the tensor; a second call does nothing.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <param name="disposing">Always true: no tensor has a finalizer of its own.</param>
    protected virtual void Dispose(bool disposing)
    {
        var gone = Interlocked.Exchange(ref handle, 0);
        if (gone == 0) return;
        collected?.Forget();
        collected = null;
        scope = null;
        Interlocked.Decrement(ref liveCount);
        Native.ft_release(&gone, 1);
    }

    /// <summary>Wraps a handle that the bridge gave away, in the innermost scope.</summary>
    internal static Tensor Adopt(nint handle, string madeBy)
    {
        var t = new Tensor(handle, madeBy);
        t.Enter(TensorScope.Current);
        return t;
    }

    internal bool BelongsTo(TensorScope candidate) => ReferenceEquals(scope, candidate) && handle != 0;

    /// <summary>Moves the tensor to another scope; to the garbage collector when there is none.</summary>
    internal void Enter(TensorScope? next)
    {
        scope = next;
        if (next is not null) next.Add(this);
        else collected = new CollectedHandle(handle);
    }

    /// <summary>Gives the handle up to the scope, which releases all of its own in one call.</summary>
    internal nint Surrender()
    {
        var gone = handle;
        handle = 0;
        scope = null;
        Interlocked.Decrement(ref liveCount);
        return gone;
    }

    internal static string Describe(nint handle)
    {
        TensorInfo info;
        Native.Check(Native.ft_info(handle, &info));
        return $"{(DType)info.DType}[{Join(new ReadOnlySpan<long>(info.Sizes, info.Rank))}]";
    }

    internal static string Join(ReadOnlySpan<long> shape) => string.Join(", ", shape.ToArray());

    private TensorInfo Info()
    {
        TensorInfo info;
        Native.Check(Native.ft_info(Handle, &info));
        GC.KeepAlive(this);
        return info;
    }

    // A collected tensor may go while its span is still read, so its sizes are copied; a scope's tensor cannot.
    private ReadOnlySpan<long> Lasting(long* native, int n)
    {
        var span = new ReadOnlySpan<long>(native, n);
        if (collected is not null) span = span.ToArray();
        GC.KeepAlive(this);
        return span;
    }

    private ObjectDisposedException Released() => new(null,
        $"This tensor, made by {madeBy}, was released: its scope closed, or it was disposed. "
        + "Return it from TensorScope.Run to keep it, or Own() it.");

    /// <summary>
    /// Releases a tensor that no scope owns once nothing refers to it. Scoped tensors need no finalizer.
    /// </summary>
    private sealed class CollectedHandle
    {
        private readonly long bytes;
        private nint handle;

        public CollectedHandle(nint handle)
        {
            this.handle = handle;
            // What another tensor shares was counted with that one: a view, however far expanded, adds nothing.
            bytes = Native.ft_own_bytes(handle);
            if (bytes > 0) GC.AddMemoryPressure(bytes);
        }

        ~CollectedHandle()
        {
            if (handle == 0) return;
            var gone = handle;
            Interlocked.Decrement(ref liveCount);
            Native.ft_release(&gone, 1);
            if (bytes > 0) GC.RemoveMemoryPressure(bytes);
        }

        public void Forget()
        {
            handle = 0;
            if (bytes > 0) GC.RemoveMemoryPressure(bytes);
#pragma warning disable CA1816 // the handle has gone to another owner, so there is nothing left to finalize
            GC.SuppressFinalize(this);
#pragma warning restore CA1816
        }
    }
}
