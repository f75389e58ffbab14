// What the kernels share: a clone of a loop for each vector width, and functions that the compiler can vectorise.
// Nothing is contracted into fused multiply-adds (CMakeLists.txt), so that every clone gives the same bits.
#pragma once
#include <cmath>
#include <cstdint>

#if defined(__x86_64__)
#define FT_EVERY_WIDTH __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FT_EVERY_WIDTH
#endif

// exp(x) for x <= 0, within one unit in the last place; below -87 it is 1.6e-38, NaN stays NaN.
inline __attribute__((always_inline)) float exp_of_negative(float x) {
    x = x < -87.0f ? -87.0f : x;
    const float shifted = x * 1.44269504f + 12582912.0f, n = shifted - 12582912.0f;  // 1.5 * 2^23 rounds to an integer
    const float r = x - n * 0.693359375f + n * 2.12194440e-4f;                         // ln 2 in two parts
    float p = 1.9875691500e-4f;                                                        // Cephes' expf
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    const float mantissa = p * r * r + r + 1.0f;
    const int32_t power = (static_cast<int32_t>(n) + 127) << 23;
    return mantissa * __builtin_bit_cast(float, power);
}

inline __attribute__((always_inline)) double exp_of_negative(double x) { return std::exp(x); }

// 1 / (1 + exp(-x)), for either sign without overflow.
template <typename T>
inline __attribute__((always_inline)) T logistic(T x) {
    const T size = x > 0 ? x : -x, e = exp_of_negative(-size);
    return (x < 0 ? e : T(1)) / (T(1) + e);
}
