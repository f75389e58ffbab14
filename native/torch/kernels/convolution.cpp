// The convolution of images, closed under differentiation: with its gradients by input and by weight it is linear in both
// of its arguments, and every derivative of the three, of any order, is again one of the three:
//
//   y  = F(x, w)           dx = G(dy, w)          dw = H(dy, x)
//   dx = G(dy, w)          of dy: F(ddx, w)       of w: H(dy, ddx)
//   dw = H(dy, x)          of dy: F(x, ddw)       of x: G(dy, ddw)
//
// libtorch 1.13 instead makes H in a second derivative a convolution with batch and channels exchanged, whose kernel is as
// large as an image.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <array>

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Geometry {
    std::vector<int64_t> stride, padding, dilation;
    int64_t groups;

    void keep(AutogradContext* context) const {
        context->saved_data["geometry"] = std::vector<std::vector<int64_t>>{stride, padding, dilation, {groups}};
    }

    static Geometry of(AutogradContext* context) {
        const auto all = context->saved_data["geometry"].toList();
        const auto part = [&](size_t i) { return all.get(i).toIntVector(); };
        return {part(0), part(1), part(2), part(3)[0]};
    }

    at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias) const {
        return at::convolution(x, w, bias, stride, padding, dilation, false, std::vector<int64_t>{0, 0}, groups);
    }

    // Gradients by input, weight and bias; x and w count only by their shapes for their own.
    std::tuple<at::Tensor, at::Tensor, at::Tensor> backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& w,
                                                            std::array<bool, 3> wanted) const {
        const std::vector<int64_t> bias{w.size(0)};
        return at::convolution_backward(dy, x, w, at::OptionalIntArrayRef(bias), stride, padding, dilation, false,
                                        std::vector<int64_t>{0, 0}, groups, wanted);
    }
};

// An argument `like` counts only by its shape and layout.
struct ByInput : torch::autograd::Function<ByInput> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& dy, const at::Tensor& w, const at::Tensor& like,
                              const Geometry& geometry) {
        context->save_for_backward({dy, w, like});
        context->set_materialize_grads(false);
        geometry.keep(context);
        const at::AutoDispatchBelowADInplaceOrView below;
        return std::get<0>(geometry.backward(dy, like, w, {true, false, false}));
    }

    static variable_list backward(AutogradContext* context, variable_list grads);
};

struct ByWeight : torch::autograd::Function<ByWeight> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& dy, const at::Tensor& x, const at::Tensor& like,
                              const Geometry& geometry) {
        context->save_for_backward({dy, x});
        context->set_materialize_grads(false);
        geometry.keep(context);
        const at::AutoDispatchBelowADInplaceOrView below;
        return std::get<1>(geometry.backward(dy, x, like, {false, true, false}));
    }

    static variable_list backward(AutogradContext* context, variable_list grads);
};

struct Convolution : torch::autograd::Function<Convolution> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w,
                              const c10::optional<at::Tensor>& bias, const Geometry& geometry) {
        context->save_for_backward({x, w});
        context->saved_data["biased"] = bias.has_value();
        context->set_materialize_grads(false);
        geometry.keep(context);
        const at::AutoDispatchBelowADInplaceOrView below;
        return geometry.forward(x, w, bias);
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto& dy = grads[0];
        if (!dy.defined()) return variable_list(4);
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &w = saved[1];
        const auto geometry = Geometry::of(context);
        const bool by_x = context->needs_input_grad(0), by_w = context->needs_input_grad(1);
        const bool by_b = context->saved_data["biased"].toBool() && context->needs_input_grad(2);
        if (!at::GradMode::is_enabled()) {
            const auto [dx, dw, db] = geometry.backward(dy, x, w, {by_x, by_w, by_b});
            return {dx, dw, db, at::Tensor()};
        }
        return {by_x ? ByInput::apply(dy, w, x.detach(), geometry) : at::Tensor(),
                by_w ? ByWeight::apply(dy, x, w.detach(), geometry) : at::Tensor(),
                by_b ? dy.sum({0, 2, 3}) : at::Tensor(), at::Tensor()};
    }
};

variable_list ByInput::backward(AutogradContext* context, variable_list grads) {
    const auto& ddx = grads[0];
    if (!ddx.defined()) return variable_list(4);
    const auto saved = context->get_saved_variables();
    const auto &dy = saved[0], &w = saved[1];
    const auto geometry = Geometry::of(context);
    return {context->needs_input_grad(0) ? Convolution::apply(ddx, w, c10::optional<at::Tensor>(), geometry) : at::Tensor(),
            context->needs_input_grad(1) ? ByWeight::apply(dy, ddx, w.detach(), geometry) : at::Tensor(), at::Tensor(),
            at::Tensor()};
}

variable_list ByWeight::backward(AutogradContext* context, variable_list grads) {
    const auto& ddw = grads[0];
    if (!ddw.defined()) return variable_list(4);
    const auto saved = context->get_saved_variables();
    const auto &dy = saved[0], &x = saved[1];
    const auto geometry = Geometry::of(context);
    return {context->needs_input_grad(0) ? Convolution::apply(x, ddw, c10::optional<at::Tensor>(), geometry) : at::Tensor(),
            context->needs_input_grad(1) ? ByInput::apply(dy, ddw, x.detach(), geometry) : at::Tensor(), at::Tensor(),
            at::Tensor()};
}

Geometry geometry(const at::Tensor& x, at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, int64_t groups) {
    TORCH_CHECK(x.dim() == 4, "convolve2d: images (B, C, H, W) are needed, not shape ", x.sizes());
    return {stride.vec(), padding.vec(), dilation.vec(), groups};
}

at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias, at::IntArrayRef stride,
                   at::IntArrayRef padding, at::IntArrayRef dilation, int64_t groups) {
    return geometry(x, stride, padding, dilation, groups).forward(x, w, bias);
}

at::Tensor differentiable(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias,
                          at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, int64_t groups) {
    return Convolution::apply(x, w, bias, geometry(x, stride, padding, dilation, groups));
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) {
    library.def("convolve2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, "
                "int[2] dilation=1, int groups=1) -> Tensor");
}
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("convolve2d", forward); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("convolve2d", differentiable); }
