// Where the elements of CPU tensors lie. glibc hands a large buffer back to the kernel when it is freed, and every step
// then pays for thousands of fresh, zeroed pages again; kept in its heap instead, buffers leave holes that double the peak
// of a deep network. Here
//
//   below 64 KiB    glibc's heap, as always
//   below 2 MiB     pieces of 32 MiB segments: best fit, neighbours joined when freed
//   from 2 MiB      a mapping each; a freed one is kept for the next tensor of about its size
//
// and both kinds ask for huge pages, of which 20 MiB need ten instead of five thousand. What is kept never makes the
// process larger than its live tensors once were: before something new is mapped beyond that, the mapping that was freed
// longest ago goes back to the kernel. (Segments are not counted: they hold small change.)
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <malloc.h>
#include <sys/mman.h>
#include <torch/version.h>

#include <cstdlib>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "handles.h"

namespace {

constexpr size_t kPage = 4096, kHuge = 2u << 20, kPiece = 64u << 10, kSegment = 32u << 20;

size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

// `n` bytes that begin at a huge page's border; null if there is no memory.
char* map(size_t n) {
    const size_t room = n + kHuge;
    void* const raw = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) return nullptr;
    char* const begin = static_cast<char*>(raw);
    char* const aligned = reinterpret_cast<char*>(round_up(reinterpret_cast<size_t>(begin), kHuge));
    if (aligned > begin) munmap(begin, aligned - begin);
    if (begin + room > aligned + n) munmap(aligned + n, begin + room - (aligned + n));
#ifdef MADV_HUGEPAGE
    madvise(aligned, n, MADV_HUGEPAGE);  // refused where the kernel has none: then it is an ordinary mapping
#endif
    return aligned;
}

class Buffers {
  public:
    void* allocate(size_t n) {
        n = round_up(n, kPage);
        const std::lock_guard<std::mutex> lock(mutex_);
        return n < kHuge ? piece(n) : mapping(n);
    }

    // False if the memory did not come from here.
    bool release(void* p) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto found = taken_.find(p);
        if (found == taken_.end()) return false;
        const size_t n = found->second;
        taken_.erase(found);
        if (n < kHuge) {
            join(static_cast<char*>(p), n);
        } else {
            live_ -= n;
            kept_ += n;
            by_age_.push_back({static_cast<char*>(p), n});
            by_size_.emplace(n, std::prev(by_age_.end()));
        }
        return true;
    }

    // Hands every mapping that holds no tensor back to the kernel.
    void trim() {
        const std::lock_guard<std::mutex> lock(mutex_);
        while (!by_age_.empty()) evict();
        peak_ = live_;
        for (auto s = segments_.begin(); s != segments_.end();) {
            const auto whole = free_.find(*s);
            if (whole != free_.end() && whole->second == kSegment) {
                fit_.erase({kSegment, *s});
                free_.erase(whole);
                munmap(*s, kSegment + kPage);
                s = segments_.erase(s);
            } else {
                ++s;
            }
        }
    }

    void count(int64_t* live, int64_t* kept, int64_t* segments) {
        const std::lock_guard<std::mutex> lock(mutex_);
        *live = static_cast<int64_t>(live_);
        *kept = static_cast<int64_t>(kept_);
        *segments = static_cast<int64_t>(segments_.size() * kSegment);
    }

  private:
    struct Kept {
        char* p;
        size_t n;
    };

    void* mapping(size_t n) {
        const auto fit = by_size_.lower_bound(n);
        if (fit != by_size_.end() && fit->first <= n + n / 8) {
            const Kept kept = *fit->second;
            by_age_.erase(fit->second);
            by_size_.erase(fit);
            kept_ -= kept.n;
            return take(kept.p, kept.n);
        }
        if (live_ + n > peak_) peak_ = live_ + n;
        while (!by_age_.empty() && live_ + kept_ + n > peak_) evict();
        char* p = map(n);
        if (p == nullptr) {
            while (!by_age_.empty()) evict();
            p = map(n);
        }
        return p == nullptr ? nullptr : take(p, n);
    }

    void* take(char* p, size_t n) {
        live_ += n;
        if (live_ > peak_) peak_ = live_;
        taken_.emplace(p, n);
        return p;
    }

    void evict() {
        const Kept oldest = by_age_.front();
        by_age_.pop_front();
        for (auto [at, end] = by_size_.equal_range(oldest.n); at != end; ++at) {
            if (at->second->p == oldest.p) {
                by_size_.erase(at);
                break;
            }
        }
        kept_ -= oldest.n;
        munmap(oldest.p, oldest.n);
    }

    void* piece(size_t n) {
        auto fit = fit_.lower_bound({n, nullptr});
        if (fit == fit_.end()) {
            // A page more than is used keeps two segments from ever being neighbours.
            char* const fresh = map(kSegment + kPage);
            if (fresh == nullptr) return nullptr;
            segments_.insert(fresh);
            free_.emplace(fresh, kSegment);
            fit = fit_.emplace(kSegment, fresh).first;
        }
        const auto [room, p] = *fit;
        fit_.erase(fit);
        free_.erase(p);
        if (room > n) {
            free_.emplace(p + n, room - n);
            fit_.emplace(room - n, p + n);
        }
        taken_.emplace(p, n);
        return p;
    }

    void join(char* p, size_t n) {
        auto next = free_.lower_bound(p);
        if (next != free_.end() && p + n == next->first) {
            n += next->second;
            fit_.erase({next->second, next->first});
            next = free_.erase(next);
        }
        if (next != free_.begin()) {
            const auto before = std::prev(next);
            if (before->first + before->second == p) {
                fit_.erase({before->second, before->first});
                p = before->first;
                n += before->second;
                free_.erase(before);
            }
        }
        free_.emplace(p, n);
        fit_.emplace(n, p);
    }

    std::mutex mutex_;
    std::unordered_map<void*, size_t> taken_;
    // mappings
    std::list<Kept> by_age_;
    std::multimap<size_t, std::list<Kept>::iterator> by_size_;
    size_t live_ = 0, kept_ = 0, peak_ = 0;
    // pieces
    std::set<char*> segments_;
    std::map<char*, size_t> free_;
    std::set<std::pair<size_t, char*>> fit_;
};

// Never destroyed: tensors may outlive every static object.
Buffers& buffers() {
    static Buffers* const instance = new Buffers;
    return *instance;
}

void free_small(void* p) { std::free(p); }
void free_large(void* p) { buffers().release(p); }
void free_any(void* p) {
    if (!buffers().release(p)) std::free(p);
}

// 2.3 took the const away.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
#define FT_ALLOCATE_CONST
#else
#define FT_ALLOCATE_CONST const
#endif

struct TensorAllocator final : c10::Allocator {
    at::DataPtr allocate(size_t n) FT_ALLOCATE_CONST override {
        const at::Device cpu(at::kCPU);
        if (n == 0) return {nullptr, cpu};
        void* p = nullptr;
        if (n >= kPiece)
            p = buffers().allocate(n);
        else if (posix_memalign(&p, 64, n) != 0)
            p = nullptr;
        TORCH_CHECK(p != nullptr, "out of memory: ", n, " bytes for a tensor could not be had");
        return {p, p, n < kPiece ? &free_small : &free_large, cpu};
    }

    at::DeleterFnPtr raw_deleter() const override { return &free_any; }

    // An override from libtorch 2.3 on.
    void copy_data(void* to, const void* from, size_t n) const { std::memcpy(to, from, n); }
};

}  // namespace

void ft_own_allocator() {
    static TensorAllocator allocator;
    c10::SetCPUAllocator(&allocator, 1);
}

void ft_trim_memory() {
    buffers().trim();
#ifdef __GLIBC__
    malloc_trim(0);  // nothing else does: the heap's thresholds are set to keep what is freed (TuningPlan)
#endif
}

void ft_memory(int64_t* live, int64_t* kept, int64_t* segments) { buffers().count(live, kept, segments); }
