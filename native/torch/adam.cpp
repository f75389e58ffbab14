// The Adam step in one pass over memory. Composed from operators it is a dozen passes a parameter, which on a CPU cost
// more than the gradient of a small model; libtorch 1.13 has no fused CPU version.
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "handles.h"
#include "kernels/vectors.h"

namespace {

struct Step {
    float beta1, beta2, one_minus_beta1, one_minus_beta2, eps, decay, shrink, step_size, root_correction;
};

// One clone for each vector width; no contraction (see CMakeLists.txt), so that every clone gives the same bits.
FT_EVERY_WIDTH void update(float* __restrict p, const float* __restrict g, float* __restrict m, float* __restrict v,
                           int64_t n, const Step s) {
    for (int64_t i = 0; i < n; i++) {
        const float gi = g[i] + s.decay * p[i];
        m[i] = m[i] * s.beta1 + gi * s.one_minus_beta1;
        v[i] = v[i] * s.beta2 + gi * gi * s.one_minus_beta2;
        const float denominator = std::sqrt(v[i]) / s.root_correction + s.eps;
        p[i] = p[i] * s.shrink - s.step_size * (m[i] / denominator);
    }
}

bool plain(const at::Tensor& t, const at::Tensor& like) {
    return t.scalar_type() == at::kFloat && t.device().is_cpu() && t.sizes() == like.sizes() &&
           t.strides() == like.strides();
}

}  // namespace

int ft_adam(const FtTensor* params, const FtTensor* grads, const FtTensor* ms, const FtTensor* vs, int32_t n, double lr,
            double beta1, double beta2, double eps, double decay, int32_t decoupled, int64_t t) {
    Step s{};
    s.beta1 = static_cast<float>(beta1);
    s.beta2 = static_cast<float>(beta2);
    s.one_minus_beta1 = static_cast<float>(1 - beta1);
    s.one_minus_beta2 = static_cast<float>(1 - beta2);
    s.eps = static_cast<float>(eps);
    s.decay = decoupled ? 0.0f : static_cast<float>(decay);
    s.shrink = decoupled ? static_cast<float>(1 - lr * decay) : 1.0f;
    s.step_size = static_cast<float>(lr / (1 - std::pow(beta1, static_cast<double>(t))));
    s.root_correction = static_cast<float>(std::sqrt(1 - std::pow(beta2, static_cast<double>(t))));
    bool fits = true;
    const int failed = guard([&] {
        const c10::NoGradGuard no_grad;
        auto p = borrow_all(params, n), g = borrow_all(grads, n), m = borrow_all(ms, n), v = borrow_all(vs, n);
        for (int32_t k = 0; k < n; k++) {
            if (g[k].sizes() == p[k].sizes() && g[k].strides() != p[k].strides()) g[k] = at::empty_like(p[k]).copy_(g[k]);
            fits = fits && p[k].is_non_overlapping_and_dense() && plain(p[k], p[k]) && plain(g[k], p[k]) &&
                   plain(m[k], p[k]) && plain(v[k], p[k]);
        }
        if (!fits) return;
        for (int32_t k = 0; k < n; k++) {
            float *pp = p[k].data_ptr<float>(), *pg = g[k].data_ptr<float>();
            float *pm = m[k].data_ptr<float>(), *pv = v[k].data_ptr<float>();
            at::parallel_for(0, p[k].numel(), 1 << 15,
                             [=](int64_t a, int64_t b) { update(pp + a, pg + a, pm + a, pv + a, b - a, s); });
            p[k].unsafeGetTensorImpl()->bump_version();
        }
    });
    return failed ? 1 : fits ? 0 : 2;
}
