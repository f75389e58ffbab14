// x where positive, slope * x elsewhere. Its second derivative is zero; libtorch computes those zeros, and sends them
// backwards through all that the input came from. Here nothing is sent.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void check(double slope) {
    TORCH_CHECK(slope >= 0, "rectify: the gradient looks at the result's sign, which a slope of ", slope, " changes");
}

variable_list slopes(AutogradContext* context, const variable_list& grads) {
    if (!grads[0].defined()) return variable_list(2);
    const auto y = context->get_saved_variables()[0].detach();
    return {at::leaky_relu_backward(grads[0], y, context->saved_data["slope"].toDouble(), true), at::Tensor()};
}

struct Rectifier : torch::autograd::Function<Rectifier> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, double slope) {
        context->set_materialize_grads(false);
        context->saved_data["slope"] = slope;
        const at::AutoDispatchBelowADInplaceOrView below;
        const auto y = at::leaky_relu(x, slope);
        context->save_for_backward({y});
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) { return slopes(context, grads); }
};

struct RectifierInPlace : torch::autograd::Function<RectifierInPlace> {
    static at::Tensor forward(AutogradContext* context, at::Tensor x, double slope) {
        context->set_materialize_grads(false);
        context->saved_data["slope"] = slope;
        const at::AutoDispatchBelowAutograd below;  // the version of x is counted
        at::leaky_relu_(x, slope);
        context->mark_dirty({x});
        context->save_for_backward({x});
        return x;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) { return slopes(context, grads); }
};

at::Tensor forward(const at::Tensor& x, double slope) {
    check(slope);
    return at::leaky_relu(x, slope);
}

at::Tensor differentiable(const at::Tensor& x, double slope) {
    check(slope);
    return Rectifier::apply(x, slope);
}

at::Tensor& in_place(at::Tensor& x, double slope) {
    check(slope);
    return at::leaky_relu_(x, slope);
}

at::Tensor& differentiable_in_place(at::Tensor& x, double slope) {
    check(slope);
    RectifierInPlace::apply(x, slope);
    return x;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) {
    library.def("rectify(Tensor self, float slope=0) -> Tensor");
    library.def("rectify_(Tensor(a!) self, float slope=0) -> Tensor(a!)");
}
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) {
    library.impl("rectify", forward);
    library.impl("rectify_", in_place);
}
TORCH_LIBRARY_IMPL(figment, Autograd, library) {
    library.impl("rectify", differentiable);
    library.impl("rectify_", differentiable_in_place);
}
