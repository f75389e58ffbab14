using System.Runtime.InteropServices;

namespace Figment.Torch;

// To and from memory.
public unsafe partial class Tensor
{
    /// <summary>A tensor of a copy of <paramref name="data"/>, in row-major order.</summary>
    /// <param name="data">Bytes, integers, floating-point numbers (Half to double) or truth values.</param>
    /// <param name="shape">Its sizes multiply to the number of values; none at all is a tensor of rank 0.</param>
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
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(data);
        return From((ReadOnlySpan<T>)data, shape);
    }

    /// <summary>
    /// A tensor whose elements are the array's own, without a copy: a change of one is seen in the other.
    /// </summary>
    /// <remarks>The array stays pinned until the last tensor that shares its elements is released.</remarks>
    /// <exception cref="ArgumentException">The shape does not have as many elements as the array.</exception>
    public static Tensor Wrap<T>(T[] data, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(data);
        CheckShape(data.Length, shape);
        var pin = GCHandle.Alloc(data, GCHandleType.Pinned);
        nint handle;
        fixed (long* sizes = shape)
        {
            var status =
                Native.ft_from_blob((void*)pin.AddrOfPinnedObject(), sizes, shape.Length, (int)DTypes.Of<T>(), &Unpin,
                (void*)GCHandle.ToIntPtr(pin), &handle);
            if (status != 0) pin.Free();
            Native.Check(status);
        }

        return Adopt(handle, "Wrap");
    }

    /// <summary>A tensor of zeros.</summary>
    public static Tensor Zeros(ReadOnlySpan<long> shape, DType dtype = DType.Float32, Device? device = null) =>
        Ops.Zeros(shape, dtype, device);

    /// <summary>A tensor of ones.</summary>
    public static Tensor Ones(ReadOnlySpan<long> shape, DType dtype = DType.Float32, Device? device = null) =>
        Ops.Ones(shape, dtype, device);

    /// <summary>A tensor whose elements are whatever lay in its memory.</summary>
    public static Tensor Empty(ReadOnlySpan<long> shape, DType dtype = DType.Float32, Device? device = null) =>
        Ops.Empty(shape, dtype, device);

    /// <summary>A tensor whose elements are all <paramref name="value"/>.</summary>
    public static Tensor Full(ReadOnlySpan<long> shape, Scalar value, DType dtype = DType.Float32,
        Device? device = null) =>
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
        CheckType<T>();
        return new Span<T>(Data(out var info), checked((int)(Bytes(info) / sizeof(T))));
    }

    /// <summary>The elements' bytes in place, row-major, of any type.</summary>
    /// <exception cref="InvalidOperationException">Not on the CPU or not contiguous.</exception>
    public Span<byte> AsBytes()
    {
        var data = Data(out var info);
        return Bytes(info) is var bytes && bytes <= int.MaxValue
            ? new Span<byte>(data, (int)bytes)
            : throw new InvalidOperationException(
                $"The tensor has {bytes} bytes, more than one span can hold: take it in parts.");
    }

    /// <summary>A copy of the elements in logical order, from any device and layout.</summary>
    /// <exception cref="InvalidOperationException">The elements are of another type.</exception>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        var array = new T[Count];
        CopyTo(array.AsSpan());
        return array;
    }

    /// <summary>Copies the elements in logical order, from any device and layout.</summary>
    /// <param name="destination">Room for at least <see cref="Count"/> elements.</param>
    /// <exception cref="InvalidOperationException">The elements are of another type.</exception>
    /// <exception cref="ArgumentException">There is too little room.</exception>
    public void CopyTo<T>(Span<T> destination)
        where T : unmanaged
    {
        CheckType<T>();
        if (destination.Length < Count)
            throw new ArgumentException($"room for {destination.Length} of {Count} elements", nameof(destination));
        if (!Device.IsCuda && IsContiguous())
        {
            AsSpan<T>().CopyTo(destination);
            return;
        }

        using var here = TensorScope.Run(static t => t.Detach().To(Device.Cpu).Contiguous(), this);
        here.AsSpan<T>().CopyTo(destination);
    }

    /// <summary>The only element.</summary>
    /// <exception cref="InvalidOperationException">There is not one element, or it is of another type.</exception>
    public T Item<T>()
        where T : unmanaged
    {
        if (Count != 1)
            throw new InvalidOperationException($"Item needs one element; the tensor's shape is [{Join(Shape)}].");
        Span<T> one = stackalloc T[1];
        CopyTo(one);
        return one[0];
    }

    /// <summary>The only element, of any real type, as a double.</summary>
    /// <exception cref="InvalidOperationException">There is not one element, or it is complex.</exception>
    public double ToDouble() => DType switch
    {
        DType.Float64 => Item<double>(),
        DType.Float32 => Item<float>(),
        DType.Int64 => Item<long>(),
        DType.Int32 => Item<int>(),
        DType.Bool => Item<bool>() ? 1 : 0,
        DType.Complex64 or DType.Complex128 =>
            throw new InvalidOperationException("The element is complex: take Real() or Imag() first."),
        _ => TensorScope.Run(static t => t.Detach().To(DType.Float64).Item<double>(), this),
    };

    /// <summary>Sums the gradients of this tensor into <see cref="Grad"/> of every leaf that it depends on.</summary>
    /// <param name="gradient">The weight of each element; needed unless the tensor has one element.</param>
    /// <param name="retainGraph">Keep the graph, to go through it again.</param>
    /// <param name="createGraph">Record the gradients themselves, for second derivatives.</param>
    public void Backward(Tensor? gradient = null, bool retainGraph = false, bool createGraph = false) =>
        Autograd.Backward([this], gradient is null ? [] : [gradient], retainGraph, createGraph);

    private static void CheckShape(int length, ReadOnlySpan<long> shape)
    {
        long n = 1;
        foreach (var size in shape)
            n = size >= 0 ? checked(n * size)
                : throw new ArgumentException($"the shape [{Join(shape)}] has a negative size");
        if (n != length)
            throw new ArgumentException(
                $"{length} values do not fill the shape [{Join(shape)}], which has {n} elements");
    }

    private void CheckType<T>()
        where T : unmanaged
    {
        if (DType is var held && DTypes.Of<T>() is var wanted && held != wanted)
            throw new InvalidOperationException(
                $"The tensor holds {held}, not {wanted}: convert it with To(DType.{wanted}).");
    }

    private void* Data(out TensorInfo info)
    {
        info = Info();
        if (new Device(info.Device).IsCuda)
            throw new InvalidOperationException("The tensor is on a GPU: bring it home with To(Device.Cpu).");
        if ((info.Flags & 4) == 0)
            throw new InvalidOperationException(
                "The tensor's elements do not lie in row-major order: call Contiguous() first.");
        void* data;
        Native.Check(Native.ft_data(Handle, &data));
        GC.KeepAlive(this);
        return data;
    }

    private long Bytes(in TensorInfo info) => Count * ((DType)info.DType).Size();

    [UnmanagedCallersOnly]
    private static void Unpin(void* context) => GCHandle.FromIntPtr((nint)context).Free();
}
