namespace Figment.Torch;

public unsafe partial class Tensor
{
    /// <summary>Copies values to a device. A GPU takes them from pinned memory while this thread goes on.</summary>
    /// <param name="data">Row-major; free to be changed when the call returns.</param>
    /// <param name="device">Where to.</param>
    /// <param name="shape">Of as many elements as there are values.</param>
    /// <remarks>libtorch keeps pinned buffers for the next copy, and gives none out again before its copy is
    /// done.</remarks>
    public static Tensor From<T>(ReadOnlySpan<T> data, Device device, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        if (!device.IsCuda) return From(data, shape);
        CheckShape(data.Length, shape);
        using var staging = Pinned(shape, DTypes.Of<T>()).Own();
        data.CopyTo(staging.AsMutableSpan<T>());
        return staging.To(device, staging.DType, nonBlocking: true);
    }

    private static Tensor Pinned(ReadOnlySpan<long> shape, DType dtype)
    {
        fixed (long* sizes = shape)
        {
            Value* a = stackalloc Value[6];
            a[0] = Value.IntList(sizes, shape.Length);
            a[1] = Value.Of(dtype);
            a[2] = Value.Default;
            a[3] = Value.Of(Device.Cpu);
            a[4] = Value.Of(true);
            a[5] = Value.Default;
            return Operators.Empty_memory_format.Call(a, 6);
        }
    }
}
