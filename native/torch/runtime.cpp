// What is no operator: storage, autograd, generators, threads and devices.
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include "handles.h"

namespace {
thread_local std::string error;
}

void set_error(const char* text) noexcept {
    try {
        error = text;
    } catch (...) {
        error.clear();  // no memory even for the reason
    }
}

const char* ft_error() { return error.c_str(); }

void ft_release(FtTensor* tensors, int32_t n) {
    for (int32_t i = 0; i < n; i++)
        if (tensors[i])
            c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(
                reinterpret_cast<c10::TensorImpl*>(tensors[i]));
}

int ft_info(FtTensor handle, FtTensorInfo* out) {
    return guard([&] {
        const Lent lent(handle);
        const at::Tensor& t = *lent;
        out->sizes = t.sizes().data();
        out->strides = t.strides().data();
        out->rank = static_cast<int32_t>(t.dim());
        out->dtype = static_cast<int32_t>(t.scalar_type());
        out->device = code_of(t.device());
        out->flags = (t.requires_grad() ? 1 : 0) | (t.is_leaf() ? 2 : 0) | (t.is_contiguous() ? 4 : 0) |
                     (t.is_contiguous(at::MemoryFormat::ChannelsLast) ? 8 : 0) |
                     (t.is_contiguous(at::MemoryFormat::ChannelsLast3d) ? 16 : 0);
    });
}

int ft_data(FtTensor t, void** out) {
    return guard([&] { *out = Lent(t)->data_ptr(); });
}

int64_t ft_own_bytes(FtTensor t) {
    int64_t bytes = 0;
    guard([&] {
        const Lent lent(t);
        if (lent->has_storage() && lent->storage().use_count() == 1)
            bytes = static_cast<int64_t>(lent->storage().nbytes());
    });
    return bytes;
}

int ft_from_blob(void* data, const int64_t* sizes, int32_t rank, int32_t dtype, void (*release)(void*), void* context,
                 FtTensor* out) {
    return guard([&] {
        const auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype));
        *out = give(at::from_blob(data, c10::IntArrayRef(sizes, rank), [=](void*) { release(context); }, options));
    });
}

int ft_set_data(FtTensor t, FtTensor source) {
    return guard([&] { borrow(t).set_data(borrow(source)); });
}

int ft_requires_grad(FtTensor t, int32_t on) {
    return guard([&] { borrow(t).requires_grad_(on != 0); });
}

int ft_grad_get(FtTensor t, FtTensor* out) {
    return guard([&] { *out = give(borrow(t).grad()); });
}

int ft_grad_set(FtTensor t, FtTensor grad) {
    return guard([&] {
        const at::Tensor owner = borrow(t), g = borrow(grad);
        if (g.defined()) {
            TORCH_CHECK(g.sizes() == owner.sizes(), "a gradient of shape ", g.sizes(), " for a tensor of shape ",
                        owner.sizes());
            TORCH_CHECK(g.scalar_type() == owner.scalar_type(), "a gradient of type ", g.scalar_type(),
                        " for a tensor of type ", owner.scalar_type());
            TORCH_CHECK(g.device() == owner.device(), "a gradient on ", g.device(), " for a tensor on ", owner.device());
            TORCH_CHECK(!g.is_same(owner), "a tensor cannot be its own gradient");
        }
        owner.mutable_grad() = g;
    });
}

int ft_grad_mode(int32_t on) {
    const bool was = c10::GradMode::is_enabled();
    if (on >= 0) c10::GradMode::set_enabled(on != 0);
    return was;
}

int ft_backward(const FtTensor* roots, const FtTensor* grads, int32_t n, const FtTensor* inputs, int32_t m,
                int32_t retain, int32_t create) {
    return guard([&] {
        torch::autograd::backward(borrow_all(roots, n), borrow_all(grads, n), retain != 0, create != 0,
                                  borrow_all(inputs, m));
    });
}

int ft_grad(const FtTensor* outputs, const FtTensor* grads, int32_t n, const FtTensor* inputs, int32_t m,
            int32_t retain, int32_t create, int32_t unused, FtTensor* out) {
    return guard([&] {
        auto result = torch::autograd::grad(borrow_all(outputs, n), borrow_all(inputs, m), borrow_all(grads, n),
                                            retain != 0, create != 0, unused != 0);
        for (int32_t i = 0; i < m; i++) out[i] = give(std::move(result[i]));
    });
}

int ft_generator_new(int32_t device, uint64_t seed, FtGenerator* out) {
    return guard([&] {
        at::Generator g = at::globalContext().defaultGenerator(device_of(device)).clone();
        g.set_current_seed(seed);
        *out = reinterpret_cast<FtGenerator>(new at::Generator(std::move(g)));
    });
}

void ft_generator_free(FtGenerator g) { delete reinterpret_cast<at::Generator*>(g); }

int ft_generator_state(FtGenerator g, FtTensor* out) {
    return guard([&] { *out = give(reinterpret_cast<at::Generator*>(g)->get_state()); });
}

int ft_generator_restore(FtGenerator g, FtTensor state) {
    return guard([&] { reinterpret_cast<at::Generator*>(g)->set_state(borrow(state)); });
}

const char* ft_version() { return TORCH_VERSION; }

const char* ft_config() {
    static const std::string text = at::show_config() + at::get_parallel_info();
    return text.c_str();
}

int ft_threads(int32_t set) {
    if (set > 0) at::set_num_threads(set);
    return at::get_num_threads();
}

int ft_deterministic(int32_t on) {
    if (on >= 0) {
        at::globalContext().setDeterministicAlgorithms(on != 0, false);
        at::globalContext().setDeterministicCuDNN(on != 0);
    }
    return at::globalContext().deterministicAlgorithms();
}

int ft_cuda_devices() {
    int n = 0;
    return guard([&] { n = static_cast<int>(torch::cuda::device_count()); }) ? 0 : n;
}

int ft_cuda_synchronize(int32_t index) {
    return guard([&] { torch::cuda::synchronize(index); });
}
