namespace Figment.Torch;

/// <summary>Memory of one GPU, in bytes.</summary>
/// <param name="Free">Not taken by any process.</param>
/// <param name="Total">All there is.</param>
public readonly record struct DeviceMemory(long Free, long Total);

/// <summary>The most memory that tensors of this process have taken on one GPU since the count began, in
/// bytes.</summary>
/// <param name="Allocated">Held by tensors.</param>
/// <param name="Reserved">Held by libtorch's allocator, for tensors and for reuse.</param>
public readonly record struct PeakMemory(long Allocated, long Reserved);

/// <summary>What only GPUs have.</summary>
public static unsafe class Cuda
{
    /// <summary>Whether this libtorch was built with CUDA, with a GPU in sight or not.</summary>
    public static bool IsBuiltIn => Native.ft_cuda_built() != 0;

    /// <summary>GPUs that this libtorch can use; 0 for a build without CUDA.</summary>
    public static int DeviceCount => Native.ft_cuda_devices();

    /// <summary>
    /// Whether products of Float32 matrices and convolutions may round their factors to TF32 (10 bits of mantissa),
    /// which tensor cores multiply several times faster. CPUs pay no heed to it.
    /// </summary>
    public static bool AllowTf32
    {
        get => Native.ft_tf32(-1) != 0;
        set => _ = Native.ft_tf32(value ? 1 : 0);
    }

    /// <summary>A GPU's memory as the driver tells it.</summary>
    /// <exception cref="TorchException">There is no such GPU.</exception>
    public static DeviceMemory MemoryOf(int index)
    {
        long free, total;
        Native.Check(Native.ft_cuda_device_memory(index, &free, &total));
        return new DeviceMemory(free, total);
    }

    /// <summary>The peaks of this process, or null where the bridge was built without the CUDA toolkit's
    /// headers.</summary>
    /// <param name="device">A GPU; the CPU has no such count.</param>
    /// <param name="reset">Begin the count anew.</param>
    public static PeakMemory? PeakOf(Device device, bool reset = false)
    {
        if (!device.IsCuda) return null;
        long allocated, reserved;
        var status = Native.ft_cuda_peaks(device.Index, reset ? 1 : 0, &allocated, &reserved);
        if (status == 2) return null;
        Native.Check(status);
        return new PeakMemory(allocated, reserved);
    }
}
