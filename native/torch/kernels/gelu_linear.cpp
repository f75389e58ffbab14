// linear(gelu(x)), of which only x is kept: the backward pass computes gelu(x) again. In a transformer's block it is the
// widest activation, and would otherwise be held beside its input.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <string>

#include "vectors.h"

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The normal distribution function at x, and exp(-x^2 / 2): erfc(z) = exp(-z^2) t P(t) with t = 1 / (1 + 0.33 z), where P is
// fitted to 8e-8 of the value, for every z >= 0.
inline __attribute__((always_inline)) float normal(float x, float& bell) {
    const float size = x < 0.0f ? -x : x, t = 1.0f / (1.0f + 0.233345238f * size);
    bell = exp_of_negative(-0.5f * x * x);
    float p = -0.13592881116551828f;
    p = p * t + 0.4626882830825696f;
    p = p * t - 0.35543902444166253f;
    p = p * t + 0.41254167538984077f;
    p = p * t + 0.04501061218690661f;
    p = p * t + 0.20192383269533765f;
    p = p * t + 0.18283724067552204f;
    p = p * t + 0.18636610991424346f;
    const float tail = 0.5f * bell * t * p;
    return x < 0.0f ? tail : 1.0f - tail;
}

FT_EVERY_WIDTH void activate(const float* __restrict x, float* __restrict y, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        float bell;
        y[i] = x[i] * normal(x[i], bell);
    }
}

// y = gelu(x) again, and grad *= gelu'(x).
FT_EVERY_WIDTH void activate_and_multiply(const float* __restrict x, float* __restrict grad, float* __restrict y, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        float bell;
        const float below = normal(x[i], bell);
        y[i] = x[i] * below;
        grad[i] *= below + x[i] * 0.398942280f * bell;
    }
}

constexpr int64_t kAtOnce = 1 << 13;  // numbers for which a second thread pays
constexpr int64_t kParted = 256;      // rows from which on products of a quarter of them are as fast

bool fused(const at::Tensor& x, c10::string_view approximate) {
    return x.device().is_cpu() && x.scalar_type() == at::kFloat && approximate == "none";
}

at::Tensor activated(const at::Tensor& input, c10::string_view approximate) {
    if (!fused(input, approximate)) return at::gelu(input, approximate);
    const auto x = input.contiguous(), y = at::empty_like(x);
    const float* px = x.data_ptr<float>();
    float* py = y.data_ptr<float>();
    at::parallel_for(0, x.numel(), kAtOnce, [=](int64_t from, int64_t to) { activate(px + from, py + from, to - from); });
    return y;
}

// gelu(x), and in place of the contiguous `grad` its product with gelu'(x).
at::Tensor activated(const at::Tensor& input, c10::string_view approximate, at::Tensor& grad) {
    if (!fused(input, approximate)) {
        at::gelu_backward_out(grad, grad, input, approximate);
        return at::gelu(input, approximate);
    }
    const auto x = input.contiguous(), y = at::empty_like(x);
    const float* px = x.data_ptr<float>();
    float *py = y.data_ptr<float>(), *pg = grad.data_ptr<float>();
    at::parallel_for(0, x.numel(), kAtOnce, [=](int64_t from, int64_t to) {
        activate_and_multiply(px + from, pg + from, py + from, to - from);
    });
    return y;
}

at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias, c10::string_view approximate) {
    return at::linear(activated(x, approximate), w, bias);
}

at::Tensor rows(const at::Tensor& t) { return t.reshape({-1, t.size(-1)}); }

struct GeluLinear : torch::autograd::Function<GeluLinear> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w,
                              const c10::optional<at::Tensor>& bias, const std::string& approximate) {
        context->save_for_backward({x, w});
        context->saved_data["approximate"] = approximate;
        context->saved_data["biased"] = bias.has_value();
        const at::AutoDispatchBelowADInplaceOrView below;
        return ::forward(x, w, bias, approximate);
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &w = saved[1], &dy = grads[0];
        const auto approximate = context->saved_data["approximate"].toStringRef();
        const bool by_x = context->needs_input_grad(0), by_w = context->needs_input_grad(1);
        at::Tensor dx, dw, db;
        if (context->saved_data["biased"].toBool() && context->needs_input_grad(2)) db = rows(dy).sum(0);
        if (at::GradMode::is_enabled()) {  // a graph of the gradient is wanted: operators that have gradients themselves
            if (by_x) dx = at::gelu_backward(at::matmul(dy, w), x, approximate);
            if (by_w) dw = rows(dy).t().mm(rows(at::gelu(x, approximate)));
            return {dx, dw, db, at::Tensor()};
        }
        // A quarter of the rows at a time: gelu(x) then takes a quarter of x's memory.
        const auto inputs = rows(x), gradients = rows(dy);
        if (by_x) dx = at::empty(inputs.sizes(), x.options());
        if (by_w) dw = at::zeros(w.sizes(), w.options());
        const int64_t n = inputs.size(0), part = n < kParted ? n : (n + 3) / 4;
        for (int64_t from = 0; from < n; from += part) {
            const auto some = [&](const at::Tensor& t) { return t.narrow(0, from, std::min(part, n - from)); };
            const auto given = some(gradients);
            at::Tensor y;
            if (by_x) {
                auto slope = some(dx);
                at::mm_out(slope, given, w);
                y = activated(some(inputs), approximate, slope);
            } else {
                y = activated(some(inputs), approximate);
            }
            if (by_w) dw.addmm_(given.t(), y);
        }
        return {by_x ? dx.reshape(x.sizes()) : dx, dw, db, at::Tensor()};
    }
};

at::Tensor differentiable(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias,
                          c10::string_view approximate) {
    return GeluLinear::apply(x, w, bias, std::string(approximate));
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) {
    library.def("gelu_linear(Tensor input, Tensor weight, Tensor? bias=None, *, str approximate='none') -> Tensor");
}
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("gelu_linear", forward); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("gelu_linear", differentiable); }
