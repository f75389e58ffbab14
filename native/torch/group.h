// A group of processes over c10d: Gloo for tensors of the CPU, NCCL for those of a GPU, and a watch that knows who died.
#pragma once
#ifdef USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

std::string reason_of(std::exception_ptr error);

// How the store's keys are named and its values written.
inline std::string watch_key(const char* what, int rank) {
    return std::string("figment/") + what + "/" + std::to_string(rank);
}
inline std::vector<uint8_t> store_bytes(const std::string& text) { return {text.begin(), text.end()}; }
inline std::string store_text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

class Group {
   public:
    using Clock = std::chrono::steady_clock;
    using Work = decltype(std::declval<c10d::ProcessGroupGloo&>().allreduce(
        std::declval<std::vector<at::Tensor>&>(), std::declval<const c10d::AllreduceOptions&>()));

    Group(const std::string& host, int port, int rank, int size, std::chrono::milliseconds join);
    ~Group();

    int rank() const { return rank_; }
    int size() const { return size_; }
    int port() const { return store_->getPort(); }

    // Collectives must be asked for in the same order by every rank. Tensors must be dense.
    Work all_reduce(const at::Tensor& t);
    void broadcast(const at::Tensor& t, int root);
    std::vector<at::Tensor> gather(const at::Tensor& t);
    void barrier();

    // Returns when the work is done; throws who is lost, or what went wrong.
    void wait(const Work& work);
    // Tells every rank why this one gives up; the first word stands.
    void fault(const std::string& why);
    // After an orderly end every rank has said goodbye; otherwise what may hang is left to the process's end.
    void close(bool orderly);

   private:
    void connect(const std::string& host, std::chrono::milliseconds join);
    void watch();
    void look();
    void examine(std::vector<int64_t>& beats, std::vector<Clock::time_point>& seen);
    void lose(const std::string& why);
    std::string lost();
    void pause(std::chrono::milliseconds time);
    [[noreturn]] void explain(const std::string& what);

    const int rank_, size_;
    std::string place_;
    c10::intrusive_ptr<c10d::TCPStore> store_, line_;  // the watch has a connection of its own
    c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo_;
#ifdef USE_C10D_NCCL
    c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl_;
#endif
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string lost_;
    std::atomic<bool> leaving_{false}, suspicious_{false}, told_{false};
    bool suspicion_told_ = false;  // the watch thread's own
    std::atomic<Clock::rep> answered_{0};
    std::vector<int64_t> beats_;
    std::vector<Clock::time_point> seen_;
    std::thread watch_;
};
#endif
