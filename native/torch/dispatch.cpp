// Operators: values in, boxed call through the ATen dispatcher, values out.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <torch/version.h>

#include <algorithm>

#include "handles.h"

namespace {

// Results that the caller has not taken yet; whatever stays is released with the next call.
struct Pending {
    std::vector<FtValue> values;
    void drop() {
        for (auto& v : values)
            if (v.tag == FT_TENSOR) ft_release(reinterpret_cast<FtTensor*>(&v.p), 1);
        values.clear();
    }
    ~Pending() { drop(); }
};
thread_local Pending pending;

// A call's arguments and results: kept, so that no call allocates it anew. No operator calls back into the bridge.
struct CallStack {
    torch::jit::Stack& values;
    explicit CallStack(torch::jit::Stack& kept) : values(kept) { values.clear(); }
    ~CallStack() { values.clear(); }
};
thread_local torch::jit::Stack kept_stack;

c10::IValue to_ivalue(const FtValue& a) {
    switch (a.tag) {
        case FT_NONE: return c10::IValue();
        case FT_TENSOR: return borrow(static_cast<FtTensor>(a.p));
        case FT_INT: return a.i;
        case FT_DOUBLE: return a.d;
        case FT_BOOL: return a.i != 0;
        case FT_INT_LIST: return c10::List<int64_t>(c10::IntArrayRef(static_cast<const int64_t*>(a.p), a.n));
        case FT_DOUBLE_LIST: return c10::List<double>(c10::ArrayRef<double>(static_cast<const double*>(a.p), a.n));
        case FT_BOOL_LIST: {
            c10::List<bool> list;
            for (int32_t i = 0; i < a.n; i++) list.push_back(static_cast<const uint8_t*>(a.p)[i] != 0);
            return list;
        }
        case FT_TENSOR_LIST: {
            c10::List<at::Tensor> list;
            list.reserve(a.n);
            for (int32_t i = 0; i < a.n; i++) {
                FtTensor t = static_cast<FtTensor*>(a.p)[i];
                TORCH_CHECK(t, "tensor ", i, " of the list is null");
                list.push_back(borrow(t));
            }
            return list;
        }
        case FT_OPTIONAL_TENSOR_LIST: {
            c10::List<c10::optional<at::Tensor>> list;
            list.reserve(a.n);
            for (int32_t i = 0; i < a.n; i++) {
                FtTensor t = static_cast<FtTensor*>(a.p)[i];
                list.push_back(t ? c10::optional<at::Tensor>(borrow(t)) : c10::optional<at::Tensor>());
            }
            return list;
        }
        case FT_SCALAR_LIST: {
            c10::impl::GenericList list(c10::NumberType::get());
            for (int32_t i = 0; i < a.n; i++) list.push_back(to_ivalue(static_cast<const FtValue*>(a.p)[i]));
            return list;
        }
        case FT_DEVICE: return device_of(a.i);
        case FT_STRING: return std::string(static_cast<const char*>(a.p), a.n);
        case FT_GENERATOR: return *static_cast<at::Generator*>(a.p);
        default: TORCH_CHECK(false, "argument tag ", a.tag, " is not known to the bridge");
    }
}

FtValue tensor_value(at::Tensor t) {
    FtValue v{};
    v.tag = FT_TENSOR;
    v.p = give(std::move(t));
    return v;
}

void push_return(std::vector<FtValue>& outs, c10::IValue&& r) {
    FtValue v{};
    if (r.isTensor()) {
        v = tensor_value(std::move(r).toTensor());
    } else if (r.isTensorList()) {
        for (at::Tensor t : r.toTensorVector()) outs.push_back(tensor_value(std::move(t)));
        return;
    } else if (r.isInt()) {
        v.tag = FT_INT;
        v.i = r.toInt();
    } else if (r.isDouble()) {
        v.tag = FT_DOUBLE;
        v.d = r.toDouble();
    } else if (r.isBool()) {
        v.tag = FT_BOOL;
        v.i = r.toBool();
    } else {
        TORCH_CHECK(r.isNone(), "a result of type ", r.tagKind(), " cannot cross the bridge");
    }
    outs.push_back(v);
}

// The part of a schema that decides how values are tagged: `Tensor,int[],Scalar?`. Symbolic integers are tagged as
// plain ones, so both read alike.
std::string signature_of(const c10::FunctionSchema& schema) {
    std::string s;
    for (const auto& a : schema.arguments()) {
        if (!s.empty()) s += ',';
        s += a.type()->str();
    }
    for (size_t at; (at = s.find("SymInt")) != std::string::npos;) s.replace(at, 6, "int");
    return s;
}

void take(FtValue* outs) {
    std::copy(pending.values.begin(), pending.values.end(), outs);
    pending.values.clear();
}

}  // namespace

int ft_find(const char* name, const char* overload, const char* signature, FtOperator* out) {
    return guard([&] {
        auto found = c10::Dispatcher::singleton().findSchema({name, overload});
        TORCH_CHECK(found.has_value(), "this libtorch (", TORCH_VERSION, ") has no operator ", name, ".", overload);
        // A newer libtorch may add trailing arguments that have defaults; any other change would mis-tag a value.
        const std::string have = signature_of(found->schema()), want = signature;
        const bool fits = have.compare(0, want.size(), want) == 0 &&
                          (have.size() == want.size() || want.empty() || have[want.size()] == ',');
        TORCH_CHECK(fits, "operator ", name, ".", overload, " takes (", have, ") in this libtorch (", TORCH_VERSION,
                    ") but the bindings were generated for (", want, ")");
        *out = reinterpret_cast<FtOperator>(new c10::OperatorHandle(*found));
    });
}

int ft_call(FtOperator handle, const FtValue* args, int32_t n, FtValue* outs, int32_t capacity, int32_t* count) {
    return guard([&] {
        const auto& op = *reinterpret_cast<const c10::OperatorHandle*>(handle);
        const auto& formal = op.schema().arguments();
        // The dispatcher does not check arity: a short stack is undefined behaviour.
        TORCH_CHECK(static_cast<size_t>(n) <= formal.size(), "takes ", formal.size(), " arguments, got ", n);
        CallStack call(kept_stack);
        auto& stack = call.values;
        for (size_t i = 0; i < formal.size(); i++) {
            if (i < static_cast<size_t>(n) && args[i].tag != FT_DEFAULT) {
                stack.push_back(to_ivalue(args[i]));
                continue;
            }
            TORCH_CHECK(formal[i].default_value().has_value(), "argument '", formal[i].name(), "' has no default");
            stack.push_back(*formal[i].default_value());
        }
        op.callBoxed(&stack);
        *count = 0;
        if (capacity == 0) return;
        if (stack.size() == 1 && stack[0].isTensor()) {  // nearly every call
            outs[0] = tensor_value(std::move(stack[0]).toTensor());
            *count = 1;
            return;
        }
        pending.drop();
        for (auto& r : stack) push_return(pending.values, std::move(r));
        *count = static_cast<int32_t>(pending.values.size());
        if (*count <= capacity) take(outs);  // else the caller fetches them with ft_pending
    });
}

int ft_pending(FtValue* outs, int32_t capacity) {
    return guard([&] {
        TORCH_CHECK(static_cast<size_t>(capacity) >= pending.values.size(), "room for ", capacity, " of ",
                    pending.values.size());
        take(outs);
    });
}

int ft_schemas(const char* name, void (*each)(const char*, const char*, const char*)) {
    return guard([&] {
        for (const auto& id : c10::Dispatcher::singleton().getAllOpNames()) {
            if (id.name != name) continue;
            auto op = c10::Dispatcher::singleton().findSchema(id);
            if (op)
                each(id.overload_name.c_str(), c10::toString(op->schema()).c_str(), signature_of(op->schema()).c_str());
        }
    });
}
