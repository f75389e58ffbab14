// The transposed convolution of float32 images on a CPU. libtorch 1.13 computes it, its gradient for the weight and that
// for the input picture by picture, as a product and a scatter; its fast kernels serve convolutions only. All three are
// maps that a convolution knows too (ADR 10):
//
//   y  = x * w            the gradient of a convolution by its input, where a convolution has taken y's shape to x's
//   dx = conv(dy, w)      that convolution
//   dw                    that convolution's gradient by its weight, with dy for its input and x for its output's gradient
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "gemm.h"

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

    std::vector<int64_t> output_shape(const at::Tensor& x, const at::Tensor& w) const {
        std::vector<int64_t> shape{x.size(0), w.size(1)};
        for (size_t i = 0; i < 2; i++)
            shape.push_back((x.size(i + 2) - 1) * stride[i] - 2 * padding[i] + dilation[i] * (w.size(i + 2) - 1) +
                            output_padding[i] + 1);
        return shape;
    }

    at::Tensor transposed(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias) const {
        if (x.scalar_type() != at::kFloat || !x.device().is_cpu())
            return at::conv_transpose2d(x, w, bias, stride, padding, output_padding, 1, dilation);
        if (w.size(1) < kWide) return scattered(x, w, bias);
        auto y = gradient(x, at::empty({1}, x.options()).expand(output_shape(x, w)), w, true);
        return bias ? y.add_(bias->reshape({1, -1, 1, 1})) : y;
    }

    // With few output channels: what each pixel gives to each kernel element is one product, and is then added where it
    // belongs. As libtorch does it, but the pictures are shared among the threads.
    at::Tensor scattered(const at::Tensor& input, const at::Tensor& weight, const c10::optional<at::Tensor>& bias) const {
        const auto x = input.contiguous(), w = weight.contiguous();
        auto y = bias ? bias->reshape({1, -1, 1, 1}).expand(output_shape(x, w)).contiguous()
                      : at::zeros(output_shape(x, w), x.options());
        const int64_t c = x.size(1), h = x.size(2), v = x.size(3), maps = w.size(1), kh = w.size(2), kw = w.size(3);
        const int64_t height = y.size(2), width = y.size(3), elements = maps * kh * kw;
        const float *px = x.data_ptr<float>(), *pw = w.data_ptr<float>();
        float* py = y.data_ptr<float>();
        at::parallel_for(0, x.size(0), 1, [&](int64_t from, int64_t to) {
            std::vector<float> given(elements * h * v);
            for (int64_t b = from; b < to; b++) {
                gemm(true, false, elements, h * v, c, 1.0f, pw, elements, px + b * c * h * v, h * v, 0.0f, given.data(), h * v);
                for (int64_t e = 0; e < elements; e++) {
                    const int64_t down = e / kw % kh * dilation[0] - padding[0], right = e % kw * dilation[1] - padding[1];
                    float* map = py + (b * maps + e / (kh * kw)) * height * width;
                    for (int64_t i = 0; i < h; i++) {
                        const int64_t row = i * stride[0] + down;
                        if (row < 0 || row >= height) continue;
                        const float* line = given.data() + (e * h + i) * v;
                        const int64_t first = right < 0 ? (stride[1] - 1 - right) / stride[1] : 0;
                        const int64_t last = right < width ? std::min(v, (width - 1 - right) / stride[1] + 1) : 0;
                        float* at = map + row * width + right;
                        for (int64_t j = first; j < last; j++) at[j * stride[1]] += line[j];
                    }
                }
            }
        });
        return y;
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
