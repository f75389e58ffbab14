// Instance normalisation (Ulyanov et al. 2016) of float32 images on a CPU, in the layout that they have:
//
//   y  = w (x - m) r + b,   m and 1 / r^2 - eps: mean and variance of a channel's S positions in one example
//   dx = w r (dy - mean(dy) - xhat mean(dy xhat)),   xhat = (x - m) r,   dw = sum(dy xhat),   db = sum(dy)
//
// libtorch takes the batch for more channels and calls batch normalisation, which for channels-last images means a copy
// into the other layout before and after, forward and backward.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "vectors.h"

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kColumns = 64;  // of a strip; and rows whose sum is kept in float before it is added in double

// Up to 64 columns of numbers, rows apart by the stride.
struct Strip {
    int64_t offset, rows, stride, width;
};

struct Columns {
    double sum[kColumns] = {};
    float operator[](int64_t c) const { return static_cast<float>(sum[c]); }
};

FT_EVERY_WIDTH void add(const float* __restrict x, const Strip s, Columns& total) {
    for (int64_t from = 0; from < s.rows; from += kColumns) {
        float part[kColumns] = {};
        for (int64_t i = from; i < std::min(from + kColumns, s.rows); i++)
            for (int64_t c = 0; c < s.width; c++) part[c] += x[i * s.stride + c];
        for (int64_t c = 0; c < s.width; c++) total.sum[c] += part[c];
    }
}

FT_EVERY_WIDTH void add_squares(const float* __restrict x, const float* __restrict mean, const Strip s, Columns& total) {
    for (int64_t from = 0; from < s.rows; from += kColumns) {
        float part[kColumns] = {};
        for (int64_t i = from; i < std::min(from + kColumns, s.rows); i++)
            for (int64_t c = 0; c < s.width; c++) {
                const float d = x[i * s.stride + c] - mean[c];
                part[c] += d * d;
            }
        for (int64_t c = 0; c < s.width; c++) total.sum[c] += part[c];
    }
}

FT_EVERY_WIDTH void add_products(const float* __restrict g, const float* __restrict x, const float* __restrict mean,
                                 const Strip s, Columns& total) {
    for (int64_t from = 0; from < s.rows; from += kColumns) {
        float part[kColumns] = {};
        for (int64_t i = from; i < std::min(from + kColumns, s.rows); i++)
            for (int64_t c = 0; c < s.width; c++) part[c] += g[i * s.stride + c] * (x[i * s.stride + c] - mean[c]);
        for (int64_t c = 0; c < s.width; c++) total.sum[c] += part[c];
    }
}

// y = a (x - m) + b
FT_EVERY_WIDTH void normalise(const float* __restrict x, const float* __restrict mean, const float* __restrict a,
                              const float* __restrict b, float* __restrict y, const Strip s) {
    for (int64_t i = 0; i < s.rows; i++)
        for (int64_t c = 0; c < s.width; c++) y[i * s.stride + c] = a[c] * (x[i * s.stride + c] - mean[c]) + b[c];
}

// dx = a dy + b (x - m) + d
FT_EVERY_WIDTH void slope(const float* __restrict g, const float* __restrict x, const float* __restrict mean,
                          const float* __restrict a, const float* __restrict b, const float* __restrict d,
                          float* __restrict y, const Strip s) {
    for (int64_t i = 0; i < s.rows; i++)
        for (int64_t c = 0; c < s.width; c++)
            y[i * s.stride + c] = a[c] * g[i * s.stride + c] + b[c] * (x[i * s.stride + c] - mean[c]) + d[c];
}

// A unit of work is what one thread does at a time: 64 channels of one channels-last example, or one channel of one
// contiguous example, which is read as rows of 64 and a rest.
struct Layout {
    int64_t examples, channels, positions;
    bool last;

    int64_t blocks() const { return last ? (channels + kColumns - 1) / kColumns : channels; }
    int64_t units() const { return examples * blocks(); }
    int64_t first(int64_t unit) const { return unit / blocks() * channels + unit % blocks() * (last ? kColumns : 1); }
    int64_t width(int64_t unit) const { return last ? std::min(kColumns, channels - unit % blocks() * kColumns) : 1; }

    template <class F>
    void strips(int64_t unit, F f) const {
        if (last) {
            f(Strip{unit / blocks() * positions * channels + unit % blocks() * kColumns, positions, channels, width(unit)});
            return;
        }
        const int64_t rows = positions / kColumns, rest = positions % kColumns;
        if (rows > 0) f(Strip{unit * positions, rows, kColumns, kColumns});
        if (rest > 0) f(Strip{unit * positions + rows * kColumns, 1, rest, rest});
    }

    // The mean of each column's channel, for every column.
    Columns mean(Columns total) const {
        if (!last) {
            double all = 0.0;
            for (const double part : total.sum) all += part;
            for (double& part : total.sum) part = all;
        }
        for (double& part : total.sum) part /= static_cast<double>(positions);
        return total;
    }
};

bool by_channels_last(const at::Tensor& x) {
    return x.dim() == 4 && !x.is_contiguous() && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor in_layout(const at::Tensor& x, bool last) {
    return x.contiguous(last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
}

Layout layout(const at::Tensor& x) {
    return {x.size(0), x.size(1), x.numel() / std::max<int64_t>(1, x.size(0) * x.size(1)), by_channels_last(x)};
}

bool fused(const at::Tensor& x) { return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.numel() > 0; }

void check(const at::Tensor& x, const c10::optional<at::Tensor>& w, const c10::optional<at::Tensor>& b) {
    TORCH_CHECK(x.dim() >= 3, "normalize_instances: input of shape ", x.sizes(), " has no positions: (B, C, ...) is needed");
    for (const auto& t : {w, b})
        TORCH_CHECK(!t || (t->dim() == 1 && t->size(0) == x.size(1)), "normalize_instances: weight and bias must have ", x.size(1),
                    " elements, one a channel, not shape ", t->sizes());
    TORCH_CHECK(w.has_value() == b.has_value(), "normalize_instances: weight and bias come together");
    TORCH_CHECK(x.numel() != x.size(0) * x.size(1) || x.numel() == 0,
                "normalize_instances: one position a channel has no variance, as in input of shape ", x.sizes());
}

std::vector<int64_t> positions_of(const at::Tensor& x) {
    std::vector<int64_t> dims;
    for (int64_t d = 2; d < x.dim(); d++) dims.push_back(d);
    return dims;
}

std::vector<int64_t> per_channel(const at::Tensor& x) {
    std::vector<int64_t> shape(x.dim(), 1);
    shape[1] = -1;
    return shape;
}

at::Tensor composed(const at::Tensor& x, const c10::optional<at::Tensor>& w, const c10::optional<at::Tensor>& b, double eps) {
    const auto dims = positions_of(x);
    const auto centred = x - x.mean(dims, true);
    const auto y = centred * (centred.square().mean(dims, true) + eps).rsqrt();
    return w ? y * w->reshape(per_channel(x)) + b->reshape(per_channel(x)) : y;
}

// The result, and m and r of each example's channels.
std::tuple<at::Tensor, at::Tensor, at::Tensor> forward_with_statistics(const at::Tensor& input,
                                                                       const c10::optional<at::Tensor>& w,
                                                                       const c10::optional<at::Tensor>& b, double eps) {
    const auto s = layout(input);
    const auto x = in_layout(input, s.last), y = at::empty_like(x);
    const auto means = at::empty({s.examples, s.channels}, x.options()), scales = at::empty_like(means);
    const auto weight = w ? w->contiguous() : at::Tensor(), bias = b ? b->contiguous() : at::Tensor();
    const float *px = x.data_ptr<float>(), *pw = w ? weight.data_ptr<float>() : nullptr;
    const float* pb = b ? bias.data_ptr<float>() : nullptr;
    float *py = y.data_ptr<float>(), *pm = means.data_ptr<float>(), *pr = scales.data_ptr<float>();
    at::parallel_for(0, s.units(), 1, [&](int64_t from, int64_t to) {
        for (int64_t u = from; u < to; u++) {
            Columns total, squares;
            s.strips(u, [&](const Strip& t) { add(px + t.offset, t, total); });
            total = s.mean(total);
            float mean[kColumns], a[kColumns], shift[kColumns];
            for (int64_t c = 0; c < kColumns; c++) mean[c] = total[c];
            s.strips(u, [&](const Strip& t) { add_squares(px + t.offset, mean, t, squares); });
            squares = s.mean(squares);
            const int64_t first = s.first(u), width = s.width(u);
            for (int64_t c = 0; c < kColumns; c++) {
                const float r = static_cast<float>(1.0 / std::sqrt(squares.sum[c] + eps));
                const int64_t k = c < width ? c : 0;
                if (c < width) pm[first + c] = mean[c], pr[first + c] = r;
                a[c] = pw ? pw[(first + k) % s.channels] * r : r;
                shift[c] = pb ? pb[(first + k) % s.channels] : 0.0f;
            }
            s.strips(u, [&](const Strip& t) { normalise(px + t.offset, mean, a, shift, py + t.offset, t); });
        }
    });
    return {y, means, scales};
}

variable_list slopes(const at::Tensor& grad, const at::Tensor& input, const at::Tensor& w, const at::Tensor& means,
                     const at::Tensor& scales) {
    const auto s = layout(input);
    const auto x = in_layout(input, s.last), g = in_layout(grad, s.last), dx = at::empty_like(x);
    const auto dw = at::empty_like(means), db = at::empty_like(means), weight = w.defined() ? w.contiguous() : at::Tensor();
    const float *px = x.data_ptr<float>(), *pg = g.data_ptr<float>();
    const float* pw = w.defined() ? weight.data_ptr<float>() : nullptr;
    const float *pm = means.data_ptr<float>(), *pr = scales.data_ptr<float>();
    float *pd = dx.data_ptr<float>(), *pdw = dw.data_ptr<float>(), *pdb = db.data_ptr<float>();
    at::parallel_for(0, s.units(), 1, [&](int64_t from, int64_t to) {
        for (int64_t u = from; u < to; u++) {
            const int64_t first = s.first(u), width = s.width(u);
            float mean[kColumns], a[kColumns], b[kColumns], d[kColumns];
            for (int64_t c = 0; c < kColumns; c++) mean[c] = pm[first + (c < width ? c : 0)];
            Columns sum, products;
            s.strips(u, [&](const Strip& t) {
                add(pg + t.offset, t, sum);
                add_products(pg + t.offset, px + t.offset, mean, t, products);
            });
            sum = s.mean(sum);
            products = s.mean(products);
            for (int64_t c = 0; c < kColumns; c++) {
                const int64_t k = first + (c < width ? c : 0);
                const double r = pr[k], wr = (pw ? pw[k % s.channels] : 1.0) * r, n = static_cast<double>(s.positions);
                if (c < width) pdw[k] = static_cast<float>(products.sum[c] * r * n), pdb[k] = static_cast<float>(sum.sum[c] * n);
                a[c] = static_cast<float>(wr);
                b[c] = static_cast<float>(-wr * r * r * products.sum[c]);
                d[c] = static_cast<float>(-wr * sum.sum[c]);
            }
            s.strips(u, [&](const Strip& t) { slope(pg + t.offset, px + t.offset, mean, a, b, d, pd + t.offset, t); });
        }
    });
    if (!w.defined()) return {dx, at::Tensor(), at::Tensor()};
    return {dx, dw.sum(0), db.sum(0)};
}

at::Tensor forward(const at::Tensor& x, const c10::optional<at::Tensor>& w, const c10::optional<at::Tensor>& b, double eps) {
    check(x, w, b);
    return fused(x) ? std::get<0>(forward_with_statistics(x, w, b, eps)) : composed(x, w, b, eps);
}

struct InstanceNorm : torch::autograd::Function<InstanceNorm> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const c10::optional<at::Tensor>& w,
                              const c10::optional<at::Tensor>& b, double eps) {
        const at::AutoDispatchBelowADInplaceOrView below;
        const auto [y, means, scales] = forward_with_statistics(x, w, b, eps);
        context->save_for_backward({x, w ? *w : at::Tensor(), means, scales});
        context->saved_data["eps"] = eps;
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &w = saved[1], &g = grads[0];
        if (!at::GradMode::is_enabled()) {
            auto all = slopes(g, x, w, saved[2], saved[3]);
            return {all[0], all[1], all[2], at::Tensor()};
        }
        // A graph of the gradient is wanted: operators that have gradients themselves.
        const auto dims = positions_of(x);
        const auto centred = x - x.mean(dims, true);
        const auto r = (centred.square().mean(dims, true) + context->saved_data["eps"].toDouble()).rsqrt();
        const auto unit = centred * r, scaled = w.defined() ? g * w.reshape(per_channel(x)) : g;
        const auto dx = r * (scaled - scaled.mean(dims, true) - unit * (scaled * unit).mean(dims, true));
        if (!w.defined()) return {dx, at::Tensor(), at::Tensor(), at::Tensor()};
        auto others = dims;
        others.push_back(0);
        return {dx, (g * unit).sum(others), g.sum(others), at::Tensor()};
    }
};

at::Tensor differentiable(const at::Tensor& x, const c10::optional<at::Tensor>& w, const c10::optional<at::Tensor>& b,
                          double eps) {
    check(x, w, b);
    return fused(x) ? InstanceNorm::apply(x, w, b, eps) : composed(x, w, b, eps);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) {
    library.def("normalize_instances(Tensor input, Tensor? weight=None, Tensor? bias=None, float eps=1e-05) -> Tensor");
}
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("normalize_instances", forward); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("normalize_instances", differentiable); }
