// Joining a group of processes, connecting to the others, collectives, and the end.
#include "group.h"

#ifdef USE_C10D_GLOO
#include <future>

using namespace std::chrono_literals;

namespace {
constexpr auto farewell = 10s;     // for the others to say goodbye
constexpr auto last_words = 3s;    // for the others to hear of a fault
constexpr auto long_connect = 2s;  // more than connecting takes where all are alive
// A rank may wait for long while the first one evaluates: the watch, not this limit, finds the dead.
constexpr auto collective = std::chrono::hours(24);

std::shared_ptr<::gloo::transport::Device> device_for(const std::string& host) {
    if (const char* name = std::getenv("GLOO_SOCKET_IFNAME"); name && *name)
        return c10d::ProcessGroupGloo::createDeviceForInterface(name);
    if (host == "localhost" || host.compare(0, 4, "127.") == 0)
        return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
    return c10d::ProcessGroupGloo::createDefaultDevice();
}
}  // namespace

Group::Group(const std::string& host, int port, int rank, int size, std::chrono::milliseconds join)
    : rank_(rank), size_(size), beats_(size, -1), seen_(size) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(port);
    options.isServer = rank == 0;
    options.numWorkers = static_cast<size_t>(size);
    options.timeout = join;
    store_ = c10::make_intrusive<c10d::TCPStore>(host, options);
    place_ = host + ":" + std::to_string(store_->getPort());
    c10d::TCPStoreOptions more = options;
    more.port = store_->getPort();
    more.isServer = false;
    more.waitWorkers = false;
    line_ = c10::make_intrusive<c10d::TCPStore>(host, more);
    answered_ = Clock::now().time_since_epoch().count();
    for (auto& at : seen_) at = Clock::now();
    watch_ = std::thread([this] { watch(); });
    try {
        connect(host, join);
    } catch (...) {
        fault("it could not connect: " + reason_of(std::current_exception()));
        close(false);
        throw;
    }
}

Group::~Group() {
    if (watch_.joinable()) close(false);
}

// Gloo's own connecting cannot be broken off, so it is done beside this thread and left behind when a rank is lost.
void Group::connect(const std::string& host, std::chrono::milliseconds join) {
    auto done = std::make_shared<std::promise<c10::intrusive_ptr<c10d::ProcessGroupGloo>>>();
    auto result = done->get_future();
    std::thread([store = store_, rank = rank_, size = size_, host, done] {
        try {
            auto options = c10d::ProcessGroupGloo::Options::create(collective);
            options->devices.push_back(device_for(host));
            options->threads = 2;
            done->set_value(c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options));
        } catch (...) {
            done->set_exception(std::current_exception());
        }
    }).detach();
    const auto began = Clock::now(), until = began + join;
    while (result.wait_for(100ms) != std::future_status::ready) {
        suspicious_ = Clock::now() - began > long_connect;
        const auto why = lost();
        TORCH_CHECK(why.empty(), why);
        TORCH_CHECK(Clock::now() < until, "the ranks met at ", place_, " but could not connect to each other within ",
                    join.count() / 1000, " s; GLOO_SOCKET_IFNAME chooses the network interface");
    }
    suspicious_ = false;
    gloo_ = result.get();
#ifdef USE_C10D_NCCL
    if (at::hasCUDA())
        nccl_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(
            c10::make_intrusive<c10d::PrefixStore>("nccl", store_), rank_, size_);
#endif
}

Group::Work Group::all_reduce(const at::Tensor& t) {
    std::vector<at::Tensor> list{t};
#ifdef USE_C10D_NCCL
    if (t.is_cuda()) return nccl_->allreduce(list);
#endif
    return gloo_->allreduce(list);
}

void Group::broadcast(const at::Tensor& t, int root) {
    std::vector<at::Tensor> list{t};
    c10d::BroadcastOptions options;
    options.rootRank = root;
#ifdef USE_C10D_NCCL
    if (t.is_cuda()) return wait(nccl_->broadcast(list, options));
#endif
    wait(gloo_->broadcast(list, options));
}

std::vector<at::Tensor> Group::gather(const at::Tensor& t) {
    std::vector<std::vector<at::Tensor>> all(1);
    for (int r = 0; r < size_; r++) all[0].push_back(at::empty_like(t));
    std::vector<at::Tensor> list{t};
#ifdef USE_C10D_NCCL
    if (t.is_cuda()) {
        wait(nccl_->allgather(all, list));
        return all[0];
    }
#endif
    wait(gloo_->allgather(all, list));
    return all[0];
}

void Group::barrier() { wait(gloo_->barrier()); }

void Group::close(bool orderly) {
    if (!watch_.joinable()) return;
    try {
        const auto until = Clock::now() + (orderly ? farewell : last_words);
        line_->add(orderly ? "figment/bye" : "figment/heard", 1);
        if (orderly) line_->set(watch_key("bye", rank_), store_bytes("1"));
        // The first rank holds the store: it stays until the others have heard.
        while (rank_ == 0 && Clock::now() < until &&
               line_->add(orderly ? "figment/bye" : "figment/heard", 0) < size_)
            std::this_thread::sleep_for(5ms);
    } catch (...) {
        // The store has gone with its rank: there is no one left to tell.
    }
    {
        std::lock_guard<std::mutex> lock(mutex_);
        leaving_ = true;
    }
    changed_.notify_all();
    watch_.join();
    if (!orderly) (void)gloo_.release();  // its threads may hang in a collective that will never end
#ifdef USE_C10D_NCCL
    if (!orderly) (void)nccl_.release();
#endif
    gloo_.reset();
    line_.reset();
    store_.reset();
}
#endif
