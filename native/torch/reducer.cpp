// Gradients of a set of parameters, summed over the ranks in buckets while the backward pass still runs. A hook on each
// parameter's gradient accumulator hands full buckets to the group, so no managed code runs on autograd's threads.
#include "group.h"

#include "handles.h"

#ifdef USE_C10D_GLOO
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/utils/lambda_post_hook.h>
#include <torch/csrc/autograd/variable.h>

namespace {
constexpr int64_t first_bucket_bytes = 1 << 20;  // small, so that the first sum begins early

class Reducer {
   public:
    Reducer(Group* group, std::vector<at::Tensor> params, int64_t bucket_bytes)
        : group_(group), params_(std::move(params)), places_(params_.size()), ready_(params_.size()) {
        fill_buckets(bucket_bytes);
        for (size_t i = 0; i < params_.size(); i++) {
            auto node = torch::autograd::impl::grad_accumulator(params_[i]);
            if (!node) continue;  // a frozen parameter
            const auto hook = node->add_post_hook(std::make_unique<torch::autograd::utils::LambdaPostHook>(
                [this, i](const auto& outputs, const auto&) {
                    arrived(i);
                    return outputs;
                }));
            hooks_.emplace_back(std::move(node), hook);
        }
    }

    ~Reducer() {
        for (auto& [node, hook] : hooks_) node->del_post_hook(hook);
    }

    void begin(double flag) {
        std::lock_guard<std::mutex> lock(mutex_);
        std::fill(ready_.begin(), ready_.end(), false);
        for (auto& bucket : buckets_) bucket.missing = bucket.params.size();
        next_ = 0;
        flag_ = flag;
        times_.clear();
        armed_ = true;
    }

    // Sums what no gradient came for (its parameters were not used, at least not here), waits, and puts the sums back.
    double end() {
        const at::NoGradGuard silent;
        {
            std::lock_guard<std::mutex> lock(mutex_);
            TORCH_CHECK(armed_, "the end of a reduction that was not begun");
            armed_ = false;
            backward_end_ = now();
            while (next_ < buckets_.size()) launch(buckets_[next_++]);
        }
        double flags = 0;
        for (auto& bucket : buckets_) {
            group_->wait(bucket.work);
            bucket.work.reset();
            flags = put_back(bucket);
        }
        return flags;
    }

    std::vector<int64_t> times() const {
        auto all = times_;
        all.push_back(backward_end_);
        return all;
    }

   private:
    struct Bucket {
        std::vector<size_t> params;
        at::Tensor flat;  // the gradients, one "has a gradient" for each, and the caller's flag
        size_t missing = 0;
        Group::Work work;
    };
    struct Place {
        size_t bucket;
        at::Tensor view;
    };

    static int64_t now() {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(Group::Clock::now().time_since_epoch()).count();
    }

    void fill_buckets(int64_t bucket_bytes) {
        int64_t bytes = 0, limit = std::min(first_bucket_bytes, bucket_bytes);
        // The last layers' gradients come first.
        for (size_t i = params_.size(); i-- > 0;) {
            const auto& p = params_[i];
            TORCH_CHECK(p.is_floating_point(), "parameter ", i, " is not of a floating-point type");
            const bool fits = !buckets_.empty() && bytes + static_cast<int64_t>(p.nbytes()) <= limit &&
                              params_[buckets_.back().params[0]].options().type_equal(p.options());
            if (!fits) {
                if (!buckets_.empty()) limit = bucket_bytes;
                buckets_.emplace_back();
                bytes = 0;
            }
            buckets_.back().params.push_back(i);
            bytes += static_cast<int64_t>(p.nbytes());
        }
        for (size_t b = 0; b < buckets_.size(); b++) allot(b);
    }

    void allot(size_t b) {
        auto& bucket = buckets_[b];
        int64_t count = 1;
        for (const auto i : bucket.params) count += params_[i].numel() + 1;
        bucket.flat = at::zeros({count}, params_[bucket.params[0]].options().requires_grad(false));
        int64_t at = 0;
        for (const auto i : bucket.params) {
            const auto& p = params_[i];
            auto view = bucket.flat.narrow(0, at, p.numel());
            // In the parameter's own layout, as its gradient is, so that copying is moving bytes.
            view = p.is_non_overlapping_and_dense() ? view.as_strided(p.sizes(), p.strides(), at) : view.view(p.sizes());
            places_[i] = {b, view};
            at += p.numel();
        }
    }

    void arrived(size_t i) {
        std::lock_guard<std::mutex> lock(mutex_);
        if (!armed_) return;
        auto& bucket = buckets_[places_[i].bucket];
        if (ready_[i]) {
            TORCH_CHECK(places_[i].bucket >= next_, "the gradient of parameter ", i,
                        " was added to after it had been sent to the other ranks");
            return;
        }
        ready_[i] = true;
        bucket.missing--;
        // In the same order on every rank.
        while (next_ < buckets_.size() && buckets_[next_].missing == 0) launch(buckets_[next_++]);
    }

    void launch(Bucket& bucket) {
        const at::NoGradGuard silent;
        const auto used = static_cast<int64_t>(bucket.params.size());
        auto marks = at::zeros({used + 1}, at::kFloat);
        for (int64_t n = 0; n < used; n++) {
            const auto i = bucket.params[n];
            const auto grad = params_[i].grad();
            TORCH_CHECK(!grad.defined() || grad.layout() == at::kStrided, "parameter ", i, " has a sparse gradient");
            if (grad.defined())
                places_[i].view.copy_(grad);
            else
                places_[i].view.zero_();
            marks.data_ptr<float>()[n] = grad.defined();
        }
        marks.data_ptr<float>()[used] = static_cast<float>(flag_);
        bucket.flat.narrow(0, bucket.flat.numel() - used - 1, used + 1).copy_(marks);
        bucket.work = group_->all_reduce(bucket.flat);
        times_.push_back(now());
    }

    double put_back(Bucket& bucket) {
        const auto used = static_cast<int64_t>(bucket.params.size());
        const auto marks =
            bucket.flat.narrow(0, bucket.flat.numel() - used - 1, used + 1).to(at::kCPU, at::kFloat).contiguous();
        for (int64_t n = 0; n < used; n++) {
            if (marks.data_ptr<float>()[n] == 0) continue;  // nowhere: it stays without a gradient, as in one process
            auto& p = params_[bucket.params[n]];
            const auto& view = places_[bucket.params[n]].view;
            if (p.grad().defined())
                p.mutable_grad().copy_(view);
            else
                p.mutable_grad() = view.clone();
        }
        return marks.data_ptr<float>()[used];
    }

    Group* group_;
    std::vector<at::Tensor> params_;
    std::vector<Place> places_;
    std::vector<Bucket> buckets_;
    std::vector<std::pair<std::shared_ptr<torch::autograd::Node>, uintptr_t>> hooks_;
    std::mutex mutex_;
    std::vector<bool> ready_;
    std::vector<int64_t> times_;
    int64_t backward_end_ = 0;
    size_t next_ = 0;
    double flag_ = 0;
    bool armed_ = false;
};

Reducer* reducer(FtReducer r) { return reinterpret_cast<Reducer*>(r); }
}  // namespace

int ft_reducer_new(FtGroup g, const FtTensor* params, int32_t n, int64_t bucket_bytes, FtReducer* out) {
    return guard([&] {
        *out = reinterpret_cast<FtReducer>(
            new Reducer(reinterpret_cast<Group*>(g), borrow_all(params, n), bucket_bytes));
    });
}

void ft_reducer_free(FtReducer r) {
    guard([&] { delete reducer(r); });
}

int ft_reducer_begin(FtReducer r, double flag) {
    return guard([&] { reducer(r)->begin(flag); });
}

int ft_reducer_end(FtReducer r, double* flags) {
    return guard([&] { *flags = reducer(r)->end(); });
}

int ft_reducer_times(FtReducer r, int64_t* ns, int32_t capacity) {
    const auto times = reducer(r)->times();
    const auto n = std::min(static_cast<size_t>(capacity), times.size());
    std::copy_n(times.begin(), n, ns);
    return static_cast<int>(times.size());
}

#else

int ft_reducer_new(FtGroup g, const FtTensor*, int32_t, int64_t, FtReducer*) { return ft_group_barrier(g); }
void ft_reducer_free(FtReducer) {}
int ft_reducer_begin(FtReducer, double) { return 1; }
int ft_reducer_end(FtReducer, double*) { return 1; }
int ft_reducer_times(FtReducer, int64_t*, int32_t) { return 0; }
#endif
