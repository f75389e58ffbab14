// The logits of NADE without their biases (Larochelle and Murray 2011): l_d = v_d . sigmoid(a_d), a_0 = c,
// a_(d+1) = a_d + x_d w_d. Composed from operators every a_d of every example is kept, D H numbers each; here the sum runs
// in the nearest cache, and the gradient goes back from the last sum: a_d = a_(d+1) - x_d w_d.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <cmath>
#include <vector>

#include "vectors.h"

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kLanes = 16;  // partial sums of a dot product: the same for every vector width
constexpr int64_t kRows = 8;    // examples that go through the pixels together, so that w_d and v_d are read once for all

#define FT_INLINE inline __attribute__((always_inline))

FT_INLINE float exp_below_zero(float x) { return exp_of_negative(x); }
FT_INLINE double exp_below_zero(double x) { return std::exp(x); }

template <typename T>
FT_INLINE T logistic(T a) {
    const T size = a > 0 ? a : -a, e = exp_below_zero(-size);
    return (a < 0 ? e : T(1)) / (T(1) + e);
}

template <typename T>
FT_INLINE T folded(T* lanes, T rest) {
    for (int64_t width = kLanes / 2; width > 0; width /= 2)
        for (int64_t k = 0; k < width; k++) lanes[k] += lanes[k + width];
    return lanes[0] + rest;
}

template <typename T>
FT_INLINE T activate(const T* __restrict a, const T* __restrict v, int64_t h) {
    T lanes[kLanes] = {}, rest = 0;
    int64_t i = 0;
    for (; i + kLanes <= h; i += kLanes)
        for (int64_t k = 0; k < kLanes; k++) lanes[k] += logistic(a[i + k]) * v[i + k];
    for (; i < h; i++) rest += logistic(a[i]) * v[i];
    return folded(lanes, rest);
}

template <typename T>
FT_INLINE T dot(const T* __restrict a, const T* __restrict b, int64_t h) {
    T lanes[kLanes] = {}, rest = 0;
    int64_t i = 0;
    for (; i + kLanes <= h; i += kLanes)
        for (int64_t k = 0; k < kLanes; k++) lanes[k] += a[i + k] * b[i + k];
    for (; i < h; i++) rest += a[i] * b[i];
    return folded(lanes, rest);
}

template <typename T>
FT_INLINE void add(T* __restrict to, const T* __restrict from, T times, int64_t h) {
    for (int64_t i = 0; i < h; i++) to[i] += times * from[i];
}

// Adds what a logit's gradient gives to v_d and to the gradient of a_d.
template <typename T>
FT_INLINE void spread(const T* __restrict a, const T* __restrict v, T* __restrict dv, T* __restrict da, T g, int64_t h) {
    for (int64_t i = 0; i < h; i++) {
        const T s = logistic(a[i]);
        dv[i] += g * s;
        da[i] += g * v[i] * (s * (T(1) - s));
    }
}

struct Sizes {
    int64_t rows, d, h;
};

// a holds c of each row at the start and the whole sum at the end.
template <typename T>
FT_INLINE void forward_rows(const T* x, const T* w, const T* v, T* a, T* out, Sizes s) {
    for (int64_t first = 0; first < s.rows; first += kRows) {
        const int64_t last = std::min(first + kRows, s.rows);
        for (int64_t d = 0; d < s.d; d++)
            for (int64_t r = first; r < last; r++) {
                T* ar = a + r * s.h;
                out[r * s.d + d] = activate(ar, v + d * s.h, s.h);
                const T xd = x[r * s.d + d];
                if (xd != 0) add(ar, w + d * s.h, xd, s.h);
            }
    }
}

// a holds the whole sum of each row, which is taken apart; da is zero at the start and the gradient of c at the end.
template <typename T>
FT_INLINE void backward_rows(const T* x, const T* w, const T* v, const T* g, T* a, T* da, T* dw, T* dv, T* dx, Sizes s) {
    for (int64_t first = 0; first < s.rows; first += kRows) {
        const int64_t last = std::min(first + kRows, s.rows);
        for (int64_t d = s.d - 1; d >= 0; d--)
            for (int64_t r = first; r < last; r++) {
                T *ar = a + r * s.h, *dar = da + r * s.h;
                const T xd = x[r * s.d + d];
                if (dx) dx[r * s.d + d] = dot(dar, w + d * s.h, s.h);
                if (xd != 0) {
                    add(dw + d * s.h, dar, xd, s.h);
                    add(ar, w + d * s.h, -xd, s.h);
                }
                spread(ar, v + d * s.h, dv + d * s.h, dar, g[r * s.d + d], s.h);
            }
    }
}

FT_EVERY_WIDTH void forward_all(const float* x, const float* w, const float* v, float* a, float* out, Sizes s) {
    forward_rows(x, w, v, a, out, s);
}
void forward_all(const double* x, const double* w, const double* v, double* a, double* out, Sizes s) {
    forward_rows(x, w, v, a, out, s);
}
FT_EVERY_WIDTH void backward_all(const float* x, const float* w, const float* v, const float* g, float* a, float* da,
                                 float* dw, float* dv, float* dx, Sizes s) {
    backward_rows(x, w, v, g, a, da, dw, dv, dx, s);
}
void backward_all(const double* x, const double* w, const double* v, const double* g, double* a, double* da, double* dw,
                  double* dv, double* dx, Sizes s) {
    backward_rows(x, w, v, g, a, da, dw, dv, dx, s);
}

void check(const at::Tensor& x, const at::Tensor& w, const at::Tensor& c, const at::Tensor& v) {
    TORCH_CHECK(x.dim() == 2 && w.dim() == 2 && c.dim() == 2 && w.sizes() == v.sizes() && x.size(1) == w.size(0) &&
                    c.size(0) == x.size(0) && c.size(1) == w.size(1),
                "nade_logits takes x (B, D), w (D, H), c (B, H), v (D, H), not ", x.sizes(), ", ", w.sizes(), ", ",
                c.sizes(), ", ", v.sizes());
}

bool fused(const at::Tensor& x, const at::Tensor& w, const at::Tensor& c, const at::Tensor& v) {
    const auto type = x.scalar_type();
    return x.device().is_cpu() && w.device().is_cpu() && c.device().is_cpu() && v.device().is_cpu() && x.numel() > 0 &&
           (type == at::kFloat || type == at::kDouble) && w.scalar_type() == type && c.scalar_type() == type &&
           v.scalar_type() == type;
}

at::Tensor composed(const at::Tensor& x, const at::Tensor& w, const at::Tensor& c, const at::Tensor& v) {
    const auto d = x.size(1);
    auto steps = x.slice(1, 0, d - 1).unsqueeze(2) * w.slice(0, 0, d - 1);  // (B, D - 1, H)
    const auto a = at::cat({c.unsqueeze(1), steps}, 1).cumsum(1);
    return (at::sigmoid(a) * v).sum(2);
}

// In how many parts the examples are worked on. The gradients of w and v are sums over parts, so their number depends on the
// batch alone: every number of threads gives the same bits. Each part costs 2 D H numbers of memory.
int64_t parts_of(int64_t rows) { return std::min<int64_t>(4, (rows + kRows - 1) / kRows); }

template <typename Work>
void each_part(int64_t rows, int64_t parts, const Work& work) {
    at::parallel_for(0, parts, 1, [&](int64_t from, int64_t to) {
        for (int64_t p = from; p < to; p++) work(p, rows * p / parts, rows * (p + 1) / parts);
    });
}

// The logits and the whole sums.
std::pair<at::Tensor, at::Tensor> run_forward(const at::Tensor& x, const at::Tensor& w, const at::Tensor& c, const at::Tensor& v) {
    const auto xc = x.contiguous(), wc = w.contiguous(), vc = v.contiguous();
    const auto a = c.contiguous().clone(), out = at::empty_like(xc);
    const int64_t d = x.size(1), h = w.size(1);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "nade_logits", [&] {
        const auto *px = xc.data_ptr<scalar_t>(), *pw = wc.data_ptr<scalar_t>(), *pv = vc.data_ptr<scalar_t>();
        auto *pa = a.data_ptr<scalar_t>(), *po = out.data_ptr<scalar_t>();
        at::parallel_for(0, x.size(0), kRows, [=](int64_t from, int64_t to) {
            forward_all(px + from * d, pw, pv, pa + from * h, po + from * d, Sizes{to - from, d, h});
        });
    });
    return {out, a};
}

variable_list run_backward(const at::Tensor& x, const at::Tensor& w, const at::Tensor& v, const at::Tensor& sums,
                           const at::Tensor& grad, bool of_x) {
    const auto xc = x.contiguous(), wc = w.contiguous(), vc = v.contiguous(), gc = grad.contiguous();
    const int64_t rows = x.size(0), d = x.size(1), h = w.size(1), parts = parts_of(rows);
    const auto a = sums.clone(), da = at::zeros_like(sums);
    const auto dw = at::zeros({parts, d, h}, w.options()), dv = at::zeros({parts, d, h}, v.options());
    const auto dx = of_x ? at::empty_like(xc) : at::Tensor();
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "nade_logits", [&] {
        const auto *px = xc.data_ptr<scalar_t>(), *pw = wc.data_ptr<scalar_t>(), *pv = vc.data_ptr<scalar_t>();
        const auto* pg = gc.data_ptr<scalar_t>();
        auto *pa = a.data_ptr<scalar_t>(), *pda = da.data_ptr<scalar_t>();
        auto *pdw = dw.data_ptr<scalar_t>(), *pdv = dv.data_ptr<scalar_t>();
        auto* pdx = of_x ? dx.data_ptr<scalar_t>() : nullptr;
        each_part(rows, parts, [=](int64_t p, int64_t from, int64_t to) {
            backward_all(px + from * d, pw, pv, pg + from * d, pa + from * h, pda + from * h, pdw + p * d * h,
                         pdv + p * d * h, pdx ? pdx + from * d : nullptr, Sizes{to - from, d, h});
        });
    });
    return {dx, parts == 1 ? dw[0] : dw.sum(0), da, parts == 1 ? dv[0] : dv.sum(0)};
}

struct Logits : torch::autograd::Function<Logits> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w, const at::Tensor& c,
                              const at::Tensor& v) {
        const at::AutoDispatchBelowADInplaceOrView below;
        auto [logits, sums] = run_forward(x, w, c, v);
        context->save_for_backward({x, w, c, v, sums});
        return logits;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &w = saved[1], &c = saved[2], &v = saved[3];
        if (!at::GradMode::is_enabled()) return run_backward(x, w, v, saved[4], grads[0], x.requires_grad());
        // A graph of the gradient is wanted: operators that have gradients themselves.
        variable_list inputs, result(4);
        const variable_list all{x, w, c, v};
        for (const auto& input : all)
            if (input.requires_grad()) inputs.push_back(input);
        const auto found = torch::autograd::grad({composed(x, w, c, v)}, inputs, {grads[0]}, true, true);
        for (size_t i = 0, at = 0; i < all.size(); i++)
            if (all[i].requires_grad()) result[i] = found[at++];
        return result;
    }
};

at::Tensor plain(const at::Tensor& x, const at::Tensor& w, const at::Tensor& c, const at::Tensor& v) {
    check(x, w, c, v);
    return fused(x, w, c, v) ? run_forward(x, w, c, v).first : composed(x, w, c, v);
}

at::Tensor differentiable(const at::Tensor& x, const at::Tensor& w, const at::Tensor& c, const at::Tensor& v) {
    check(x, w, c, v);
    if (!fused(x, w, c, v)) return composed(x, w, c, v);
    const bool recorded = x.requires_grad() || w.requires_grad() || c.requires_grad() || v.requires_grad();
    if (recorded && at::GradMode::is_enabled()) return Logits::apply(x, w, c, v);
    const at::AutoDispatchBelowADInplaceOrView below;
    return plain(x, w, c, v);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) { library.def("nade_logits(Tensor x, Tensor w, Tensor c, Tensor v) -> Tensor"); }
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("nade_logits", plain); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("nade_logits", differentiable); }
