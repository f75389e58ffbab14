// log p(x) of Bernoulli variables given as logits: x l - softplus(l), summed over the last dimensions, in one pass over
// memory, and its gradient in another. Composed from operators these are ten passes.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "vectors.h"

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// log(1 + u) = 2 artanh(u / (2 + u)) for u in [0, 1]: the series ends below half a unit in the last place.
inline float log1p_unit(float u) {
    const float s = u / (2.0f + u), t = s * s;
    float sum = 1.0f / 17;
    sum = sum * t + 1.0f / 15;
    sum = sum * t + 1.0f / 13;
    sum = sum * t + 1.0f / 11;
    sum = sum * t + 1.0f / 9;
    sum = sum * t + 1.0f / 7;
    sum = sum * t + 1.0f / 5;
    sum = sum * t + 1.0f / 3;
    return 2.0f * s * (sum * t + 1.0f);
}

inline float nats(float l, float x) {
    const float positive = l > 0.0f ? l : 0.0f, size = l > 0.0f ? l : -l;
    return x * l - positive - log1p_unit(exp_of_negative(-size));
}

FT_EVERY_WIDTH void each(const float* __restrict l, const float* __restrict x, float* __restrict out, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = nats(l[i], x[i]);
}

// Sixteen partial sums, whatever the vector width is: every clone adds in the same order.
FT_EVERY_WIDTH float total(const float* __restrict l, const float* __restrict x, int64_t n) {
    float lanes[16] = {};
    int64_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (int k = 0; k < 16; k++) lanes[k] += nats(l[i + k], x[i + k]);
    float rest = 0.0f;
    for (; i < n; i++) rest += nats(l[i], x[i]);
    for (int width = 8; width > 0; width /= 2)
        for (int k = 0; k < width; k++) lanes[k] += lanes[k + width];
    return lanes[0] + rest;
}

FT_EVERY_WIDTH void slope(const float* __restrict l, const float* __restrict x, float* __restrict out, int64_t n, float g) {
    for (int64_t i = 0; i < n; i++) out[i] = g * (x[i] - logistic(l[i]));
}

FT_EVERY_WIDTH void slope_each(const float* __restrict l, const float* __restrict x, const float* __restrict g,
                               float* __restrict out, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = g[i] * (x[i] - logistic(l[i]));
}

// How the numbers lie: `rows` sums of `length` numbers; row r of the logits meets row r % given of x.
struct Layout {
    int64_t rows, length, given;
};

bool fused(const at::Tensor& logits, const at::Tensor& x) {
    return logits.device().is_cpu() && x.device().is_cpu() && logits.scalar_type() == at::kFloat &&
           x.scalar_type() == at::kFloat && x.dim() <= logits.dim() && logits.numel() > 0 &&
           x.sizes() == logits.sizes().slice(logits.dim() - x.dim());
}

Layout layout(const at::Tensor& logits, const at::Tensor& x, int64_t dims) {
    int64_t length = 1;
    for (int64_t d = logits.dim() - dims; d < logits.dim(); d++) length *= logits.size(d);
    return {logits.numel() / length, length, x.numel() / length};
}

std::vector<int64_t> last(int64_t dims) {
    std::vector<int64_t> result;
    for (int64_t d = 1; d <= dims; d++) result.push_back(-d);
    return result;
}

void check(const at::Tensor& logits, const at::Tensor& x, int64_t dims) {
    TORCH_CHECK(dims >= 0 && dims <= logits.dim() && dims <= x.dim(), "cannot sum over the last ", dims,
                " dimensions of logits of shape ", logits.sizes(), " and x of shape ", x.sizes());
}

at::Tensor composed(const at::Tensor& logits, const at::Tensor& x, int64_t dims) {
    const auto nats = x * logits - at::softplus(logits);
    return dims == 0 ? nats : nats.sum(last(dims));
}

constexpr int64_t kAtOnce = 1 << 13;  // numbers for which a second thread pays

at::Tensor forward(const at::Tensor& logits, const at::Tensor& x, int64_t dims) {
    check(logits, x, dims);
    if (!fused(logits, x)) return composed(logits, x, dims);
    const auto l = logits.contiguous(), y = dims == 0 ? x.expand_as(logits).contiguous() : x.contiguous();
    const auto out = at::empty(logits.sizes().slice(0, logits.dim() - dims), logits.options());
    const auto s = layout(l, y, dims);
    const float *pl = l.data_ptr<float>(), *px = y.data_ptr<float>();
    float* po = out.data_ptr<float>();
    if (dims == 0) {
        at::parallel_for(0, s.rows, kAtOnce, [=](int64_t a, int64_t b) { each(pl + a, px + a, po + a, b - a); });
    } else {
        at::parallel_for(0, s.rows, std::max<int64_t>(1, kAtOnce / s.length), [=](int64_t a, int64_t b) {
            for (int64_t r = a; r < b; r++) po[r] = total(pl + r * s.length, px + r % s.given * s.length, s.length);
        });
    }
    return out;
}

at::Tensor slope_of(const at::Tensor& grad, const at::Tensor& logits, const at::Tensor& x, int64_t dims) {
    const auto l = logits.contiguous(), y = dims == 0 ? x.expand_as(logits).contiguous() : x.contiguous();
    const auto g = grad.contiguous(), out = at::empty(logits.sizes(), logits.options());
    const auto s = layout(l, y, dims);
    const float *pl = l.data_ptr<float>(), *px = y.data_ptr<float>(), *pg = g.data_ptr<float>();
    float* po = out.data_ptr<float>();
    if (dims == 0) {
        at::parallel_for(0, s.rows, kAtOnce,
                         [=](int64_t a, int64_t b) { slope_each(pl + a, px + a, pg + a, po + a, b - a); });
    } else {
        at::parallel_for(0, s.rows, std::max<int64_t>(1, kAtOnce / s.length), [=](int64_t a, int64_t b) {
            for (int64_t r = a; r < b; r++)
                slope(pl + r * s.length, px + r % s.given * s.length, po + r * s.length, s.length, pg[r]);
        });
    }
    return out;
}

struct LogLikelihood : torch::autograd::Function<LogLikelihood> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& logits, const at::Tensor& x, int64_t dims) {
        context->save_for_backward({logits, x});
        context->saved_data["dims"] = dims;
        const at::AutoDispatchBelowADInplaceOrView below;
        return ::forward(logits, x, dims);
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const auto &logits = saved[0], &x = saved[1];
        const auto dims = context->saved_data["dims"].toInt();
        if (!at::GradMode::is_enabled() && grads[0].is_cpu() && grads[0].scalar_type() == at::kFloat)
            return {slope_of(grads[0], logits, x, dims), {}, {}};
        auto g = grads[0];  // a graph of the gradient is wanted: operators that have gradients themselves
        for (int64_t d = 0; d < dims; d++) g = g.unsqueeze(-1);
        return {g * (x - at::sigmoid(logits)), {}, {}};
    }
};

at::Tensor differentiable(const at::Tensor& logits, const at::Tensor& x, int64_t dims) {
    check(logits, x, dims);
    const bool recorded = at::GradMode::is_enabled() && (logits.requires_grad() || x.requires_grad());
    if (!fused(logits, x) || x.requires_grad()) return composed(logits, x, dims);
    if (recorded) return LogLikelihood::apply(logits, x, dims);
    const at::AutoDispatchBelowADInplaceOrView below;
    return forward(logits, x, dims);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) {
    library.def("bernoulli_log_likelihood(Tensor logits, Tensor x, int dims=0) -> Tensor");
}
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("bernoulli_log_likelihood", forward); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("bernoulli_log_likelihood", differentiable); }
