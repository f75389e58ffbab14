// The transposed convolution of float32 images on a CPU. libtorch 1.13 computes it, its gradient for the weight and that
// for the input picture by picture, as a product and a scatter; its fast kernels serve convolutions only. All three are
// maps that a convolution knows too (ADR 10):
//
//   y  = x * w            the gradient of a convolution by its input, where a convolution has taken y's shape to x's
//   dx = conv(dy, w)      that convolution
//   dw                    that convolution's gradient by its weight, with dy for its input and x for its output's gradient
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// From this many output channels on the convolution's gradient is the faster forward pass.
constexpr int64_t kWide = 16;

struct Geometry {
    std::vector<int64_t> stride, padding, output_padding, dilation;
    const std::vector<int64_t> none{0, 0};

    at::Tensor convolution(const at::Tensor& y, const at::Tensor& w) const {
        return at::convolution(y, w, {}, stride, padding, dilation, false, none, 1);
    }

    // Of a convolution from y to x; `y` counts only by its shape where its own gradient is asked for.
    at::Tensor gradient(const at::Tensor& x, const at::Tensor& y, const at::Tensor& w, bool by_input) const {
        const auto all = at::convolution_backward(x, y, w, c10::nullopt, stride, padding, dilation, false, none, 1,
                                                  {by_input, !by_input, false});
        return by_input ? std::get<0>(all) : std::get<1>(all);
    }

    at::Tensor transposed(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias) const {
        if (w.size(1) < kWide) return at::conv_transpose2d(x, w, bias, stride, padding, output_padding, 1, dilation);
        std::vector<int64_t> shape{x.size(0), w.size(1)};
        for (size_t i = 0; i < 2; i++)
            shape.push_back((x.size(i + 2) - 1) * stride[i] - 2 * padding[i] + dilation[i] * (w.size(i + 2) - 1) +
                            output_padding[i] + 1);
        auto y = gradient(x, at::empty({1}, x.options()).expand(shape), w, true);
        return bias ? y.add_(bias->reshape({1, -1, 1, 1})) : y;
    }
};

Geometry geometry(at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef output_padding, at::IntArrayRef dilation) {
    return {stride.vec(), padding.vec(), output_padding.vec(), dilation.vec()};
}

at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias, at::IntArrayRef stride,
                   at::IntArrayRef padding, at::IntArrayRef output_padding, at::IntArrayRef dilation) {
    return geometry(stride, padding, output_padding, dilation).transposed(x, w, bias);
}

struct TransposedConvolution : torch::autograd::Function<TransposedConvolution> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w,
                              const c10::optional<at::Tensor>& bias, at::IntArrayRef stride, at::IntArrayRef padding,
                              at::IntArrayRef output_padding, at::IntArrayRef dilation) {
        context->save_for_backward({x, w});
        context->saved_data["geometry"] =
            std::vector<std::vector<int64_t>>{stride.vec(), padding.vec(), output_padding.vec(), dilation.vec()};
        context->saved_data["wanted"] =
            std::vector<int64_t>{x.requires_grad(), w.requires_grad(), bias && bias->requires_grad()};
        const at::AutoDispatchBelowADInplaceOrView below;
        return ::forward(x, w, bias, stride, padding, output_padding, dilation);
    }

    // Of operators that have gradients themselves.
    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &w = saved[1], &dy = grads[0];
        const auto sizes = context->saved_data["geometry"].toList();
        const auto part = [&](size_t i) { return sizes.get(i).toIntVector(); };
        const Geometry g{part(0), part(1), part(2), part(3)};
        const auto wanted = context->saved_data["wanted"].toIntVector();
        return {wanted[0] ? g.convolution(dy, w) : at::Tensor(), wanted[1] ? g.gradient(x, dy, w, false) : at::Tensor(),
                wanted[2] ? dy.sum({0, 2, 3}) : at::Tensor(), {}, {}, {}, {}};
    }
};

at::Tensor differentiable(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias,
                          at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef output_padding,
                          at::IntArrayRef dilation) {
    return TransposedConvolution::apply(x, w, bias, stride, padding, output_padding, dilation);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) {
    library.def("transposed_conv2d(Tensor input, Tensor weight, Tensor? bias, int[2] stride, int[2] padding, "
                "int[2] output_padding, int[2] dilation) -> Tensor");
}
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("transposed_conv2d", forward); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("transposed_conv2d", differentiable); }
