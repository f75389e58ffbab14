// Devices: the number formats that a GPU may use inside a product, and the memory it has given out.
#include <ATen/Context.h>
#include <dlfcn.h>
#include <torch/cuda.h>

#include "handles.h"

// Only a CUDA build with the toolkit's headers can ask libtorch's allocator (see CMakeLists.txt).
#ifdef FIGMENT_CUDA
#include <c10/cuda/CUDACachingAllocator.h>
#endif

int ft_tf32(int32_t on) {
    auto& context = at::globalContext();
    if (on >= 0) {
        context.setAllowTF32CuBLAS(on != 0);
        context.setAllowTF32CuDNN(on != 0);
    }
    return context.allowTF32CuBLAS();
}

int ft_cuda_built() { return dlsym(RTLD_DEFAULT, "cudaGetDeviceCount") != nullptr; }

int ft_cuda_device_memory(int32_t index, int64_t* free_bytes, int64_t* total_bytes) {
    return guard([&] {
        TORCH_CHECK(index >= 0 && index < static_cast<int32_t>(torch::cuda::device_count()), "there is no cuda:", index);
        // libtorch has loaded the runtime; its C functions need no header of the toolkit.
        const auto set = reinterpret_cast<int (*)(int)>(dlsym(RTLD_DEFAULT, "cudaSetDevice"));
        const auto get = reinterpret_cast<int (*)(int*)>(dlsym(RTLD_DEFAULT, "cudaGetDevice"));
        const auto ask = reinterpret_cast<int (*)(size_t*, size_t*)>(dlsym(RTLD_DEFAULT, "cudaMemGetInfo"));
        TORCH_CHECK(set && get && ask, "the CUDA runtime is not loaded");
        int before = 0;
        size_t free_now = 0, total = 0;
        TORCH_CHECK(get(&before) == 0 && set(index) == 0 && ask(&free_now, &total) == 0 && set(before) == 0,
                    "the CUDA runtime does not answer for cuda:", index);
        *free_bytes = static_cast<int64_t>(free_now);
        *total_bytes = static_cast<int64_t>(total);
    });
}

int ft_cuda_peaks(int32_t index, int32_t reset, int64_t* allocated, int64_t* reserved) {
    *allocated = *reserved = 0;
#ifdef FIGMENT_CUDA
    return guard([&] {
        const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(index);
        *allocated = stats.allocated_bytes[0].peak;  // 0: both pools together
        *reserved = stats.reserved_bytes[0].peak;
        if (reset) c10::cuda::CUDACachingAllocator::resetPeakStats(index);
    });
#else
    (void)index, (void)reset;
    return 2;
#endif
}
