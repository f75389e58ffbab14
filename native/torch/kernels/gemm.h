// Matrix products on parts of tensors, without a tensor for each part: the BLAS that libtorch has loaded, or libtorch
// itself where that library keeps its BLAS to itself.
#pragma once
#include <ATen/ATen.h>

extern "C" __attribute__((weak)) void sgemm_(const char*, const char*, const int*, const int*, const int*, const float*,
                                             const float*, const int*, const float*, const int*, const float*, float*,
                                             const int*);

// C (m, n) = alpha op(A) op(B) + beta C, rows apart by the strides; op(A) is (m, k), op(B) is (k, n).
inline void gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
                 int64_t stride_a, const float* b, int64_t stride_b, float beta, float* c, int64_t stride_c) {
    if (sgemm_ != nullptr) {
        // BLAS counts down the columns, so it is asked for C^T = op(B)^T op(A)^T.
        const int rows = static_cast<int>(n), columns = static_cast<int>(m), inner = static_cast<int>(k);
        const int la = static_cast<int>(stride_a), lb = static_cast<int>(stride_b), lc = static_cast<int>(stride_c);
        sgemm_(transpose_b ? "T" : "N", transpose_a ? "T" : "N", &rows, &columns, &inner, &alpha, b, &lb, a, &la, &beta, c,
               &lc);
        return;
    }
    const auto part = [](const float* p, bool transposed, int64_t rows, int64_t columns, int64_t stride) {
        float* data = const_cast<float*>(p);
        return transposed ? at::from_blob(data, {rows, columns}, {1, stride}, at::kFloat)
                          : at::from_blob(data, {rows, columns}, {stride, 1}, at::kFloat);
    };
    auto out = part(c, false, m, n, stride_c);
    if (beta == 0.0f) out.zero_();  // whatever was there, also what is not a number
    out.addmm_(part(a, transpose_a, m, k, stride_a), part(b, transpose_b, k, n, stride_b), beta, alpha);
}
