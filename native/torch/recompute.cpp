// Activation checkpointing: a node of the backward graph that computes its function again instead of having kept what it
// made. The function is managed code, called from the backward pass.
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <memory>

#include "handles.h"

namespace {

using torch::autograd::Variable;
using torch::autograd::variable_list;

struct Recompute : torch::autograd::Node {
    FtRecompute compute;
    void (*release)(void*);
    void* context;
    size_t inputs;

    Recompute(FtRecompute f, void (*r)(void*), void* c, size_t n) : compute(f), release(r), context(c), inputs(n) {}
    ~Recompute() override { release_variables(); }

    variable_list apply(variable_list&& grads) override {
        TORCH_CHECK(!c10::GradMode::is_enabled(),
                    "a checkpointed module cannot be differentiated twice: what it computes again is not recorded");
        TORCH_CHECK(context, "the graph of a checkpointed module was freed by an earlier backward pass");
        variable_list result(inputs);
        if (!grads[0].defined()) return result;
        std::vector<FtTensor> out(inputs, nullptr);
        const int failed = compute(context, give(std::move(grads[0])), out.data(), static_cast<int32_t>(inputs));
        for (size_t i = 0; i < inputs; i++) {  // taken also on failure, so that nothing leaks
            result[i] = borrow(out[i]);
            ft_release(&out[i], 1);
        }
        TORCH_CHECK(!failed, ft_error());
        return result;
    }

    void release_variables() override {
        if (context) release(context);
        context = nullptr;
    }
};

}  // namespace

void ft_set_error(const char* text) { set_error(text); }

int ft_recompute(FtTensor output, const FtTensor* inputs, int32_t n, FtRecompute compute, void (*release)(void*),
                 void* context, FtTensor* out) {
    // Owns the context from here, whatever fails below.
    std::shared_ptr<Recompute> node(new Recompute(compute, release, context, n), torch::autograd::deleteNode);
    return guard([&] {
        torch::autograd::edge_list edges;
        for (int32_t i = 0; i < n; i++) {
            const Variable v = borrow(inputs[i]);
            edges.push_back(v.requires_grad() ? torch::autograd::impl::gradient_edge(v) : torch::autograd::Edge());
        }
        node->set_next_edges(std::move(edges));
        Variable recorded = borrow(output).detach();
        torch::autograd::set_history(recorded, node);
        *out = give(std::move(recorded));
    });
}
