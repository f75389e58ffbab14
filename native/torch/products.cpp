// Matrix products of float32 by oneDNN in place of the BLAS. libtorch looks for sgemm_ in the libraries that were loaded
// with this one, this one first, and so finds the function below. oneDNN, which libtorch brings for its convolutions,
// is as fast as OpenBLAS at large products and up to four times faster at narrow ones (ADR 17).
//
// A libtorch that keeps its BLAS to itself (MKL in PyTorch's own builds) asks nobody for sgemm_ and is not touched.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <malloc.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include "handles.h"

extern "C" {
__attribute__((weak)) int dnnl_sgemm(char transpose_a, char transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
                                     const float* a, int64_t stride_a, const float* b, int64_t stride_b, float beta, float* c,
                                     int64_t stride_c);
__attribute__((visibility("default"))) void sgemm_(const char*, const char*, const int*, const int*, const int*, const float*, const float*, const int*,
                   const float*, const int*, const float*, float*, const int*);
}

namespace {

using Sgemm = decltype(&sgemm_);

// Below kSmall multiplications OpenBLAS's kernels for small matrices are the faster ones. Below kMiddle oneDNN's own division
// among threads costs more than it should, so each thread gets a strip of the result.
constexpr int64_t kSmall = 64 * 64 * 64, kMiddle = int64_t{1} << 27;

std::atomic<bool> by_onednn{false}, asked{false};

// While oneDNN multiplies, its kernels for long inner sides let the stack pointer walk over scratch memory of the heap
// (oneDNN 2.6, jit_avx512_common_gemm_f32). A signal handler that ran on such a thread would write its frame over whatever
// lies below: a Ctrl-C in a training broke the heap about every fourth time. So a thread that multiplies takes none; they wait,
// or another thread takes them. Faults of the thread itself cannot wait.
void refuse_signals(sigset_t* before) {
    sigset_t all;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) sigdelset(&all, fault);
    pthread_sigmask(SIG_BLOCK, &all, before);
}

class WithoutSignals {
  public:
    WithoutSignals() { refuse_signals(&before_); }
    ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    WithoutSignals(const WithoutSignals&) = delete;
    WithoutSignals& operator=(const WithoutSignals&) = delete;

  private:
    sigset_t before_;
};

// oneDNN divides a large product among OpenMP's threads by itself: those take no signals from then on.
void keep_signals_from_workers() {
    at::parallel_for(0, at::get_num_threads(), 1, [](int64_t, int64_t) {
        if (at::get_thread_num() > 0) refuse_signals(nullptr);
    });
}

// C (m, n) = alpha op(A) op(B) + beta C by rows.
struct Product {
    char transpose_a, transpose_b;
    int64_t m, n, k;
    float alpha;
    const float* a;
    int64_t stride_a;
    const float* b;
    int64_t stride_b;
    float beta;
    float* c;
    int64_t stride_c;

    int64_t work() const { return m * n * k; }

    void run() const {
        const WithoutSignals here;
        const int failed = dnnl_sgemm(transpose_a, transpose_b, m, n, k, alpha, a, stride_a, b, stride_b, beta, c, stride_c);
        TORCH_CHECK(failed == 0, "oneDNN refused a product of ", m, "x", k, " and ", k, "x", n, ": status ", failed);
    }

    // Rows (or columns, if there are more of them) from `from` to `to`.
    Product strip(int64_t from, int64_t to) const {
        Product p = *this;
        if (n >= m) {
            p.n = to - from;
            p.b += transpose_b == 'T' ? from * stride_b : from;
            p.c += from;
        } else {
            p.m = to - from;
            p.a += transpose_a == 'T' ? from : from * stride_a;
            p.c += from * stride_c;
        }
        return p;
    }
};

void run_in_strips(const Product& p) {
    constexpr int64_t kVector = 16;
    const int64_t length = std::max(p.m, p.n), vectors = (length + kVector - 1) / kVector;
    at::parallel_for(0, vectors, 1, [&](int64_t from, int64_t to) {
        p.strip(from * kVector, std::min(to * kVector, length)).run();
    });
}

// oneDNN takes half a MiB of scratch memory a thread from the heap, at a page's border, and gives it back after each product.
// glibc before 2.38 cannot take such a block again, because it looks for a larger one, so that the heap grows now and
// then although nothing more lives. Handing its free pages back takes less than a millisecond; so it is done after work of about
// a tenth of a second.
constexpr int64_t kTrim = int64_t{1} << 34;

void trim_now_and_then(int64_t work) {
#ifdef __GLIBC__
    static std::atomic<int64_t> done{0};
    if (done.fetch_add(work, std::memory_order_relaxed) + work < kTrim) return;
    done.store(0, std::memory_order_relaxed);
    // On many cores that work is done sooner: then time decides.
    static std::atomic<int64_t> last{0};
    const int64_t now = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
    if (now - last.exchange(now, std::memory_order_relaxed) >= 50) malloc_trim(0);
#endif
}

char option(const char* transpose) { return (*transpose | 0x20) == 'n' ? 'N' : 'T'; }

}  // namespace

// Whether libtorch asks here is tried out with a small product.
int ft_products_by_onednn() {
    guard([] { at::mm(at::ones({8, 8}), at::ones({8, 8})); });
    by_onednn = asked && dnnl_sgemm != nullptr;
    return by_onednn;
}

// BLAS counts down the columns: what it calls C = op(A) op(B) is C^T = op(B)^T op(A)^T by rows.
void sgemm_(const char* transpose_a, const char* transpose_b, const int* m, const int* n, const int* k, const float* alpha,
            const float* a, const int* lda, const float* b, const int* ldb, const float* beta, float* c, const int* ldc) {
    if (!asked.load(std::memory_order_relaxed)) asked = true;  // a plain store each time would bounce between the cores
    const Product p{option(transpose_b), option(transpose_a), *n, *m, *k, *alpha, b, *ldb, a, *lda, *beta, c, *ldc};
    if (by_onednn && p.work() >= kSmall) {
        const bool parallel = at::in_parallel_region();
        if (p.work() >= kMiddle || parallel) {
            if (!parallel) keep_signals_from_workers();
            p.run();
        } else {
            run_in_strips(p);
        }
        if (!parallel) trim_now_and_then(p.work());
        return;
    }
    static const Sgemm blas = reinterpret_cast<Sgemm>(dlsym(RTLD_NEXT, "sgemm_"));
    blas(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
