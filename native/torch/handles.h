// Handles to and from at::Tensor. A handle is one owned reference to a TensorImpl, so no second allocation is needed.
#pragma once
#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "bridge.h"

inline at::Tensor borrow(FtTensor handle) {
    if (!handle) return at::Tensor();
    auto* impl = reinterpret_cast<c10::TensorImpl*>(handle);
    c10::raw::intrusive_ptr::incref(impl);
    return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(impl));
}

// A gradient may come as a zero that has no memory, or as a view that is conjugated or negated when it is read. Whoever
// looks at the elements directly must find them, so these are made real here.
inline FtTensor give(at::Tensor t) {
    if (!t.defined()) return nullptr;
    if (t._is_zerotensor()) t = t.clone();
    if (t.is_conj()) t = t.resolve_conj();
    if (t.is_neg()) t = t.resolve_neg();
    return reinterpret_cast<FtTensor>(t.unsafeReleaseTensorImpl());
}

inline std::vector<at::Tensor> borrow_all(const FtTensor* handles, int32_t n) {
    std::vector<at::Tensor> all;
    all.reserve(n);
    for (int32_t i = 0; i < n; i++) all.push_back(borrow(handles[i]));
    return all;
}

inline c10::Device device_of(int64_t code) {
    return c10::Device(static_cast<c10::DeviceType>(code >> 16), static_cast<int8_t>(code & 0xffff));
}

inline int32_t code_of(c10::Device d) { return (static_cast<int32_t>(d.type()) << 16) | (d.index() & 0xffff); }

// A look at a tensor for the length of one call: no reference is counted.
class Lent {
   public:
    explicit Lent(FtTensor handle)
        : t_(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(
              reinterpret_cast<c10::TensorImpl*>(handle))) {}
    ~Lent() { t_.unsafeReleaseTensorImpl(); }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    const at::Tensor* operator->() const { return &t_; }
    const at::Tensor& operator*() const { return t_; }

   private:
    at::Tensor t_;
};

void set_error(const char* text) noexcept;

// No C++ exception crosses the boundary.
template <class F>
int guard(F&& body) {
    try {
        body();
        return 0;
    } catch (const c10::Error& e) {
        set_error(e.what_without_backtrace());
    } catch (const std::exception& e) {
        set_error(e.what());
    } catch (...) {
        set_error("an exception of unknown type");
    }
    return 1;
}
