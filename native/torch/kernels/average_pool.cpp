// The mean over windows of an image. libtorch holds the image until the backward pass, which needs its shape only. Pooling
// and its gradient are each other's transpose, and so each other's derivative.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Windows {
    std::vector<int64_t> kernel, stride, padding;
    bool ceil_mode, count_include_pad;

    at::Tensor mean(const at::Tensor& x) const {
        return at::avg_pool2d(x, kernel, stride, padding, ceil_mode, count_include_pad);
    }

    at::Tensor spread(const at::Tensor& dy, const at::Tensor& like) const {
        return at::avg_pool2d_backward(dy, like, kernel, stride, padding, ceil_mode, count_include_pad, c10::nullopt);
    }
};

// As a tensor of that shape and layout, but without elements.
at::Tensor shape_of(at::IntArrayRef sizes, at::MemoryFormat layout, const at::TensorOptions& options) {
    auto shape = at::empty({0}, options);
    shape.unsafeGetTensorImpl()->set_sizes_contiguous(sizes);
    if (layout == at::MemoryFormat::ChannelsLast) shape.unsafeGetTensorImpl()->empty_tensor_restride(layout);
    return shape;
}

void keep(AutogradContext* context, const Windows& windows, at::IntArrayRef sizes, at::MemoryFormat layout) {
    context->saved_data["windows"] = std::vector<std::vector<int64_t>>{
        windows.kernel, windows.stride, windows.padding, {windows.ceil_mode, windows.count_include_pad}, sizes.vec()};
    context->saved_data["layout"] = static_cast<int64_t>(layout);
}

struct Kept {
    Windows windows;
    std::vector<int64_t> sizes;
    at::MemoryFormat layout;

    explicit Kept(AutogradContext* context) {
        const auto all = context->saved_data["windows"].toList();
        const auto part = [&](size_t i) { return all.get(i).toIntVector(); };
        windows = {part(0), part(1), part(2), part(3)[0] != 0, part(3)[1] != 0};
        sizes = part(4);
        layout = static_cast<at::MemoryFormat>(context->saved_data["layout"].toInt());
    }
};

struct Spread : torch::autograd::Function<Spread> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& dy, const Kept& kept) {
        keep(context, kept.windows, kept.sizes, kept.layout);
        const at::AutoDispatchBelowADInplaceOrView below;
        return kept.windows.spread(dy, shape_of(kept.sizes, kept.layout, dy.options()));
    }

    static variable_list backward(AutogradContext* context, variable_list grads);
};

struct AveragePool : torch::autograd::Function<AveragePool> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const Windows& windows) {
        keep(context, windows, x.sizes(), x.suggest_memory_format());
        const at::AutoDispatchBelowADInplaceOrView below;
        return windows.mean(x);
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        return {Spread::apply(grads[0], Kept(context)), at::Tensor()};
    }
};

variable_list Spread::backward(AutogradContext* context, variable_list grads) {
    return {AveragePool::apply(grads[0], Kept(context).windows), at::Tensor()};
}

at::Tensor forward(const at::Tensor& x, at::IntArrayRef kernel, at::IntArrayRef stride, at::IntArrayRef padding, bool ceil_mode,
                   bool count_include_pad) {
    return at::avg_pool2d(x, kernel, stride, padding, ceil_mode, count_include_pad);
}

at::Tensor differentiable(const at::Tensor& x, at::IntArrayRef kernel, at::IntArrayRef stride, at::IntArrayRef padding,
                          bool ceil_mode, bool count_include_pad) {
    if (!x.is_cpu()) return forward(x, kernel, stride, padding, ceil_mode, count_include_pad);
    return AveragePool::apply(x, Windows{kernel.vec(), stride.vec(), padding.vec(), ceil_mode, count_include_pad});
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) {
    library.def("average_pool2d(Tensor input, int[2] kernel_size, int[2] stride, int[2] padding=0, bool ceil_mode=False, "
                "bool count_include_pad=True) -> Tensor");
}
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("average_pool2d", forward); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("average_pool2d", differentiable); }
