using System.Runtime.InteropServices;

namespace Figment.Torch;

// To and from memory.
public unsafe partial class Tensor
{
    /// <summary>A tensor of a copy of <paramref name="data"/>, in row-major order.</summary>
    /// <exception cref="ArgumentException">The shape does not have as many elements as the data.</exception>
    public static Tensor From<T>(ReadOnlySpan<T> data, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        CheckShape(data.Length, shape);
        var t = Ops.Empty(shape, DTypes.Of<T>());
        data.CopyTo(t.AsMutableSpan<T>());
        return t;
    }

    /// <inheritdoc cref="From{T}(ReadOnlySpan{T}, ReadOnlySpan{long})"/>
    public static Tensor From<T>(T[] data, params ReadOnlySpan<long> shape)
        where T : unmanaged => From((ReadOnlySpan<T>)data, shape);

    /// <summary>A tensor whose elements are the array's own, without a copy: a change of one is seen in the other.</summary>
    public static Tensor Wrap<T>(T[] data, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(data);
        CheckShape(data.Length, shape);
        var pin = GCHandle.Alloc(data, GCHandleType.Pinned);
        nint handle;
        fixed (long* sizes = shape)
        {
            var status = Native.ft_from_blob((void*)pin.AddrOfPinnedObject(), sizes, shape.Length, (int)DTypes.Of<T>(), &Unpin,
                (void*)GCHandle.ToIntPtr(pin), &handle);
            if (status != 0) pin.Free();
            Native.Check(status);
        }

        return Adopt(handle, "Wrap");
    }

    public static Tensor Zeros(ReadOnlySpan<long> shape, DType dtype = DType.Float32, Device? device = null) =>
        Ops.Zeros(shape, dtype, device);

    public static Tensor Ones(ReadOnlySpan<long> shape, DType dtype = DType.Float32, Device? device = null) =>
        Ops.Ones(shape, dtype, device);

    /// <summary>A tensor whose elements are whatever lay in its memory.</summary>
    public static Tensor Empty(ReadOnlySpan<long> shape, DType dtype = DType.Float32, Device? device = null) =>
        Ops.Empty(shape, dtype, device);

    public static Tensor Full(ReadOnlySpan<long> shape, Scalar value, DType dtype = DType.Float32, Device? device = null) =>
        Ops.Full(shape, value, dtype, device);

    /// <summary>A tensor of rank 0.</summary>
    public static Tensor Scalar(double value, DType dtype = DType.Float32, Device? device = null) =>
        Ops.ScalarTensor(value, dtype, device);

    /// <summary>0, 1, ..., <paramref name="end"/> - 1.</summary>
    public static Tensor Arange(long end, DType dtype = DType.Int64, Device? device = null) =>
        Ops.Arange(0L, end, 1L, dtype, device);

    /// <summary>The elements in place, row-major. Valid as long as the tensor lives.</summary>
    /// <exception cref="InvalidOperationException">Not on the CPU, not contiguous, or of another type.</exception>
    public ReadOnlySpan<T> AsSpan<T>()
        where T : unmanaged => AsMutableSpan<T>();

    /// <inheritdoc cref="AsSpan{T}"/>
    public Span<T> AsMutableSpan<T>()
        where T : unmanaged
    {
        var wanted = DTypes.Of<T>();
        if (DType != wanted) throw new InvalidOperationException($"The tensor holds {DType}, not {wanted}: convert it with To(DType.{wanted}).");
        return MemoryMarshal.Cast<byte, T>(AsBytes());
    }

    /// <summary>The elements' bytes in place, row-major, of any type.</summary>
    /// <exception cref="InvalidOperationException">Not on the CPU or not contiguous.</exception>
    public Span<byte> AsBytes()
    {
        var info = Info();
        if (new Device(info.Device).IsCuda) throw new InvalidOperationException("The tensor is on a GPU: bring it home with To(Device.Cpu).");
        if ((info.Flags & 4) == 0) throw new InvalidOperationException("The tensor's elements do not lie in row-major order: call Contiguous() first.");
        void* data;
        Native.Check(Native.ft_data(Handle, &data));
        return new Span<byte>(data, checked((int)(Count * ((DType)info.DType).Size())));
    }

    /// <summary>A copy of the elements in logical order, from any device and layout.</summary>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        var array = new T[Count];
        CopyTo(array.AsSpan());
        return array;
    }

    /// <summary>Copies the elements in logical order.</summary>
    public void CopyTo<T>(Span<T> destination)
        where T : unmanaged
    {
        var wanted = DTypes.Of<T>();
        if (DType != wanted) throw new InvalidOperationException($"The tensor holds {DType}, not {wanted}: convert it with To(DType.{wanted}).");
        if (destination.Length < Count) throw new ArgumentException($"room for {destination.Length} of {Count} elements", nameof(destination));
        if (!Device.IsCuda && IsContiguous())
        {
            AsSpan<T>().CopyTo(destination);
            return;
        }

        var here = Detach().To(Device.Cpu).Contiguous();
        here.AsSpan<T>().CopyTo(destination);
    }

    /// <summary>The only element.</summary>
    public T Item<T>()
        where T : unmanaged
    {
        if (Count != 1) throw new InvalidOperationException($"Item needs one element; the tensor's shape is [{Join(Shape)}].");
        Span<T> one = stackalloc T[1];
        CopyTo(one);
        return one[0];
    }

    /// <summary>The only element, of any real type, as a double.</summary>
    public double ToDouble() => DType switch
    {
        DType.Float64 => Item<double>(),
        DType.Float32 => Item<float>(),
        DType.Int64 => Item<long>(),
        DType.Int32 => Item<int>(),
        DType.Bool => Item<bool>() ? 1 : 0,
        _ => TensorScope.Run(static t => new Boxed(t.Detach().To(DType.Float64).Item<double>()), this).Value,
    };

    /// <summary>Sums the gradients of this scalar into every leaf that it depends on.</summary>
    /// <param name="gradient">The weight of each element; needed unless the tensor has one element.</param>
    /// <param name="retainGraph">Keep the graph, to go through it again.</param>
    /// <param name="createGraph">Record the gradients themselves, for second derivatives.</param>
    public void Backward(Tensor? gradient = null, bool retainGraph = false, bool createGraph = false) =>
        Autograd.Backward([this], gradient is null ? [] : [gradient], retainGraph, createGraph);

    private static void CheckShape(int length, ReadOnlySpan<long> shape)
    {
        long n = 1;
        foreach (var size in shape) n = checked(n * size);
        if (n != length) throw new ArgumentException($"{length} values do not fill the shape [{Join(shape)}], which has {n} elements");
    }

    [UnmanagedCallersOnly]
    private static void Unpin(void* context) => GCHandle.FromIntPtr((nint)context).Free();

    private readonly record struct Boxed(double Value);
}
