// The logits of NADE without their biases (Larochelle and Murray 2011): l_d = v_d . sigmoid(a_d), a_0 = c,
// a_(d+1) = a_d + x_d w_d. Composed from operators every a_d of every example is kept, D H numbers each; here the sum
// runs in the nearest cache, and the gradient goes back from the last sum: a_d = a_(d+1) - x_d w_d. Where x_d is 0, as
// most pixels of a black and white picture are, the sum stays, and the hidden units s = sigmoid(a) are not made again.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "vectors.h"

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kLanes = 16;  // partial sums of a dot product: the same for every vector width
constexpr int64_t kRows = 8;    // examples that go through the pixels together: w_d and v_d are read once for all
constexpr int64_t kUnits = 64;  // hidden units whose gradient is found together: their state of kRows examples is 8 KiB

#define FT_INLINE inline __attribute__((always_inline))

template <typename T>
FT_INLINE T folded(T* lanes, T rest) {
    for (int64_t width = kLanes / 2; width > 0; width /= 2)
        for (int64_t k = 0; k < width; k++) lanes[k] += lanes[k + width];
    return lanes[0] + rest;
}

template <typename T>
FT_INLINE void activate(const T* __restrict a, T* __restrict s, int64_t h) {
    for (int64_t i = 0; i < h; i++) s[i] = logistic(a[i]);
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

struct Sizes {
    int64_t rows, d, h;
};

// a holds c of each row at the start and the whole sum at the end; s is room for kRows rows of hidden units.
template <typename T>
FT_INLINE void forward_rows(const T* x, const T* w, const T* v, T* a, T* s, T* out, Sizes size) {
    const int64_t h = size.h;
    for (int64_t first = 0; first < size.rows; first += kRows) {
        const int64_t rows = std::min(kRows, size.rows - first);
        for (int64_t r = 0; r < rows; r++) activate(a + (first + r) * h, s + r * h, h);
        for (int64_t d = 0; d < size.d; d++)
            for (int64_t r = 0; r < rows; r++) {
                const int64_t at = (first + r) * size.d + d;
                out[at] = dot(s + r * h, v + d * h, h);
                if (x[at] == 0) continue;
                add(a + (first + r) * h, w + d * h, x[at], h);
                activate(a + (first + r) * h, s + r * h, h);
            }
    }
}

// What the gradient keeps of one row for the units of a slice: the sum a, the units s, the gradient of a, and by how
// much that of s grew while s stayed: sum of g_d v_d.
template <typename T>
struct Row {
    T a[kUnits], s[kUnits], da[kUnits], ds[kUnits];

    FT_INLINE void begin(const T* sums, int64_t n) {
        for (int64_t i = 0; i < n; i++) a[i] = sums[i], da[i] = ds[i] = 0;
        activate(a, s, n);
    }

    FT_INLINE void settle(int64_t n) {
        for (int64_t i = 0; i < n; i++) da[i] += ds[i] * (s[i] * (T(1) - s[i])), ds[i] = 0;
    }

    // Takes x_d w_d off the sum.
    FT_INLINE void step_back(T xd, const T* w, T* dw, int64_t n) {
        add(dw, da, xd, n);
        add(a, w, -xd, n);
        activate(a, s, n);
    }
};

// Inputs, the whole sums, the gradient of the logits, and those of the inputs (dx null where nobody asks for it); what
// has hidden units begins at the slice's first.
template <typename T>
struct Pass {
    const T *x, *w, *v, *sums, *g;
    T *dx, *dw, *dc, *dv;
    Sizes size;
};

// The gradient of n units; dw, dv and dx are added to.
template <typename T>
FT_INLINE void backward_slice(const Pass<T>& p, int64_t n) {
    const auto [all, pixels, h] = p.size;
    Row<T> state[kRows];
    for (int64_t first = 0; first < all; first += kRows) {
        const int64_t rows = std::min(kRows, all - first);
        for (int64_t r = 0; r < rows; r++) state[r].begin(p.sums + (first + r) * h, n);
        for (int64_t d = pixels - 1; d >= 0; d--)
            for (int64_t r = 0; r < rows; r++) {
                Row<T>& row = state[r];
                const int64_t at = (first + r) * pixels + d;
                const T x = p.x[at];
                if (p.dx || x != 0) row.settle(n);
                if (p.dx) p.dx[at] += dot(row.da, p.w + d * h, n);
                if (x != 0) row.step_back(x, p.w + d * h, p.dw + d * h, n);
                add(p.dv + d * h, row.s, p.g[at], n);
                add(row.ds, p.v + d * h, p.g[at], n);
            }
        for (int64_t r = 0; r < rows; r++) {
            state[r].settle(n);
            std::copy_n(state[r].da, n, p.dc + (first + r) * h);
        }
    }
}

// A whole slice is compiled by itself: its loops have a known length.
template <typename T>
FT_INLINE void backward_units(const Pass<T>& p, int64_t n) {
    n == kUnits ? backward_slice(p, kUnits) : backward_slice(p, n);
}

FT_EVERY_WIDTH void forward_all(const float* x, const float* w, const float* v, float* a, float* s, float* out,
                                Sizes n) {
    forward_rows(x, w, v, a, s, out, n);
}
void forward_all(const double* x, const double* w, const double* v, double* a, double* s, double* out, Sizes n) {
    forward_rows(x, w, v, a, s, out, n);
}
FT_EVERY_WIDTH void backward_all(const Pass<float>& p, int64_t n) { backward_units(p, n); }
void backward_all(const Pass<double>& p, int64_t n) { backward_units(p, n); }

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

// The logits and the whole sums.
std::pair<at::Tensor, at::Tensor> run_forward(const at::Tensor& x, const at::Tensor& w, const at::Tensor& c,
                                              const at::Tensor& v) {
    const auto xc = x.contiguous(), wc = w.contiguous(), vc = v.contiguous();
    const auto a = c.contiguous().clone(), out = at::empty_like(xc);
    const int64_t d = x.size(1), h = w.size(1);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "nade_logits", [&] {
        const auto *px = xc.data_ptr<scalar_t>(), *pw = wc.data_ptr<scalar_t>(), *pv = vc.data_ptr<scalar_t>();
        auto *pa = a.data_ptr<scalar_t>(), *po = out.data_ptr<scalar_t>();
        at::parallel_for(0, x.size(0), kRows, [=](int64_t from, int64_t to) {
            std::vector<scalar_t> s(kRows * h);
            forward_all(px + from * d, pw, pv, pa + from * h, s.data(), po + from * d, Sizes{to - from, d, h});
        });
    });
    return {out, a};
}

// Threads share the slices of hidden units, each of which has its own columns of every gradient but that of x, which is
// summed over slices in their order: every number of threads gives the same bits.
variable_list run_backward(const at::Tensor& x, const at::Tensor& w, const at::Tensor& v, const at::Tensor& sums,
                           const at::Tensor& grad, bool of_x) {
    const auto xc = x.contiguous(), wc = w.contiguous(), vc = v.contiguous(), gc = grad.contiguous();
    const int64_t rows = x.size(0), d = x.size(1), h = w.size(1), slices = (h + kUnits - 1) / kUnits;
    const auto dw = at::zeros_like(wc), dv = at::zeros_like(vc), dc = at::empty_like(sums);
    const auto dx = of_x ? at::zeros({slices, rows, d}, x.options()) : at::Tensor();
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "nade_logits", [&] {
        const auto *px = xc.data_ptr<scalar_t>(), *pw = wc.data_ptr<scalar_t>(), *pv = vc.data_ptr<scalar_t>();
        const auto *pg = gc.data_ptr<scalar_t>(), *pa = sums.data_ptr<scalar_t>();
        auto *pdw = dw.data_ptr<scalar_t>(), *pdv = dv.data_ptr<scalar_t>(), *pdc = dc.data_ptr<scalar_t>();
        auto* pdx = of_x ? dx.data_ptr<scalar_t>() : nullptr;
        at::parallel_for(0, slices, 1, [=](int64_t from, int64_t to) {
            for (int64_t k = from; k < to; k++) {
                const int64_t i = k * kUnits;
                auto* own_dx = pdx ? pdx + k * rows * d : nullptr;
                backward_all({px, pw + i, pv + i, pa + i, pg, own_dx, pdw + i, pdc + i, pdv + i, Sizes{rows, d, h}},
                             std::min(kUnits, h - i));
            }
        });
    });
    return {of_x ? dx.sum(0) : dx, dw, dc, dv};
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

TORCH_LIBRARY_FRAGMENT(figment, library) {
    library.def("nade_logits(Tensor x, Tensor w, Tensor c, Tensor v) -> Tensor");
}
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("nade_logits", plain); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("nade_logits", differentiable); }
