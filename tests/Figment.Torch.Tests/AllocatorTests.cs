using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>Where the elements of CPU tensors lie: native/torch/allocator.cpp.</summary>
public class AllocatorTests : EngineTest
{
    private const long Mebibyte = 1 << 20;

    [Fact]
    public void A_freed_buffer_serves_the_next_tensor_of_its_size()
    {
        LibTorch.ReleaseMemory();
        var before = LibTorch.Memory;
        nint First() => TensorScope.Run(() => Address(Tensor.Empty([8, Mebibyte]))); // 32 MiB
        var address = First();
        Assert.Equal(before.Live, LibTorch.Memory.Live);
        Assert.Equal(32 * Mebibyte, LibTorch.Memory.Kept);
        Assert.Equal(address, First());
        LibTorch.ReleaseMemory();
        Assert.Equal(0, LibTorch.Memory.Kept);
    }

    [Fact]
    public void What_is_kept_never_exceeds_what_once_lived()
    {
        LibTorch.ReleaseMemory();
        var peak = LibTorch.Memory.Live;
        for (var mebibytes = 2; mebibytes < 60; mebibytes = (mebibytes * 4 / 3) + 1)
        {
            TensorScope.Run(() =>
            {
                var pair = new[] { Tensor.Empty([mebibytes * Mebibyte / 4]), Tensor.Empty([mebibytes * Mebibyte / 4]) };
                peak = Math.Max(peak, LibTorch.Memory.Live);
                GC.KeepAlive(pair);
            });
            var memory = LibTorch.Memory;
            Assert.InRange(memory.Live + memory.Kept, 0, peak);
        }

        LibTorch.ReleaseMemory();
    }

    // Every tensor holds its own number; if two ever shared memory, one would read the other's.
    [Fact]
    public async Task Tensors_of_all_sizes_never_overlap()
    {
        var threads = Enumerable.Range(0, 3).Select(seed => Task.Run(() => TensorScope.Run(() =>
        {
            var random = new Random(seed);
            var held = new List<(Tensor Tensor, float Value)>();
            for (var i = 0; i < 1500; i++)
            {
                if (held.Count > 20 || (held.Count > 0 && random.Next(3) == 0))
                {
                    var at = random.Next(held.Count);
                    var (tensor, value) = held[at];
                    var ends = TensorScope.Run(() => (tensor.Min().Item<float>(), tensor.Max().Item<float>()));
                    Assert.Equal((value, value), ends);
                    tensor.Dispose();
                    held.RemoveAt(at);
                }

                var count = (long)Math.Pow(2, random.NextDouble() * 21); // 4 bytes to 8 MiB
                held.Add((Tensor.Full([count], i, DType.Float32).Own(), i));
            }

            foreach (var (tensor, _) in held) tensor.Dispose();
        }))).ToArray();
        await Task.WhenAll(threads);
    }

    [Fact]
    public void Large_tensors_begin_at_a_huge_page() => TensorScope.Run(() =>
    {
        Assert.Equal(0, Address(Tensor.Empty([3, Mebibyte])) % (2 * Mebibyte));
        foreach (var count in new long[] { 1, 1000, 20_000, 300_000 })
            Assert.Equal(0, Address(Tensor.Empty([count])) % 64); // as libtorch's own: vectors are loaded aligned
    });

    [Fact]
    public void Free_pages_of_the_heap_go_back() => Assert.InRange(
        GivenBack(LibTorch.ReleaseMemory), 128 * Mebibyte, 300 * Mebibyte);

    // oneDNN's scratch memory makes the heap grow, so products hand free pages back now and then: native/torch/products.cpp.
    [Fact]
    public void Free_pages_of_the_heap_go_back_after_many_products()
    {
        if (Environment.GetEnvironmentVariable("FIGMENT_PRODUCTS") == "blas")
            Assert.Skip("FIGMENT_PRODUCTS=blas is set, and the BLAS keeps its memory itself; unset it");
        Assert.InRange(GivenBack(() => TensorScope.Run(() =>
        {
            var square = Tensor.Ones([1024, 1024]);
            for (var i = 0; i < 16; i++) TensorScope.Run(() => square.MatMul(square)); // 2^30 multiplications each
        })), 128 * Mebibyte, 300 * Mebibyte);
    }

    // By how much the process shrinks. A small tensor that lives on at the heap's end keeps glibc from shrinking it by itself.
    private static long GivenBack(Action action)
    {
        LibTorch.ReleaseMemory(); // what other tests left is not counted
        var last = TensorScope.Run(() =>
        {
            var held = Enumerable.Range(0, 8000).Select(_ => Tensor.Zeros([8000])).ToList(); // 8,000 times 32,000 bytes
            return held[^1];
        }).Own();
        var full = Environment.WorkingSet;
        action();
        var given = full - Environment.WorkingSet;
        last.Dispose();
        return given;
    }

    private static unsafe nint Address(Tensor t)
    {
        fixed (float* p = t.AsSpan<float>()) return (nint)p;
    }
}
