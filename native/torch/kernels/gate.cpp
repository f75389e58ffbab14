// tanh(a) sigmoid(b), a and b the two halves of one dimension (van den Oord et al. 2016b, equation 2): the gate of the gated
// PixelCNN. Composed from operators it is three passes forward over halves that do not lie together, three tensors kept for
// the gradient, and a gradient that is joined from two; here one pass each way, and only the input is kept.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "vectors.h"

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kAtOnce = 1 << 12;  // numbers for which a second thread pays

inline __attribute__((always_inline)) float tangent(float a) {
    const float size = a > 0.0f ? a : -a, e = exp_of_negative(-2.0f * size), far = (1.0f - e) / (1.0f + e), z = a * a;
    float p = -5.70498872745e-3f;  // Cephes' tanhf, where the quotient would lose digits
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    const float near = a + a * z * p;
    return size < 0.625f ? near : a < 0.0f ? -far : far;
}

FT_EVERY_WIDTH void gate(const float* __restrict x, float* __restrict y, int64_t rows, int64_t p) {
    for (int64_t r = 0; r < rows; r++, x += 2 * p, y += p)
        for (int64_t i = 0; i < p; i++) y[i] = tangent(x[i]) * logistic(x[p + i]);
}

FT_EVERY_WIDTH void slope(const float* __restrict x, const float* __restrict g, float* __restrict d, int64_t rows, int64_t p) {
    for (int64_t r = 0; r < rows; r++, x += 2 * p, g += p, d += 2 * p)
        for (int64_t i = 0; i < p; i++) {
            const float t = tangent(x[i]), s = logistic(x[p + i]);
            d[i] = g[i] * s * (1.0f - t * t);
            d[p + i] = g[i] * t * s * (1.0f - s);
        }
}

void check(const at::Tensor& x, int64_t dim) {
    TORCH_CHECK(dim >= 0 && dim < x.dim() && x.size(dim) % 2 == 0, "gated_tanh: dimension ", dim, " of shape ", x.sizes(),
                " does not come in two halves");
}

// The halved dimension's numbers lie together: the last one, or an image's channels in channels-last layout.
bool fused(const at::Tensor& x, int64_t dim) {
    if (!x.device().is_cpu() || x.scalar_type() != at::kFloat || x.numel() == 0) return false;
    return (dim == x.dim() - 1 && x.is_contiguous()) ||
           (dim == 1 && x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast));
}

at::MemoryFormat layout(const at::Tensor& x, int64_t dim) {
    return dim == x.dim() - 1 ? at::MemoryFormat::Contiguous : at::MemoryFormat::ChannelsLast;
}

at::Tensor composed(const at::Tensor& x, int64_t dim) {
    const auto halves = x.chunk(2, dim);
    return at::tanh(halves[0]) * at::sigmoid(halves[1]);
}

at::Tensor forward(const at::Tensor& x, int64_t dim) {
    check(x, dim);
    if (!fused(x, dim)) return composed(x, dim);
    auto sizes = x.sizes().vec();
    const int64_t p = sizes[dim] /= 2;
    const auto y = at::empty(sizes, x.options(), layout(x, dim));
    const float* px = x.data_ptr<float>();
    float* py = y.data_ptr<float>();
    at::parallel_for(0, y.numel() / p, std::max<int64_t>(1, kAtOnce / p),
                     [=](int64_t a, int64_t b) { gate(px + a * 2 * p, py + a * p, b - a, p); });
    return y;
}

struct GatedTanh : torch::autograd::Function<GatedTanh> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, int64_t dim) {
        context->save_for_backward({x});
        context->saved_data["dim"] = dim;
        const at::AutoDispatchBelowADInplaceOrView below;
        return ::forward(x, dim);
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto x = context->get_saved_variables()[0];
        const auto dim = context->saved_data["dim"].toInt();
        if (at::GradMode::is_enabled()) {  // a graph of the gradient is wanted: operators that have gradients themselves
            const auto halves = x.chunk(2, dim);
            const auto t = at::tanh(halves[0]), s = at::sigmoid(halves[1]);
            return {at::cat({grads[0] * s * (1 - t * t), grads[0] * t * s * (1 - s)}, dim), {}};
        }
        const int64_t p = x.size(dim) / 2;
        const auto g = grads[0].contiguous(layout(x, dim)), d = at::empty_like(x);
        const float *px = x.data_ptr<float>(), *pg = g.data_ptr<float>();
        float* pd = d.data_ptr<float>();
        at::parallel_for(0, g.numel() / p, std::max<int64_t>(1, kAtOnce / p),
                         [=](int64_t a, int64_t b) { slope(px + a * 2 * p, pg + a * p, pd + a * 2 * p, b - a, p); });
        return {d, {}};
    }
};

at::Tensor differentiable(const at::Tensor& x, int64_t dim) {
    check(x, dim);
    return fused(x, dim) ? GatedTanh::apply(x, dim) : composed(x, dim);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) { library.def("gated_tanh(Tensor input, int dim=1) -> Tensor"); }
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("gated_tanh", forward); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("gated_tanh", differentiable); }
