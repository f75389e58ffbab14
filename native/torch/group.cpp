// Groups of processes: joining, collectives, and finding out who is lost.
#include "group.h"

#include "handles.h"

#ifdef USE_C10D_GLOO
#include <torch/csrc/autograd/custom_function.h>
#include <torch/version.h>

#include <future>

using namespace std::chrono_literals;

namespace {
constexpr auto beat = 500ms;        // between two signs of life
constexpr auto silence = 20s;       // after which a rank counts as lost
constexpr auto quick_silence = 4s;  // the same once some collective has failed
constexpr auto patience = 10s;      // for the watch to find out why a collective failed
constexpr auto farewell = 10s;      // for the others to say goodbye
constexpr auto last_words = 3s;     // for the others to hear of a fault
// A rank may wait for long while the first one evaluates: the watch, not this limit, finds the dead.
constexpr auto collective = std::chrono::hours(24);

std::string key(const char* what, int rank) { return std::string("figment/") + what + "/" + std::to_string(rank); }
std::vector<uint8_t> bytes(const std::string& text) { return {text.begin(), text.end()}; }
std::string text(const std::vector<uint8_t>& b) { return {b.begin(), b.end()}; }

std::string reason_of(std::exception_ptr error) {
    try {
        std::rethrow_exception(error);
    } catch (const c10::Error& e) {
        return e.what_without_backtrace();
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception of unknown type";
    }
}

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
    const auto until = Clock::now() + join;
    while (result.wait_for(100ms) != std::future_status::ready) {
        const auto why = lost();
        TORCH_CHECK(why.empty(), why);
        TORCH_CHECK(Clock::now() < until, "the ranks met at ", place_, " but could not connect to each other within ",
                    join.count() / 1000, " s; GLOO_SOCKET_IFNAME chooses the network interface");
    }
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

void Group::wait(const Work& work) {
#ifdef USE_C10D_NCCL
    if (nccl_ && work->retrieveOpType() != c10d::OpType::BARRIER && !work->result().empty() &&
        work->result()[0].is_cuda()) {
        work->wait();  // the GPU waits, not this thread
        return;
    }
#endif
    for (;;) {
        std::string what;
        try {
            work->wait(1s);
            return;
        } catch (...) {
            what = reason_of(std::current_exception());
        }
        // The wait throws when its second is over as well as when the work failed.
        if (work->isCompleted()) {
            if (work->isSuccess()) return;
            explain(what);
        }
        const auto why = lost();
        TORCH_CHECK(why.empty(), why);
    }
}

void Group::fault(const std::string& why) {
    if (told_.exchange(true)) return;
    try {
        line_->compareSet("figment/fault", {}, bytes("rank " + std::to_string(rank_) + " failed: " + why));
    } catch (...) {
        lose("rank 0 is lost: its store at " + place_ + " no longer answers");
    }
}

void Group::close(bool orderly) {
    if (!watch_.joinable()) return;
    try {
        const auto until = Clock::now() + (orderly ? farewell : last_words);
        line_->add(orderly ? "figment/bye" : "figment/heard", 1);
        if (orderly) line_->set(key("bye", rank_), bytes("1"));
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

void Group::watch() {
    while (!leaving_) {
        try {
            look();
            answered_ = Clock::now().time_since_epoch().count();
        } catch (...) {
            if (!leaving_) lose("rank 0 is lost: its store at " + place_ + " no longer answers");
            return;
        }
        pause(beat);
    }
}

void Group::look() {
    line_->add(key("beat", rank_), 1);
    if (suspicious_) line_->set("figment/suspect", bytes("1"));
    if (line_->check({"figment/fault"})) {
        lose(text(line_->get("figment/fault")));
        return;
    }
    if (rank_ == 0) examine(beats_, seen_);
}

void Group::examine(std::vector<int64_t>& beats, std::vector<Clock::time_point>& seen) {
    const auto now = Clock::now();
    const bool suspect = suspicious_ || line_->check({"figment/suspect"});
    const Clock::duration limit = suspect ? Clock::duration(quick_silence) : Clock::duration(silence);
    for (int r = 1; r < size_; r++) {
        const auto count = line_->add(key("beat", r), 0);
        if (count != beats[r]) {
            beats[r] = count;
            seen[r] = now;
        } else if (now - seen[r] > limit && !line_->check({key("bye", r)})) {
            line_->compareSet("figment/fault", {}, bytes("rank " + std::to_string(r) + " is lost: it was killed, or its "
                                                         "machine or network failed"));
        }
    }
}

void Group::lose(const std::string& why) {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        if (lost_.empty()) lost_ = why;
    }
    changed_.notify_all();
}

std::string Group::lost() {
    const auto silent = Clock::now().time_since_epoch().count() - answered_.load();
    std::lock_guard<std::mutex> lock(mutex_);
    if (lost_.empty() && Clock::duration(silent) > Clock::duration(silence))
        lost_ = "rank 0 is lost: its store at " + place_ + " has been silent for " +
                std::to_string(std::chrono::duration_cast<std::chrono::seconds>(silence).count()) + " s";
    return lost_;
}

void Group::pause(std::chrono::milliseconds time) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, time, [&] { return leaving_.load(); });
}

// A failed collective says only that a connection broke. The watch soon knows whose.
void Group::explain(const std::string& what) {
    suspicious_ = true;
    const auto until = Clock::now() + patience;
    for (;;) {
        const auto why = lost();
        TORCH_CHECK(why.empty(), why);
        TORCH_CHECK(Clock::now() < until, what);
        std::this_thread::sleep_for(100ms);
    }
}

namespace {
Group* group(FtGroup g) { return reinterpret_cast<Group*>(g); }

struct Pending {
    Group* group;
    Group::Work work;
    at::Tensor target, dense;
};

// Gloo and NCCL read memory from end to end, in the order of the elements.
at::Tensor densely(const at::Tensor& t) { return t.detach().contiguous(); }

void put_back(const at::Tensor& target, const at::Tensor& dense) {
    if (dense.data_ptr() == target.data_ptr()) return;
    const at::NoGradGuard silent;
    target.detach().copy_(dense);
}

struct SumOverRanks : torch::autograd::Function<SumOverRanks> {
    static at::Tensor sum(Group* over, const at::Tensor& t) {
        const at::NoGradGuard silent;
        const auto total = t.detach().contiguous().clone();
        over->wait(over->all_reduce(total));
        return total;
    }
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& t, int64_t over) {
        context->saved_data["group"] = over;
        return sum(reinterpret_cast<Group*>(over), t);
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list grads) {
        return {sum(reinterpret_cast<Group*>(context->saved_data["group"].toInt()), grads[0]), at::Tensor()};
    }
};
}  // namespace

int ft_group_available() { return 1; }

int ft_group_open(const char* host, int32_t port, int32_t rank, int32_t size, int64_t join_ms, FtGroup* out) {
    return guard([&] {
        *out = reinterpret_cast<FtGroup>(new Group(host, port, rank, size, std::chrono::milliseconds(join_ms)));
    });
}

int ft_group_port(FtGroup g) {
    int port = 0;
    return guard([&] { port = group(g)->port(); }) ? 0 : port;
}

int ft_group_fault(FtGroup g, const char* why) {
    return guard([&] { group(g)->fault(why); });
}

void ft_group_close(FtGroup g, int32_t orderly) {
    guard([&] {
        group(g)->close(orderly != 0);
        delete group(g);
    });
}

int ft_group_all_reduce(FtGroup g, FtTensor t, FtWork* out) {
    return guard([&] {
        auto target = borrow(t);
        auto dense = densely(target);
        auto work = group(g)->all_reduce(dense);
        *out = reinterpret_cast<FtWork>(new Pending{group(g), work, target, dense});
    });
}

int ft_group_broadcast(FtGroup g, FtTensor t, int32_t root) {
    return guard([&] {
        const auto target = borrow(t);
        const auto dense = densely(target);
        group(g)->broadcast(dense, root);
        put_back(target, dense);
    });
}

int ft_group_gather(FtGroup g, FtTensor t, FtTensor* out) {
    return guard([&] {
        auto all = group(g)->gather(densely(borrow(t)));
        for (size_t r = 0; r < all.size(); r++) out[r] = give(std::move(all[r]));
    });
}

int ft_group_barrier(FtGroup g) {
    return guard([&] { group(g)->barrier(); });
}

int ft_group_sum(FtGroup g, FtTensor t, FtTensor* out) {
    return guard([&] { *out = give(SumOverRanks::apply(borrow(t), reinterpret_cast<int64_t>(group(g)))); });
}

int ft_work_wait(FtWork w) {
    return guard([&] {
        const std::unique_ptr<Pending> pending(reinterpret_cast<Pending*>(w));
        pending->group->wait(pending->work);
        put_back(pending->target, pending->dense);
    });
}

#else

namespace {
int missing() {
    return guard([] {
        TORCH_CHECK(false, "this build has no process groups: the headers of gloo, or a libtorch with c10d and gloo, were "
                           "missing when the bridge was built. On Debian and Ubuntu install libgloo-dev, remove "
                           "build/native and build again");
    });
}
}  // namespace

int ft_group_available() { return 0; }
int ft_group_open(const char*, int32_t, int32_t, int32_t, int64_t, FtGroup*) { return missing(); }
int ft_group_port(FtGroup) { return 0; }
int ft_group_fault(FtGroup, const char*) { return missing(); }
void ft_group_close(FtGroup, int32_t) {}
int ft_group_all_reduce(FtGroup, FtTensor, FtWork*) { return missing(); }
int ft_group_broadcast(FtGroup, FtTensor, int32_t) { return missing(); }
int ft_group_gather(FtGroup, FtTensor, FtTensor*) { return missing(); }
int ft_group_barrier(FtGroup) { return missing(); }
int ft_group_sum(FtGroup, FtTensor, FtTensor*) { return missing(); }
int ft_work_wait(FtWork) { return missing(); }
#endif
