// One layer of long short-term memory over a whole sequence (Hochreiter and Schmidhuber 1997), gates in PyTorch's order: i, f,
// g, o. The inputs' products are one; each step adds its recurrent product and makes the gates in one loop. Kept for the
// gradient are the gates and the cells, and each weight's gradient is one product over all steps. libtorch 1.13 composes
// it from operators, keeps what each of them made, and adds up a product as large as the weights for every step.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/graph_task.h>
#include <torch/library.h>

#include "gemm.h"
#include "vectors.h"

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Bias = c10::optional<at::Tensor>;
using Result = std::tuple<at::Tensor, at::Tensor, at::Tensor>;

constexpr int64_t kAtOnce = 1 << 11;  // cells for which a second thread pays

inline __attribute__((always_inline)) float sigmoid(float x) {
    const float e = exp_of_negative(x > 0.0f ? -x : x);
    return (x > 0.0f ? 1.0f : e) / (1.0f + e);
}

inline __attribute__((always_inline)) float tanh_of(float x) {
    const float size = x > 0.0f ? x : -x, e = exp_of_negative(-2.0f * size), z = x * x;
    float p = -5.70498872745e-3f;  // Cephes' tanhf
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    const float small = p * z * x + x, large = (1.0f - e) / (1.0f + e);
    return size < 0.625f ? small : x > 0.0f ? large : -large;
}

// What an example's gates were before their nonlinearities becomes the gates; c and h follow.
FT_EVERY_WIDTH void step(float* __restrict i, float* __restrict f, float* __restrict g, float* __restrict o,
                         const float* __restrict before, float* __restrict c, float* __restrict h, int64_t n) {
    for (int64_t k = 0; k < n; k++) {
        i[k] = sigmoid(i[k]);
        f[k] = sigmoid(f[k]);
        g[k] = tanh_of(g[k]);
        o[k] = sigmoid(o[k]);
        c[k] = f[k] * before[k] + i[k] * g[k];
        h[k] = o[k] * tanh_of(c[k]);
    }
}

struct Four {
    const float *i, *f, *g, *o;
    float *di, *df, *dg, *dou;
};

// The slopes of the gates before their nonlinearities, where those are kept in place of the gates or beside them; dc goes
// from this step to the one before.
FT_EVERY_WIDTH void step_back(const Four gates, const float* before, const float* c, const float* dh, const float* dy,
                              float* dc, int64_t n) {
#pragma GCC ivdep
    for (int64_t k = 0; k < n; k++) {
        const float i = gates.i[k], f = gates.f[k], g = gates.g[k], o = gates.o[k];
        const float slope = dh[k] + dy[k], t = tanh_of(c[k]), cell = dc[k] + slope * o * (1.0f - t * t);
        gates.di[k] = cell * g * i * (1.0f - i);
        gates.df[k] = cell * before[k] * f * (1.0f - f);
        gates.dg[k] = cell * i * (1.0f - g * g);
        gates.dou[k] = slope * t * o * (1.0f - o);
        dc[k] = cell * f;
    }
}

struct Given {
    at::Tensor x, h, c, w_ih, w_hh, b_ih, b_hh;  // (T, B, I), (B, H), (B, H), (4H, I), (4H, H), (4H), (4H)

    int64_t steps() const { return x.size(0); }
    int64_t batch() const { return x.size(1); }
    int64_t units() const { return h.size(1); }
};

// libtorch 2.6 takes some shapes that do not fit, so they are checked here for every way of computing.
void check(const Given& q) {
    const bool biased = q.b_ih.defined();
    bool fits = q.x.dim() == 3 && q.h.dim() == 2 && biased == q.b_hh.defined();
    if (fits) {
        const int64_t gates = 4 * q.units();
        fits = q.h.size(0) == q.batch() && q.c.sizes() == q.h.sizes() && q.w_ih.sizes().equals({gates, q.x.size(2)}) &&
               q.w_hh.sizes().equals({gates, q.units()}) &&
               (!biased || (q.b_ih.sizes().equals({gates}) && q.b_hh.sizes().equals({gates})));
    }
    TORCH_CHECK(fits, "lstm_layer: input (T, B, I), states (B, H), weights (4H, I) and (4H, H) and biases (4H), both or none, do not fit: ",
                q.x.sizes(), ", ", q.h.sizes(), " and ", q.c.sizes(), ", ", q.w_ih.sizes(), " and ", q.w_hh.sizes(), ", ",
                biased ? q.b_ih.sizes() : at::IntArrayRef(), " and ", q.b_hh.defined() ? q.b_hh.sizes() : at::IntArrayRef());
}

bool fused(const Given& q) {
    for (const auto& t : {q.x, q.h, q.c, q.w_ih, q.w_hh, q.b_ih, q.b_hh})
        if (t.defined() && !(t.device().is_cpu() && t.scalar_type() == at::kFloat)) return false;
    return !at::autocast::is_cpu_enabled() && q.x.numel() > 0 && q.h.numel() > 0;
}

Result composed(const Given& q) {
    std::vector<at::Tensor> weights{q.w_ih, q.w_hh};
    if (q.b_ih.defined()) weights.insert(weights.end(), {q.b_ih, q.b_hh});
    const std::vector<at::Tensor> states{q.h.unsqueeze(0), q.c.unsqueeze(0)};
    const auto [y, h, c] = at::lstm(q.x, states, weights, q.b_ih.defined(), 1, 0.0, false, false, false);
    return {y, h.squeeze(0), c.squeeze(0)};
}

struct Forward {
    at::Tensor y, gates, cells;  // (T, B, H), (T, B, 4H) and (T, B, H)
};

Forward run(const Given& q) {
    const int64_t steps = q.steps(), batch = q.batch(), n = q.units();
    const auto x = q.x.reshape({steps * batch, -1}), w = q.w_hh.contiguous(), h = q.h.contiguous(), c = q.c.contiguous();
    const auto gates = q.b_ih.defined() ? at::addmm(q.b_ih + q.b_hh, x, q.w_ih.t()) : at::mm(x, q.w_ih.t());
    const auto y = at::empty({steps, batch, n}, q.x.options()), cells = at::empty_like(y);
    float *pg = gates.data_ptr<float>(), *py = y.data_ptr<float>(), *pc = cells.data_ptr<float>();
    const float* pw = w.data_ptr<float>();
    for (int64_t t = 0; t < steps; t++) {
        const float* hidden = t == 0 ? h.data_ptr<float>() : py + (t - 1) * batch * n;
        const float* cell = t == 0 ? c.data_ptr<float>() : pc + (t - 1) * batch * n;
        float *g = pg + t * batch * 4 * n, *to = py + t * batch * n, *next = pc + t * batch * n;
        gemm(false, true, batch, 4 * n, n, 1.0f, hidden, n, pw, n, 1.0f, g, 4 * n);
        at::parallel_for(0, batch, std::max<int64_t>(1, kAtOnce / n), [&](int64_t from, int64_t until) {
            for (int64_t b = from; b < until; b++) {
                float* i = g + b * 4 * n;
                step(i, i + n, i + 2 * n, i + 3 * n, cell + b * n, next + b * n, to + b * n, n);
            }
        });
    }
    return {y, gates, cells};
}

// Slopes of x, h, c and the parameters. `last`: nobody asks for the gates again, so that their slopes may take their place.
variable_list slopes(const Given& q, const Forward& f, const at::Tensor& dy, const at::Tensor& dh, const at::Tensor& dc,
                     bool last) {
    const int64_t steps = q.steps(), batch = q.batch(), n = q.units();
    const auto w = q.w_hh.contiguous(), c = q.c.contiguous(), grad = dy.contiguous(), y = f.y.contiguous();
    const auto slope = last ? f.gates : at::empty_like(f.gates);
    const auto hidden = dh.clone(at::MemoryFormat::Contiguous), cell = dc.clone(at::MemoryFormat::Contiguous);
    const float *pa = f.gates.data_ptr<float>(), *pc = f.cells.data_ptr<float>(), *pg = grad.data_ptr<float>();
    const float *first = c.data_ptr<float>(), *pw = w.data_ptr<float>();
    float *ps = slope.data_ptr<float>(), *ph = hidden.data_ptr<float>(), *pd = cell.data_ptr<float>();
    for (int64_t t = steps - 1; t >= 0; t--) {
        at::parallel_for(0, batch, std::max<int64_t>(1, kAtOnce / n), [&](int64_t from, int64_t until) {
            for (int64_t b = from; b < until; b++) {
                const int64_t row = (t * batch + b) * n;
                const float* a = pa + 4 * row;
                float* s = ps + 4 * row;
                step_back({a, a + n, a + 2 * n, a + 3 * n, s, s + n, s + 2 * n, s + 3 * n},
                          t == 0 ? first + b * n : pc + row - batch * n, pc + row, ph + b * n, pg + row, pd + b * n, n);
            }
        });
        gemm(false, false, batch, n, 4 * n, 1.0f, ps + t * batch * 4 * n, 4 * n, pw, n, 0.0f, ph, n);
    }
    const auto dw = slope.narrow(0, 0, batch).t().mm(q.h);
    if (steps > 1)
        dw.addmm_(slope.narrow(0, batch, (steps - 1) * batch).t(), y.narrow(0, 0, steps - 1).reshape({-1, n}));
    const auto db = q.b_ih.defined() ? slope.sum(0) : at::Tensor();
    const auto dx = slope.mm(q.w_ih).view(q.x.sizes()), dw_ih = slope.t().mm(q.x.reshape({steps * batch, -1}));
    return {dx, hidden, cell, dw_ih, dw, db, db};
}

// The same from operators that have gradients themselves.
variable_list differentiable_slopes(const Given& q, const variable_list& grads) {
    variable_list inputs, result;
    const std::vector<at::Tensor> all{q.x, q.h, q.c, q.w_ih, q.w_hh, q.b_ih, q.b_hh};
    for (const auto& t : all)
        if (t.defined() && t.requires_grad()) inputs.push_back(t);
    const auto [y, h, c] = composed(q);
    const auto found = torch::autograd::grad({y, h, c}, inputs, grads, true, true, true);
    size_t next = 0;
    for (const auto& t : all) result.push_back(t.defined() && t.requires_grad() ? found[next++] : at::Tensor());
    return result;
}

Result ends(const Forward& f) {
    return {f.y, f.y.select(0, -1).clone(), f.cells.select(0, -1).clone()};
}

struct Lstm : torch::autograd::Function<Lstm> {
    static variable_list forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& h, const at::Tensor& c,
                                 const at::Tensor& w_ih, const at::Tensor& w_hh, const Bias& b_ih, const Bias& b_hh) {
        const at::AutoDispatchBelowADInplaceOrView below;
        const Given q{x, h, c, w_ih, w_hh, b_ih.value_or(at::Tensor()), b_hh.value_or(at::Tensor())};
        const auto f = run(q);
        const auto [y, hidden, cell] = ends(f);
        context->save_for_backward({x, h, c, w_ih, w_hh, q.b_ih, q.b_hh, y, f.gates, f.cells});
        return {y, hidden, cell};
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto s = context->get_saved_variables();
        const Given q{s[0], s[1], s[2], s[3], s[4], s[5], s[6]};
        if (at::GradMode::is_enabled()) return differentiable_slopes(q, grads);
        const bool last = !torch::autograd::get_current_graph_task_keep_graph();
        return slopes(q, {s[7], s[8], s[9]}, grads[0], grads[1], grads[2], last);
    }
};

Result plain(const at::Tensor& x, const at::Tensor& h, const at::Tensor& c, const at::Tensor& w_ih, const at::Tensor& w_hh,
             const Bias& b_ih, const Bias& b_hh) {
    const Given q{x, h, c, w_ih, w_hh, b_ih.value_or(at::Tensor()), b_hh.value_or(at::Tensor())};
    check(q);
    return fused(q) ? ends(run(q)) : composed(q);
}

Result differentiable(const at::Tensor& x, const at::Tensor& h, const at::Tensor& c, const at::Tensor& w_ih,
                      const at::Tensor& w_hh, const Bias& b_ih, const Bias& b_hh) {
    const Given q{x, h, c, w_ih, w_hh, b_ih.value_or(at::Tensor()), b_hh.value_or(at::Tensor())};
    check(q);
    if (!fused(q)) return composed(q);
    const auto y = Lstm::apply(x, h, c, w_ih, w_hh, b_ih, b_hh);
    return {y[0], y[1], y[2]};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) {
    library.def("lstm_layer(Tensor input, Tensor hidden, Tensor cell, Tensor weight_ih, Tensor weight_hh, "
                "Tensor? bias_ih=None, Tensor? bias_hh=None) -> (Tensor output, Tensor last_hidden, Tensor last_cell)");
}
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("lstm_layer", plain); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("lstm_layer", differentiable); }
