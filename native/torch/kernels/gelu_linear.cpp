// linear(gelu(x)), of which only x is kept: the backward pass computes gelu(x) again. In a transformer's block it is the
// widest activation, and would otherwise be held beside its input.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <string>

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias, c10::string_view approximate) {
    return at::linear(at::gelu(x, approximate), w, bias);
}

at::Tensor rows(const at::Tensor& t) { return t.reshape({-1, t.size(-1)}); }

struct GeluLinear : torch::autograd::Function<GeluLinear> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w,
                              const c10::optional<at::Tensor>& bias, const std::string& approximate) {
        context->save_for_backward({x, w});
        context->saved_data["approximate"] = approximate;
        context->saved_data["biased"] = bias.has_value();
        const at::AutoDispatchBelowADInplaceOrView below;
        return ::forward(x, w, bias, approximate);
    }

    // Of operators that have gradients themselves; what they make is written over where no graph of it is wanted.
    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &w = saved[1], &dy = grads[0];
        const auto approximate = context->saved_data["approximate"].toStringRef();
        at::Tensor dx, dw, db;
        if (context->needs_input_grad(1)) dw = rows(dy).t().mm(rows(at::gelu(x, approximate)));
        if (context->needs_input_grad(0)) {
            dx = at::matmul(dy, w);
            if (at::GradMode::is_enabled())
                dx = at::gelu_backward(dx, x, approximate);
            else
                at::gelu_backward_out(dx, dx, x, approximate);
        }
        if (context->saved_data["biased"].toBool() && context->needs_input_grad(2)) db = rows(dy).sum(0);
        return {dx, dw, db, at::Tensor()};
    }
};

at::Tensor differentiable(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias,
                          c10::string_view approximate) {
    return GeluLinear::apply(x, w, bias, std::string(approximate));
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) {
    library.def("gelu_linear(Tensor input, Tensor weight, Tensor? bias=None, *, str approximate='none') -> Tensor");
}
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("gelu_linear", forward); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("gelu_linear", differentiable); }
