// Images mirrored at their edges (the edge pixel is not repeated), in channels-last layout: whole pixels are copied, and the
// gradient adds up the whole pixels that came from one. libtorch 1.13 does it in the other layout only, so that a convolution
// network pays for a copy there and back. The two maps are each other's transpose, and so each other's derivative.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <cstring>

#include "vectors.h"

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

FT_EVERY_WIDTH void add(const float* __restrict from, float* __restrict to, int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] += from[i];
}

// Widths at the edges, in libtorch's order: left, right, top, bottom.
struct Edges {
    int64_t left, right, top, bottom;
};

Edges edges(at::IntArrayRef e) {
    TORCH_CHECK(e.size() == 4, "mirror_edges: four widths are needed, not ", e.size());
    return {e[0], e[1], e[2], e[3]};
}

int64_t source(int64_t i, int64_t before, int64_t n) {
    i -= before;
    return i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i;
}

// Where an element of a line of n lies in the padded line: at most three places.
int copies(int64_t i, int64_t before, int64_t after, int64_t n, int64_t* places) {
    int count = 0;
    places[count++] = before + i;
    if (i >= 1 && i <= before) places[count++] = before - i;
    if (i < n - 1 && n - 1 - i <= after) places[count++] = before + 2 * (n - 1) - i;
    return count;
}

void check(const at::Tensor& x, const Edges& e) {
    TORCH_CHECK(x.dim() == 4, "mirror_edges: an image batch (B, C, H, W) is needed, not shape ", x.sizes());
    TORCH_CHECK(std::min(std::min(e.left, e.right), std::min(e.top, e.bottom)) >= 0 &&
                    std::max(e.left, e.right) < x.size(3) && std::max(e.top, e.bottom) < x.size(2),
                "mirror_edges: widths ", e.left, ", ", e.right, " (left, right) and ", e.top, ", ", e.bottom,
                " (top, bottom) must be at least 0 and less than the image's, of shape ", x.sizes());
}

bool fused(const at::Tensor& x) {
    return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.dim() == 4 && x.numel() > 0 && !x.is_contiguous() &&
           x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor mirrored(const at::Tensor& x, at::IntArrayRef widths) {
    const auto e = edges(widths);
    check(x, e);
    if (!fused(x)) return at::reflection_pad2d(x, widths);
    const int64_t b = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3);
    const int64_t height = h + e.top + e.bottom, width = w + e.left + e.right;
    const auto y = at::empty({b, c, height, width}, x.options(), at::MemoryFormat::ChannelsLast);
    const float* px = x.data_ptr<float>();
    float* py = y.data_ptr<float>();
    at::parallel_for(0, b * height, 1, [=](int64_t from, int64_t to) {
        for (int64_t row = from; row < to; row++) {
            const float* line = px + (row / height * h + source(row % height, e.top, h)) * w * c;
            float* out = py + row * width * c;
            for (int64_t j = 0; j < e.left; j++) std::memcpy(out + j * c, line + (e.left - j) * c, c * sizeof(float));
            std::memcpy(out + e.left * c, line, w * c * sizeof(float));
            for (int64_t j = e.left + w; j < width; j++)
                std::memcpy(out + j * c, line + source(j, e.left, w) * c, c * sizeof(float));
        }
    });
    return y;
}

at::Tensor fold(const at::Tensor& grad, const at::Tensor& like, at::IntArrayRef widths) {
    const auto e = edges(widths);
    if (!fused(like)) return at::reflection_pad2d_backward(grad, like, widths);
    const auto g = grad.contiguous(at::MemoryFormat::ChannelsLast), dx = at::empty_like(like);
    const int64_t c = like.size(1), h = like.size(2), w = like.size(3), height = g.size(2), width = g.size(3);
    const float* pg = g.data_ptr<float>();
    float* pd = dx.data_ptr<float>();
    at::parallel_for(0, like.size(0) * h, 1, [=](int64_t from, int64_t to) {
        for (int64_t row = from; row < to; row++) {
            int64_t downs[3], rights[3];
            const int rows = copies(row % h, e.top, e.bottom, h, downs);
            for (int64_t j = 0; j < w; j++) {
                const int columns = copies(j, e.left, e.right, w, rights);
                float* out = pd + (row * w + j) * c;
                for (int k = 0; k < rows * columns; k++) {
                    const float* in = pg + ((row / h * height + downs[k / columns]) * width + rights[k % columns]) * c;
                    k == 0 ? static_cast<void>(std::memcpy(out, in, c * sizeof(float))) : add(in, out, c);
                }
            }
        }
    });
    return dx;
}

struct Fold : torch::autograd::Function<Fold> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& grad, const at::Tensor& like, at::IntArrayRef widths) {
        context->saved_data["widths"] = widths.vec();
        const at::AutoDispatchBelowADInplaceOrView below;
        return fold(grad, like, widths);
    }

    static variable_list backward(AutogradContext* context, variable_list grads);
};

struct Mirror : torch::autograd::Function<Mirror> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, at::IntArrayRef widths) {
        context->save_for_backward({x});
        context->saved_data["widths"] = widths.vec();
        const at::AutoDispatchBelowADInplaceOrView below;
        return mirrored(x, widths);
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        const auto like = context->get_saved_variables()[0].detach();
        return {Fold::apply(grads[0], like, context->saved_data["widths"].toIntVector()), at::Tensor()};
    }
};

variable_list Fold::backward(AutogradContext* context, variable_list grads) {
    return {Mirror::apply(grads[0], context->saved_data["widths"].toIntVector()), at::Tensor(), at::Tensor()};
}

at::Tensor differentiable(const at::Tensor& x, at::IntArrayRef widths) { return Mirror::apply(x, widths); }

}  // namespace

TORCH_LIBRARY_FRAGMENT(figment, library) { library.def("mirror_edges(Tensor input, int[4] widths) -> Tensor"); }
TORCH_LIBRARY_IMPL(figment, CompositeExplicitAutograd, library) { library.impl("mirror_edges", mirrored); }
TORCH_LIBRARY_IMPL(figment, Autograd, library) { library.impl("mirror_edges", differentiable); }
