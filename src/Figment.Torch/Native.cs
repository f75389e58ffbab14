using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Figment.Torch.Runtime;

namespace Figment.Torch;

/// <summary>
/// The bridge's functions, as native/torch/bridge.h declares them. No other file of Figment says "native".
/// </summary>
internal static unsafe partial class Native
{
    private const string Library = "figment_torch";

    // Tunes the process and finds the bridge before its first function is called.
    static Native() => NativeLoader.EnsureLoaded();

    [LibraryImport(Library)] internal static partial byte* ft_error();
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ft_find(string name, string overload, string signature, out nint op);
    [LibraryImport(Library)]
    internal static partial int ft_call(nint op, Value* args, int n, Value* outs, int capacity, int* count);
    [LibraryImport(Library)] internal static partial int ft_pending(Value* outs, int capacity);
    [LibraryImport(Library)] internal static partial void ft_release(nint* tensors, int n);
    [LibraryImport(Library)] internal static partial int ft_info(nint tensor, TensorInfo* info);
    [LibraryImport(Library)] internal static partial int ft_data(nint tensor, void** data);
    [LibraryImport(Library)] internal static partial long ft_own_bytes(nint tensor);
    [LibraryImport(Library)]
    internal static partial int ft_from_blob(void* data, long* sizes, int rank, int dtype,
        delegate* unmanaged<void*, void> release, void* context, nint* tensor);
    [LibraryImport(Library)] internal static partial int ft_set_data(nint tensor, nint source);
    [LibraryImport(Library)] internal static partial int ft_requires_grad(nint tensor, int on);
    [LibraryImport(Library)] internal static partial int ft_grad_get(nint tensor, nint* grad);
    [LibraryImport(Library)] internal static partial int ft_grad_set(nint tensor, nint grad);
    [LibraryImport(Library)] internal static partial int ft_grad_mode(int on);
    [LibraryImport(Library)]
    internal static partial int ft_backward(nint* roots, nint* grads, int n, nint* inputs, int m, int retain,
        int create);
    [LibraryImport(Library)]
    internal static partial int ft_grad(nint* outputs, nint* grads, int n, nint* inputs, int m, int retain, int create,
        int unused, nint* result);
    [LibraryImport(Library)] internal static partial int ft_generator_new(int device, ulong seed, out nint generator);
    [LibraryImport(Library)] internal static partial void ft_generator_free(nint generator);
    [LibraryImport(Library)] internal static partial int ft_generator_state(nint generator, nint* state);
    [LibraryImport(Library)] internal static partial int ft_generator_restore(nint generator, nint state);
    [LibraryImport(Library)]
    internal static partial int ft_adam(nint* parameters, nint* grads, nint* m, nint* v, int n, double lr, double beta1,
        double beta2, double eps, double decay, int decoupled, long t);
    [LibraryImport(Library)] internal static partial int ft_group_available();
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ft_group_open(string host, int port, int rank, int size, long joinMs, out nint group);
    [LibraryImport(Library)] internal static partial int ft_group_port(nint group);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ft_group_fault(nint group, string why);
    [LibraryImport(Library)] internal static partial void ft_group_close(nint group, int orderly);
    [LibraryImport(Library)] internal static partial int ft_group_all_reduce(nint group, nint tensor, out nint work);
    [LibraryImport(Library)] internal static partial int ft_group_broadcast(nint group, nint tensor, int root);
    [LibraryImport(Library)] internal static partial int ft_group_gather(nint group, nint tensor, nint* result);
    [LibraryImport(Library)] internal static partial int ft_group_barrier(nint group);
    [LibraryImport(Library)] internal static partial int ft_group_sum(nint group, nint tensor, nint* result);
    [LibraryImport(Library)] internal static partial int ft_work_wait(nint work);
    [LibraryImport(Library)]
    internal static partial int ft_reducer_new(nint group, nint* parameters, int n, long bucketBytes, out nint reducer);
    [LibraryImport(Library)] internal static partial void ft_reducer_free(nint reducer);
    [LibraryImport(Library)] internal static partial int ft_reducer_begin(nint reducer, double flag);
    [LibraryImport(Library)] internal static partial int ft_reducer_end(nint reducer, out double flags);
    [LibraryImport(Library)] internal static partial int ft_reducer_times(nint reducer, long* ns, int capacity);
    [LibraryImport(Library)] internal static partial void ft_trim_memory();
    [LibraryImport(Library)] internal static partial void ft_memory(out long live, out long kept, out long segments);
    [LibraryImport(Library)] internal static partial byte* ft_version();
    [LibraryImport(Library)] internal static partial byte* ft_config();
    [LibraryImport(Library)] internal static partial int ft_threads(int set);
    [LibraryImport(Library)] internal static partial int ft_deterministic(int on);
    [LibraryImport(Library)]
    internal static partial int ft_recompute(nint output, nint* inputs, int n,
        delegate* unmanaged<void*, nint, nint*, int, int> compute, delegate* unmanaged<void*, void> release,
        void* context, nint* result);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void ft_set_error(string text);
    [LibraryImport(Library)] internal static partial int ft_tf32(int on);
    [LibraryImport(Library)] internal static partial int ft_cuda_built();
    [LibraryImport(Library)] internal static partial int ft_cuda_devices();
    [LibraryImport(Library)] internal static partial int ft_cuda_device_memory(int index, long* free, long* total);
    [LibraryImport(Library)]
    internal static partial int ft_cuda_peaks(int index, int reset, long* allocated, long* reserved);
    [LibraryImport(Library)] internal static partial int ft_cuda_synchronize(int index);

    /// <summary>libtorch's text for the last failure on this thread.</summary>
    internal static string Error => Text(ft_error());

    internal static string Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? "";

    internal static void Check(int status, [CallerMemberName] string what = "")
    {
        if (status != 0) throw new TorchException(what, "", Error);
    }
}

/// <summary>What ft_info tells of a tensor; the sizes and strides lie in native memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TensorInfo
{
    public long* Sizes;
    public long* Strides;
    public int Rank;
    public int DType;
    public int Device;
    public int Flags;
}
