// What C# calls of a group.
#include "group.h"

#include "handles.h"

#ifdef USE_C10D_GLOO
#include <torch/csrc/autograd/custom_function.h>

namespace {
Group* group(FtGroup g) { return reinterpret_cast<Group*>(g); }

struct Pending {
    Group* group;
    Group::Work work;
    at::Tensor target, dense;
};

// Gloo and NCCL read memory from end to end, in the order of the elements.
at::Tensor densely(const at::Tensor& t) { return t.detach().contiguous(); }

void put_back(const at::Tensor& target, const at::Tensor& dense) {
    if (dense.data_ptr() == target.data_ptr()) return;
    const at::NoGradGuard silent;
    target.detach().copy_(dense);
}

struct SumOverRanks : torch::autograd::Function<SumOverRanks> {
    static at::Tensor sum(Group* over, const at::Tensor& t) {
        const at::NoGradGuard silent;
        const auto total = t.detach().contiguous().clone();
        over->wait(over->all_reduce(total));
        return total;
    }
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& t, int64_t over) {
        context->saved_data["group"] = over;
        return sum(reinterpret_cast<Group*>(over), t);
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list grads) {
        return {sum(reinterpret_cast<Group*>(context->saved_data["group"].toInt()), grads[0]), at::Tensor()};
    }
};
}  // namespace

int ft_group_available() { return 1; }

int ft_group_open(const char* host, int32_t port, int32_t rank, int32_t size, int64_t join_ms, FtGroup* out) {
    return guard([&] {
        *out = reinterpret_cast<FtGroup>(new Group(host, port, rank, size, std::chrono::milliseconds(join_ms)));
    });
}

int ft_group_port(FtGroup g) {
    int port = 0;
    return guard([&] { port = group(g)->port(); }) ? 0 : port;
}

int ft_group_fault(FtGroup g, const char* why) {
    return guard([&] { group(g)->fault(why); });
}

void ft_group_close(FtGroup g, int32_t orderly) {
    guard([&] {
        group(g)->close(orderly != 0);
        delete group(g);
    });
}

int ft_group_all_reduce(FtGroup g, FtTensor t, FtWork* out) {
    return guard([&] {
        auto target = borrow(t);
        auto dense = densely(target);
        auto work = group(g)->all_reduce(dense);
        *out = reinterpret_cast<FtWork>(new Pending{group(g), work, target, dense});
    });
}

int ft_group_broadcast(FtGroup g, FtTensor t, int32_t root) {
    return guard([&] {
        const auto target = borrow(t);
        const auto dense = densely(target);
        group(g)->broadcast(dense, root);
        put_back(target, dense);
    });
}

int ft_group_gather(FtGroup g, FtTensor t, FtTensor* out) {
    return guard([&] {
        auto all = group(g)->gather(densely(borrow(t)));
        for (size_t r = 0; r < all.size(); r++) out[r] = give(std::move(all[r]));
    });
}

int ft_group_barrier(FtGroup g) {
    return guard([&] { group(g)->barrier(); });
}

int ft_group_sum(FtGroup g, FtTensor t, FtTensor* out) {
    return guard([&] { *out = give(SumOverRanks::apply(borrow(t), reinterpret_cast<int64_t>(group(g)))); });
}

int ft_work_wait(FtWork w) {
    return guard([&] {
        const std::unique_ptr<Pending> pending(reinterpret_cast<Pending*>(w));
        pending->group->wait(pending->work);
        put_back(pending->target, pending->dense);
    });
}

#else

namespace {
int missing() {
    return guard([] {
        TORCH_CHECK(false, "this build has no process groups: the headers of gloo, or a libtorch with c10d and gloo, were "
                           "missing when the bridge was built. On Debian and Ubuntu install libgloo-dev, remove "
                           "build/native and build again");
    });
}
}  // namespace

int ft_group_available() { return 0; }
int ft_group_open(const char*, int32_t, int32_t, int32_t, int64_t, FtGroup*) { return missing(); }
int ft_group_port(FtGroup) { return 0; }
int ft_group_fault(FtGroup, const char*) { return missing(); }
void ft_group_close(FtGroup, int32_t) {}
int ft_group_all_reduce(FtGroup, FtTensor, FtWork*) { return missing(); }
int ft_group_broadcast(FtGroup, FtTensor, int32_t) { return missing(); }
int ft_group_gather(FtGroup, FtTensor, FtTensor*) { return missing(); }
int ft_group_barrier(FtGroup) { return missing(); }
int ft_group_sum(FtGroup, FtTensor, FtTensor*) { return missing(); }
int ft_work_wait(FtWork) { return missing(); }
#endif
