// Finding out who is lost: signs of life twice a second, over a connection of their own.
#include "group.h"

#ifdef USE_C10D_GLOO
using namespace std::chrono_literals;

namespace {
constexpr auto beat = 500ms;        // between two signs of life
constexpr auto silence = 20s;       // after which a rank counts as lost
constexpr auto quick_silence = 4s;  // the same while some rank suspects that another is
constexpr auto patience = 10s;      // for the watch to find out why a collective failed
}  // namespace

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
        line_->compareSet("figment/fault", {}, store_bytes("rank " + std::to_string(rank_) + " failed: " + why));
    } catch (...) {
        lose("rank 0 is lost: its store at " + place_ + " no longer answers");
    }
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
    line_->add(watch_key("beat", rank_), 1);
    // Several may suspect: what one takes back another sets again at its next beat.
    const bool suspicious = suspicious_;
    if (suspicious) line_->set("figment/suspect", store_bytes("1"));
    else if (suspicion_told_) line_->deleteKey("figment/suspect");
    suspicion_told_ = suspicious;
    if (line_->check({"figment/fault"})) {
        lose(store_text(line_->get("figment/fault")));
        return;
    }
    if (rank_ == 0) examine(beats_, seen_);
}

void Group::examine(std::vector<int64_t>& beats, std::vector<Clock::time_point>& seen) {
    const auto now = Clock::now();
    const bool suspect = suspicious_ || line_->check({"figment/suspect"});
    const Clock::duration limit = suspect ? Clock::duration(quick_silence) : Clock::duration(silence);
    for (int r = 1; r < size_; r++) {
        const auto count = line_->add(watch_key("beat", r), 0);
        if (count != beats[r]) {
            beats[r] = count;
            seen[r] = now;
        } else if (now - seen[r] > limit && !line_->check({watch_key("bye", r)})) {
            line_->compareSet("figment/fault", {}, store_bytes("rank " + std::to_string(r) + " is lost: it was killed, or its "
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
#endif
