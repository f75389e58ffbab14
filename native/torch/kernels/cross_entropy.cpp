// -log softmax(logits)[target], summed or averaged: one pass over the logits and, for the gradient, another that writes
// softmax - onehot in one buffer, which is the logits' own where nobody else can read them any more. Kept between the two
// are two numbers a row. Composed from operators the loss keeps the log-softmax, as large as the logits, and its gradient
// makes two tensors more of that size.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/graph_task.h>
#include <torch/library.h>

#include <atomic>
#include <cmath>
#include <limits>

#include "vectors.h"

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Weight = c10::optional<at::Tensor>;

constexpr int64_t kLanes = 16;        // partial sums, whatever the vector width is: every clone adds in the same order
constexpr int64_t kStretch = 4096;    // numbers that are added in Float32
constexpr int64_t kAtOnce = 1 << 13;  // numbers for which a second thread pays

// exp(x) for x <= 0 that reaches zero: a class that is ruled out by a logit of minus infinity has no gradient.
inline __attribute__((always_inline)) float weight_of(float x) {
    const float e = exp_of_negative(x);
    return x < -87.0f ? 0.0f : e;
}

FT_EVERY_WIDTH float largest(const float* __restrict x, int64_t n) {
    float lanes[kLanes];
    for (float& lane : lanes) lane = -std::numeric_limits<float>::infinity();
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
        for (int64_t k = 0; k < kLanes; k++) lanes[k] = x[i + k] > lanes[k] ? x[i + k] : lanes[k];
    for (int64_t k = 0; k < n - i; k++) lanes[k] = x[i + k] > lanes[k] ? x[i + k] : lanes[k];
    for (int64_t k = 1; k < kLanes; k++) lanes[0] = lanes[k] > lanes[0] ? lanes[k] : lanes[0];
    return lanes[0];
}

inline double total(const float* lanes) {
    double sum = 0.0;
    for (int64_t k = 0; k < kLanes; k++) sum += lanes[k];
    return sum;
}

// The sum of exp(x - m). Float32 within a stretch.
FT_EVERY_WIDTH double exponentials(const float* __restrict x, float m, int64_t n) {
    double sum = 0.0;
    for (int64_t from = 0; from < n; from += kStretch) {
        const int64_t to = std::min(from + kStretch, n);
        float lanes[kLanes] = {};
        int64_t i = from;
        for (; i + kLanes <= to; i += kLanes)
            for (int64_t k = 0; k < kLanes; k++) lanes[k] += weight_of(x[i + k] - m);
        for (int64_t k = 0; k < to - i; k++) lanes[k] += weight_of(x[i + k] - m);
        sum += total(lanes);
    }
    return sum;
}

// The sum of m - x.
FT_EVERY_WIDTH double distances(const float* __restrict x, float m, int64_t n) {
    double sum = 0.0;
    for (int64_t from = 0; from < n; from += kStretch) {
        const int64_t to = std::min(from + kStretch, n);
        float lanes[kLanes] = {};
        int64_t i = from;
        for (; i + kLanes <= to; i += kLanes)
            for (int64_t k = 0; k < kLanes; k++) lanes[k] += m - x[i + k];
        for (int64_t k = 0; k < to - i; k++) lanes[k] += m - x[i + k];
        sum += total(lanes);
    }
    return sum;
}

// y = scale exp(x - m) - share. x and y may be the same memory, which is why each number is said to be independent.
FT_EVERY_WIDTH void slope(const float* x, float m, float scale, float share, float* y, int64_t n) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; i++) y[i] = scale * weight_of(x[i] - m) - share;
}

// What the numbers mean, as in libtorch.
struct Meaning {
    int64_t reduction, ignored;
    double smoothing;
};

// Rows of classes that lie one after another: (N, K) contiguous, (B, K, ...) with the channels last.
bool rows_lie_together(const at::Tensor& logits) { return logits.movedim(1, -1).is_contiguous(); }

bool fused(const at::Tensor& logits, const at::Tensor& target, const Weight& weight, const Meaning& m) {
    if (!(logits.device().is_cpu() && target.device().is_cpu() && logits.scalar_type() == at::kFloat &&
          target.scalar_type() == at::kLong && !(weight && weight->defined()) && logits.dim() >= 2 &&
          target.dim() == logits.dim() - 1 && logits.numel() > 0 && !target.requires_grad() && m.smoothing >= 0.0 &&
          m.smoothing <= 1.0 && m.reduction >= at::Reduction::None && m.reduction <= at::Reduction::Sum))
        return false;
    for (int64_t d = 0; d < target.dim(); d++)
        if (target.size(d) != logits.size(d == 0 ? 0 : d + 1)) return false;
    return rows_lie_together(logits);
}

at::Tensor composed(const at::Tensor& logits, const at::Tensor& target, const Weight& weight, const Meaning& m) {
    return at::cross_entropy_loss(logits, target, weight, m.reduction, m.ignored, m.smoothing);
}

struct Losses {
    at::Tensor loss, rows;  // rows: each row's largest logit and sum of exp(logit - largest)
    int64_t count;          // targets that are not ignored
};

Losses losses(const at::Tensor& logits, const at::Tensor& target, const Meaning& m) {
    const auto t = target.contiguous(), each = at::empty(target.sizes(), logits.options());
    const int64_t rows = target.numel(), classes = logits.size(1);
    const auto numbers = at::empty({rows, 2}, logits.options());
    const float* px = logits.data_ptr<float>();
    const int64_t* pt = t.data_ptr<int64_t>();
    float *pe = each.data_ptr<float>(), *pn = numbers.data_ptr<float>();
    std::atomic<int64_t> wrong{rows};
    at::parallel_for(0, rows, std::max<int64_t>(1, kAtOnce / classes), [&](int64_t from, int64_t to) {
        for (int64_t r = from; r < to; r++) {
            pe[r] = 0.0f;
            if (pt[r] == m.ignored) continue;
            if (pt[r] < 0 || pt[r] >= classes) {
                int64_t first = wrong;
                while (r < first && !wrong.compare_exchange_weak(first, r)) {}
                return;
            }
            const float* x = px + r * classes;
            const float most = largest(x, classes);
            const double sum = exponentials(x, most, classes), log = std::log(sum);
            double nats = log + (static_cast<double>(most) - x[pt[r]]);
            if (m.smoothing > 0.0)
                nats = (1.0 - m.smoothing) * nats + m.smoothing * (log + distances(x, most, classes) / classes);
            pe[r] = static_cast<float>(nats);
            pn[2 * r] = most;
            pn[2 * r + 1] = static_cast<float>(sum);
        }
    });
    if (wrong < rows)
        TORCH_CHECK_INDEX(false, "cross_entropy: target ", pt[wrong], " at position ", wrong.load(), " is none of the ",
                          classes, " classes (logits ", logits.sizes(), ", target ", target.sizes(), ")");
    int64_t count = 0;
    double sum = 0.0;
    for (int64_t r = 0; r < rows; r++) sum += pe[r], count += pt[r] != m.ignored;
    if (m.reduction == at::Reduction::None) return {each, numbers, count};
    if (m.reduction == at::Reduction::Mean) sum /= static_cast<double>(count);  // not a number if there is none
    return {at::full({}, sum, logits.options()), numbers, count};
}

// Whether the logits' memory is of no use to anybody once this node of the backward graph has run: the graph is not kept,
// and whoever holds the storage is the node's own variable, taken out once more here (and the tensor it is a view of).
bool expendable(const at::Tensor& logits) {
    if (torch::autograd::get_current_graph_task_keep_graph() || logits.use_count() != 2) return false;
    if (!logits.is_view()) return logits.storage().use_count() == 1;
    return logits._base().use_count() == 1 && logits.storage().use_count() == 2;
}

at::Tensor slopes(const at::Tensor& grad, const at::Tensor& logits, const at::Tensor& target, const at::Tensor& numbers,
                  const Meaning& m, int64_t count) {
    const auto t = target.contiguous(), g = grad.contiguous();
    const auto out = expendable(logits) ? logits.tensor_data()
                                        : at::empty(logits.movedim(1, -1).sizes(), logits.options()).movedim(-1, 1);
    const int64_t rows = target.numel(), classes = logits.size(1);
    const bool many = m.reduction == at::Reduction::None;
    const bool mean = m.reduction == at::Reduction::Mean;
    const double share = mean ? 1.0 / static_cast<double>(std::max<int64_t>(count, 1)) : 1.0;
    const float *px = logits.data_ptr<float>(), *pg = g.data_ptr<float>(), *pn = numbers.data_ptr<float>();
    const int64_t* pt = t.data_ptr<int64_t>();
    float* po = out.data_ptr<float>();
    at::parallel_for(0, rows, std::max<int64_t>(1, kAtOnce / classes), [&](int64_t from, int64_t to) {
        for (int64_t r = from; r < to; r++) {
            float* y = po + r * classes;
            // The target was checked before; it is looked at again because its memory can be written without a trace.
            if (pt[r] == m.ignored || pt[r] < 0 || pt[r] >= classes) {
                std::fill(y, y + classes, 0.0f);
                continue;
            }
            const double scale = share * pg[many ? r : 0];
            slope(px + r * classes, pn[2 * r], static_cast<float>(scale / pn[2 * r + 1]),
                  static_cast<float>(scale * m.smoothing / classes), y, classes);
            y[pt[r]] -= static_cast<float>(scale * (1.0 - m.smoothing));
        }
    });
    return out;
}

// The same from operators that have gradients themselves.
at::Tensor differentiable_slopes(const at::Tensor& grad, const at::Tensor& logits, const at::Tensor& target,
                                 const Meaning& m, int64_t count) {
    const auto seen = target.ne(m.ignored);
    const bool mean = m.reduction == at::Reduction::Mean;
    const auto g = (mean ? grad / static_cast<double>(std::max<int64_t>(count, 1)) : grad) * seen;
    const auto index = at::where(seen, target, at::zeros_like(target)).unsqueeze(1);
    const auto wanted = at::zeros_like(logits).scatter(1, index, 1.0 - m.smoothing) +
                        m.smoothing / static_cast<double>(logits.size(1));
    return g.unsqueeze(1) * (at::softmax(logits, 1) - wanted);
}

at::Tensor forward(const at::Tensor& logits, const at::Tensor& target, const Weight& weight, int64_t reduction,
                   int64_t ignored, double smoothing) {
    const Meaning m{reduction, ignored, smoothing};
    return fused(logits, target, weight, m) ? losses(logits, target, m).loss : composed(logits, target, weight, m);
}

struct CrossEntropy : torch::autograd::Function<CrossEntropy> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& logits, const at::Tensor& target,
                              int64_t reduction, int64_t ignored, double smoothing) {
        const at::AutoDispatchBelowADInplaceOrView below;
        const auto all = losses(logits, target, {reduction, ignored, smoothing});
        context->save_for_backward({logits, target, all.rows});
        context->saved_data["reduction"] = reduction;
        context->saved_data["ignored"] = ignored;
        context->saved_data["smoothing"] = smoothing;
        context->saved_data["count"] = all.count;
        return all.loss;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const auto &logits = saved[0], &target = saved[1];
        auto& data = context->saved_data;
        const Meaning m{data["reduction"].toInt(), data["ignored"].toInt(), data["smoothing"].toDouble()};
        const auto count = data["count"].toInt();
        const auto slope = at::GradMode::is_enabled()
                               ? differentiable_slopes(grads[0], logits, target, m, count)
                               : slopes(grads[0], logits, target, saved[2], m, count);
        return {slope, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

at::Tensor differentiable(const at::Tensor& logits, const at::Tensor& target, const Weight& weight, int64_t reduction,
                          int64_t ignored, double smoothing) {
    const Meaning m{reduction, ignored, smoothing};
    if (!fused(logits, target, weight, m)) return composed(logits, target, weight, m);
    if (at::GradMode::is_enabled() && logits.requires_grad())
        return CrossEntropy::apply(logits, target, reduction, ignored, smoothing);
    const at::AutoDispatchBelowADInplaceOrView below;
    return losses(logits, target, m).loss;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) {
    library.def("cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=Mean, "
                "int ignore_index=-100, float label_smoothing=0.0) -> Tensor");
}
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("cross_entropy", forward); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("cross_entropy", differentiable); }
