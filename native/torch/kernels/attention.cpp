// Attention of several heads on packed queries, keys and values, forwards and backwards. The weights of a block of queries
// are made, used and dropped in the cache: neither they nor copies by heads reach memory, and the backward pass makes
// them again from each query's log-sum-exp (Dao et al. 2022). What the causal mask hides is not computed.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "gemm.h"
#include "vectors.h"

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kRows = 64;  // queries at a time

FT_EVERY_WIDTH float largest(const float* __restrict x, int64_t n) {
    float lanes[16];
    for (int k = 0; k < 16; k++) lanes[k] = x[0];
    int64_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (int k = 0; k < 16; k++) lanes[k] = lanes[k] > x[i + k] ? lanes[k] : x[i + k];
    for (; i < n; i++) lanes[0] = lanes[0] > x[i] ? lanes[0] : x[i];
    for (int width = 8; width > 0; width /= 2)
        for (int k = 0; k < width; k++) lanes[k] = lanes[k] > lanes[k + width] ? lanes[k] : lanes[k + width];
    return lanes[0];
}

FT_EVERY_WIDTH float dot(const float* __restrict x, const float* __restrict y, int64_t n) {
    float lanes[16] = {};
    int64_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (int k = 0; k < 16; k++) lanes[k] += x[i + k] * y[i + k];
    float rest = 0.0f;
    for (; i < n; i++) rest += x[i] * y[i];
    for (int width = 8; width > 0; width /= 2)
        for (int k = 0; k < width; k++) lanes[k] += lanes[k + width];
    return lanes[0] + rest;
}

// x = exp(x - shift), shift at least the largest x; answers the sum.
FT_EVERY_WIDTH float exponents(float* __restrict x, int64_t n, float shift) {
    float lanes[16] = {};
    int64_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (int k = 0; k < 16; k++) {
            x[i + k] = exp_of_negative(x[i + k] - shift);
            lanes[k] += x[i + k];
        }
    float rest = 0.0f;
    for (; i < n; i++) {
        x[i] = exp_of_negative(x[i] - shift);
        rest += x[i];
    }
    for (int width = 8; width > 0; width /= 2)
        for (int k = 0; k < width; k++) lanes[k] += lanes[k + width];
    return lanes[0] + rest;
}

FT_EVERY_WIDTH void multiply(float* __restrict x, int64_t n, float factor) {
    for (int64_t i = 0; i < n; i++) x[i] *= factor;
}

// The gradient of a row's scores from that of its weights p.
FT_EVERY_WIDTH void through_softmax(const float* __restrict p, float* __restrict grad, int64_t n, float mean, float scale) {
    for (int64_t i = 0; i < n; i++) grad[i] = p[i] * (grad[i] - mean) * scale;
}

// Sixteen numbers side by side, wherever they lie.
typedef float Lanes __attribute__((vector_size(64), aligned(4)));

// s_j = scale q . k_j for n keys, rows apart by the stride: a product with one row, without the BLAS's copies. Four keys at
// a time, so that no sum waits for another.
FT_EVERY_WIDTH void scores_of_one(const float* q, const float* k, int64_t stride, int64_t n, int64_t size, float scale,
                                  float* s) {
    for (int64_t j = 0; j < n; j += 4) {
        const float* keys[4];
        Lanes lanes[4] = {};
        for (int r = 0; r < 4; r++) {
            keys[r] = k + std::min(j + r, n - 1) * stride;
            for (int64_t line = 0; line < size; line += 16) __builtin_prefetch(keys[r] + 16 * stride + line);
        }

        int64_t i = 0;
        for (; i + 16 <= size; i += 16) {
            const Lanes x = *reinterpret_cast<const Lanes*>(q + i);
            for (int r = 0; r < 4; r++) lanes[r] += x * *reinterpret_cast<const Lanes*>(keys[r] + i);
        }
        for (int64_t r = 0; r < std::min<int64_t>(4, n - j); r++) {
            float part[16];
            __builtin_memcpy(part, &lanes[r], sizeof part);
            for (int width = 8; width > 0; width /= 2)
                for (int l = 0; l < width; l++) part[l] += part[l + width];
            for (int64_t rest = i; rest < size; rest++) part[0] += q[rest] * keys[r][rest];
            s[j + r] = scale * part[0];
        }
    }
}

// out = sum over j of p_j v_j.
FT_EVERY_WIDTH void mean_of_one(const float* __restrict p, const float* __restrict v, int64_t stride, int64_t n,
                                int64_t size, float* __restrict out) {
    int64_t i = 0;
    for (; i + 64 <= size; i += 64) {
        float sums[64] = {};
        for (int64_t j = 0; j < n; j++)
            for (int l = 0; l < 64; l++) sums[l] += p[j] * v[j * stride + i + l];
        for (int l = 0; l < 64; l++) out[i + l] = sums[l];
    }
    for (; i < size; i++) {
        float sum = 0.0f;
        for (int64_t j = 0; j < n; j++) sum += p[j] * v[j * stride + i];
        out[i] = sum;
    }
}

// Where one head's rows begin, and how far apart they are.
struct Rows {
    float* at;
    int64_t stride;
    float* row(int64_t i) const { return at + i * stride; }
};

struct Head {
    Rows q, k, v, out;
    float* log_sums;
    int64_t queries, keys, size;
    bool causal;
    float scale;

    int64_t seen(int64_t query) const { return causal ? query + 1 : keys; }

    void scores(int64_t first, int64_t rows, int64_t columns, float* s) const {
        if (rows == 1)
            scores_of_one(q.row(first), k.at, k.stride, columns, size, scale, s);
        else
            gemm(false, true, rows, columns, size, scale, q.row(first), q.stride, k.at, k.stride, 0.0f, s, columns);
    }

    void forward(float* s) const {
        for (int64_t first = 0; first < queries; first += kRows) {
            const int64_t rows = std::min(kRows, queries - first), columns = seen(first + rows - 1);
            scores(first, rows, columns, s);
            for (int64_t i = 0; i < rows; i++) {
                float* row = s + i * columns;
                const int64_t n = seen(first + i);
                const float top = largest(row, n), sum = exponents(row, n, top);
                multiply(row, n, 1.0f / sum);
                std::fill(row + n, row + columns, 0.0f);
                log_sums[first + i] = top + std::log(sum);
            }
            if (rows == 1)
                mean_of_one(s, v.at, v.stride, columns, size, out.row(first));
            else
                gemm(false, false, rows, size, columns, 1.0f, s, columns, v.at, v.stride, 0.0f, out.row(first), out.stride);
        }
    }

    // The last block comes first: it reaches all keys, so that the others add to what it wrote.
    void backward(const Rows& grad, const Rows& dq, const Rows& dk, const Rows& dv, float* p, float* ds) const {
        float beta = 0.0f;
        for (int64_t first = (queries - 1) / kRows * kRows; first >= 0; first -= kRows) {
            const int64_t rows = std::min(kRows, queries - first), columns = seen(first + rows - 1);
            scores(first, rows, columns, p);
            gemm(false, true, rows, columns, size, 1.0f, grad.row(first), grad.stride, v.at, v.stride, 0.0f, ds, columns);
            for (int64_t i = 0; i < rows; i++) {
                float *pi = p + i * columns, *di = ds + i * columns;
                const int64_t n = seen(first + i);
                exponents(pi, n, log_sums[first + i]);
                through_softmax(pi, di, n, dot(grad.row(first + i), out.row(first + i), size), scale);
                std::fill(pi + n, pi + columns, 0.0f);
                std::fill(di + n, di + columns, 0.0f);
            }
            gemm(true, false, columns, size, rows, 1.0f, p, columns, grad.row(first), grad.stride, beta, dv.at, dv.stride);
            gemm(true, false, columns, size, rows, 1.0f, ds, columns, q.row(first), q.stride, beta, dk.at, dk.stride);
            gemm(false, false, rows, size, columns, 1.0f, ds, columns, k.at, k.stride, 0.0f, dq.row(first), dq.stride);
            beta = 1.0f;
        }
    }
};

// A tensor (B, T, parts * width): the rows of one batch entry, part and head.
Rows rows_of(const at::Tensor& t, int64_t entry, int64_t column) {
    return {t.data_ptr<float>() + entry * t.stride(0) + column, t.size(1) == 1 ? t.size(2) : t.stride(1)};
}

// Queries are the first `width` columns of q; keys and values the next two of the same tensor, or the two of kv.
struct Packed {
    at::Tensor q, kv;
    int64_t heads, width, first_key;
    bool causal;

    Packed(const at::Tensor& q, const at::Tensor& kv, int64_t heads, bool causal)
        : q(q), kv(kv.defined() ? kv : q), heads(heads), width(kv.defined() ? q.size(2) : q.size(2) / 3),
          first_key(kv.defined() ? 0 : width), causal(causal) {}

    Head head(const at::Tensor& out, const at::Tensor& log_sums, int64_t index) const {
        const int64_t b = index / heads, column = index % heads * (width / heads), T = q.size(1);
        return {rows_of(q, b, column), rows_of(kv, b, first_key + column), rows_of(kv, b, first_key + width + column),
                rows_of(out, b, column), log_sums.data_ptr<float>() + index * T, T, kv.size(1), width / heads, causal,
                static_cast<float>(1 / std::sqrt(static_cast<double>(width / heads)))};
    }

    std::pair<at::Tensor, at::Tensor> forward() const {
        const auto out = at::empty({q.size(0), q.size(1), width}, q.options());
        const auto log_sums = at::empty({q.size(0), heads, q.size(1)}, q.options());
        at::parallel_for(0, q.size(0) * heads, 1, [&](int64_t from, int64_t to) {
            std::vector<float> scores(kRows * kv.size(1));
            for (int64_t i = from; i < to; i++) head(out, log_sums, i).forward(scores.data());
        });
        return {out, log_sums};
    }

    std::pair<at::Tensor, at::Tensor> backward(const at::Tensor& grad, const at::Tensor& out,
                                               const at::Tensor& log_sums) const {
        const auto dq = at::empty(q.sizes(), q.options());
        const auto dkv = kv.is_same(q) ? dq : at::empty(kv.sizes(), kv.options());
        at::parallel_for(0, q.size(0) * heads, 1, [&](int64_t from, int64_t to) {
            std::vector<float> p(kRows * kv.size(1)), ds(kRows * kv.size(1));
            for (int64_t i = from; i < to; i++) {
                const int64_t b = i / heads, column = i % heads * (width / heads);
                head(out, log_sums, i).backward(rows_of(grad, b, column), rows_of(dq, b, column),
                                                rows_of(dkv, b, first_key + column),
                                                rows_of(dkv, b, first_key + width + column), p.data(), ds.data());
            }
        });
        return {dq, dkv};
    }
};

// A part of a cache is taken as it lies, as long as each row is in one piece.
at::Tensor by_rows(const at::Tensor& t) {
    return t.stride(2) == 1 && (t.size(1) == 1 || t.stride(1) >= t.size(2)) ? t : t.contiguous();
}

Packed packed(const at::Tensor& q, const at::Tensor& kv, int64_t heads, bool causal) {
    return {by_rows(q), kv.defined() ? by_rows(kv) : kv, heads, causal};
}

at::Tensor composed(const at::Tensor& q, const at::Tensor& kv, int64_t heads, bool causal) {
    const auto by_head = [&](const at::Tensor& x) {  // (B, T, width) to (B, heads, T, d)
        return x.reshape({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
    };
    const auto parts = kv.defined() ? kv.chunk(2, 2) : q.chunk(3, 2);
    const auto query = by_head(kv.defined() ? q : parts[0]), key = by_head(parts[parts.size() - 2]);
    auto scores = at::matmul(query / std::sqrt(static_cast<double>(query.size(3))), key.transpose(2, 3));
    if (causal) {
        const auto hidden = at::ones({query.size(2), key.size(2)}, q.options().dtype(at::kBool)).triu(1);
        scores = scores.masked_fill(hidden, -std::numeric_limits<double>::infinity());
    }
    const auto y = at::matmul(at::softmax(scores, 3), by_head(parts.back()));
    return y.transpose(1, 2).reshape({q.size(0), q.size(1), heads * query.size(3)});
}

void check(const at::Tensor& q, const at::Tensor& kv, int64_t heads) {
    const int64_t parts = kv.defined() ? 1 : 3;
    TORCH_CHECK(q.dim() == 3 && heads > 0 && q.size(2) % (parts * heads) == 0, "attention of ", heads,
                " heads needs (B, T, ", parts == 1 ? "" : "3 * ", "width), width a multiple of the heads; got ", q.sizes());
    TORCH_CHECK(!kv.defined() || (kv.dim() == 3 && kv.size(0) == q.size(0) && kv.size(2) == 2 * q.size(2)),
                "keys and values for queries of shape ", q.sizes(), " are (B, S, 2 * width); got ", kv.sizes());
}

bool fused(const at::Tensor& q, const at::Tensor& kv) {
    const auto plain = [](const at::Tensor& t) {
        return t.device().is_cpu() && t.scalar_type() == at::kFloat && t.numel() > 0;
    };
    return plain(q) && (!kv.defined() || plain(kv));
}

struct Attention : torch::autograd::Function<Attention> {
    // An undefined tensor cannot be an argument here, so a packed one is given twice.
    static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& second, int64_t heads,
                              bool causal) {
        const at::AutoDispatchBelowADInplaceOrView below;
        const auto kv = second.is_same(q) ? at::Tensor() : second;
        const auto [out, log_sums] = packed(q, kv, heads, causal).forward();
        context->save_for_backward({q, kv, out, log_sums});
        context->saved_data["heads"] = heads;
        context->saved_data["causal"] = causal;
        return out;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const auto &q = saved[0], &kv = saved[1];
        const auto heads = context->saved_data["heads"].toInt();
        const auto causal = context->saved_data["causal"].toBool();
        if (at::GradMode::is_enabled()) {  // a graph of the gradient is wanted: operators that have gradients themselves
            const auto y = composed(q, kv, heads, causal);
            const variable_list inputs = kv.defined() ? variable_list{q, kv} : variable_list{q};
            const auto g = torch::autograd::grad({y}, inputs, {grads[0]}, true, true);
            return {g[0], kv.defined() ? g[1] : at::Tensor(), {}, {}};
        }
        const auto [dq, dkv] = packed(q, kv, heads, causal).backward(grads[0].contiguous(), saved[2], saved[3]);
        return {dq, kv.defined() ? dkv : at::Tensor(), {}, {}};
    }
};

at::Tensor plain(const at::Tensor& q, const at::Tensor& kv, int64_t heads, bool causal) {
    check(q, kv, heads);
    if (!fused(q, kv)) return composed(q, kv, heads, causal);
    return packed(q, kv, heads, causal).forward().first;
}

at::Tensor differentiable(const at::Tensor& q, const at::Tensor& kv, int64_t heads, bool causal) {
    check(q, kv, heads);
    if (!fused(q, kv)) return composed(q, kv, heads, causal);
    return Attention::apply(q, kv.defined() ? kv : q, heads, causal);
}

at::Tensor self_plain(const at::Tensor& qkv, int64_t heads, bool causal) { return plain(qkv, {}, heads, causal); }
at::Tensor self_differentiable(const at::Tensor& qkv, int64_t heads, bool causal) {
    return differentiable(qkv, {}, heads, causal);
}
at::Tensor cross_plain(const at::Tensor& query, const at::Tensor& key_value, int64_t heads) {
    return plain(query, key_value, heads, false);
}
at::Tensor cross_differentiable(const at::Tensor& query, const at::Tensor& key_value, int64_t heads) {
    return differentiable(query, key_value, heads, false);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) {
    library.def("self_attention(Tensor qkv, int heads, bool causal=False) -> Tensor");
    library.def("cross_attention(Tensor query, Tensor key_value, int heads) -> Tensor");
}
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) {
    library.impl("self_attention", self_plain);
    library.impl("cross_attention", cross_plain);
}
TORCH_LIBRARY_IMPL(figment, Autograd, library) {
    library.impl("self_attention", self_differentiable);
    library.impl("cross_attention", cross_differentiable);
}
