// The boundary between Figment and libtorch. It knows no operator by name: every operator goes through the dispatcher's
// boxed calling convention. What is no operator (autograd, generators, threads, storage) is the closed list below.
// A function that answers int answers 0 for success; otherwise ft_error() holds the reason for the calling thread.
#pragma once
#include <cstdint>

#pragma GCC visibility push(default)
extern "C" {

typedef struct ft_tensor* FtTensor;        // an owned reference to a TensorImpl; null is the undefined tensor
typedef struct ft_generator* FtGenerator;  // a heap-allocated at::Generator
typedef struct ft_operator* FtOperator;    // lives as long as the process

enum FtTag : int32_t {
    FT_NONE = 0,
    FT_TENSOR = 1,
    FT_INT = 2,
    FT_DOUBLE = 3,
    FT_BOOL = 4,
    FT_INT_LIST = 5,
    FT_DOUBLE_LIST = 6,
    FT_BOOL_LIST = 7,
    FT_TENSOR_LIST = 8,
    FT_OPTIONAL_TENSOR_LIST = 9,
    FT_SCALAR_LIST = 10,  // p points to n FtValue
    FT_DEVICE = 11,       // i = type << 16 | (index & 0xffff)
    FT_STRING = 12,       // p points to n bytes of UTF-8
    FT_GENERATOR = 13,
    FT_DEFAULT = 14,  // the schema's own default
};

typedef struct FtValue {
    int32_t tag;
    int32_t n;
    union {
        int64_t i;
        double d;
        void* p;
    };
} FtValue;

typedef struct FtTensorInfo {
    const int64_t* sizes;
    const int64_t* strides;
    int32_t rank;
    int32_t dtype;
    int32_t device;
    int32_t flags;  // 1 requires_grad, 2 leaf, 4 contiguous, 8 channels-last, 16 channels-last-3d
} FtTensorInfo;

const char* ft_error();

// operators
int ft_find(const char* name, const char* overload, const char* signature, FtOperator* out);
int ft_call(FtOperator op, const FtValue* args, int32_t n, FtValue* outs, int32_t capacity, int32_t* count);
int ft_pending(FtValue* outs, int32_t capacity);
int ft_schemas(const char* name, void (*each)(const char* overload, const char* schema, const char* signature));

// tensors
void ft_release(FtTensor* tensors, int32_t n);
int ft_info(FtTensor t, FtTensorInfo* out);
int ft_data(FtTensor t, void** out);
int64_t ft_own_bytes(FtTensor t);  // of its storage; 0 if another tensor shares it
int ft_from_blob(void* data, const int64_t* sizes, int32_t rank, int32_t dtype, void (*release)(void*), void* context,
                 FtTensor* out);
int ft_set_data(FtTensor t, FtTensor source);

// autograd
int ft_requires_grad(FtTensor t, int32_t on);
int ft_grad_get(FtTensor t, FtTensor* out);
int ft_grad_set(FtTensor t, FtTensor grad);
int ft_grad_mode(int32_t on);  // answers the mode before; -1 only asks
int ft_backward(const FtTensor* roots, const FtTensor* grads, int32_t n, const FtTensor* inputs, int32_t m,
                int32_t retain, int32_t create);
int ft_grad(const FtTensor* outputs, const FtTensor* grads, int32_t n, const FtTensor* inputs, int32_t m,
            int32_t retain, int32_t create, int32_t unused, FtTensor* out);

// owns `gradient`; answers 0 with one gradient an input in `out` (null: none), or leaves a text with ft_set_error
typedef int (*FtRecompute)(void* context, FtTensor gradient, FtTensor* out, int32_t n);
void ft_set_error(const char* text);
// `output`, made without recording, as a recorded function of `inputs`; `release` is called once, by any thread
int ft_recompute(FtTensor output, const FtTensor* inputs, int32_t n, FtRecompute compute, void (*release)(void*),
                 void* context, FtTensor* out);

// random numbers
int ft_generator_new(int32_t device, uint64_t seed, FtGenerator* out);
void ft_generator_free(FtGenerator g);
int ft_generator_state(FtGenerator g, FtTensor* out);
int ft_generator_restore(FtGenerator g, FtTensor state);

// the one named kernel: Adam's step t >= 1 for n parameters; answers 2 where the caller must compose it from operators
int ft_adam(const FtTensor* params, const FtTensor* grads, const FtTensor* m, const FtTensor* v, int32_t n, double lr,
            double beta1, double beta2, double eps, double decay, int32_t decoupled, int64_t t);

// groups of processes that compute together; each function fails with the reason where the bridge is without c10d
typedef struct ft_group* FtGroup;
typedef struct ft_work* FtWork;
typedef struct ft_reducer* FtReducer;
int ft_group_available();
int ft_group_open(const char* host, int32_t port, int32_t rank, int32_t size, int64_t join_ms, FtGroup* out);
int ft_group_port(FtGroup g);                    // of the store, for port 0
int ft_group_fault(FtGroup g, const char* why);  // tells every rank that this one gives up
void ft_group_close(FtGroup g, int32_t orderly);
int ft_group_all_reduce(FtGroup g, FtTensor t, FtWork* out);  // sums in place
int ft_group_broadcast(FtGroup g, FtTensor t, int32_t root);
int ft_group_gather(FtGroup g, FtTensor t, FtTensor* out);  // one of t's shape a rank
int ft_group_barrier(FtGroup g);
int ft_group_sum(FtGroup g, FtTensor t, FtTensor* out);  // a new tensor; its gradient is summed over the ranks too
int ft_work_wait(FtWork w);                              // frees it, whatever comes
int ft_reducer_new(FtGroup g, const FtTensor* params, int32_t n, int64_t bucket_bytes, FtReducer* out);
void ft_reducer_free(FtReducer r);
int ft_reducer_begin(FtReducer r, double flag);
int ft_reducer_end(FtReducer r, double* flags);
int ft_reducer_times(FtReducer r, int64_t* ns, int32_t capacity);  // launch of each bucket, end of backward; the count
// memory of CPU tensors (allocator.cpp): takes over from libtorch's allocator; hands what is kept back to the kernel
void ft_own_allocator();
void ft_trim_memory();
void ft_memory(int64_t* live, int64_t* kept, int64_t* segments);

// matrix products of float32 on the CPU (products.cpp): by oneDNN from now on; 0 if this libtorch shows none
int ft_products_by_onednn();

// the runtime
const char* ft_version();
const char* ft_config();
int ft_threads(int32_t set);       // answers the count; 0 only asks
int ft_deterministic(int32_t on);  // answers the mode; -1 only asks
int ft_cuda_built();               // whether this libtorch has CUDA in it, GPU or not
int ft_cuda_devices();             // answers the count
int ft_cuda_synchronize(int32_t index);
int ft_tf32(int32_t on);  // answers the mode; -1 only asks
int ft_cuda_device_memory(int32_t index, int64_t* free_bytes, int64_t* total_bytes);
int ft_cuda_peaks(int32_t index, int32_t reset, int64_t* allocated, int64_t* reserved);  // 2: not known to this build
}
#pragma GCC visibility pop
