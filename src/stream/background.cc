#include "stream/background.h"

#include <mutex>
#include <utility>
#include <vector>

#include "base/check.h"

namespace millrace::stream {
namespace {

// Work that is due again at once, each time, is not waited for for ever.
constexpr int kSettleRoundsMax = 1000;

}  // namespace

// Outlives the Background in timers that have not fired.
struct Background::Shared {
    struct Waiter {
        env::Executor* executor;
        Callback<void(bool)> resume;
    };
    std::mutex mutex;
    bool stopping = false;
    std::size_t running = 0;
    std::uint64_t begun = 0;
    std::vector<Waiter> waiters;  // until nothing runs

    bool enter() {
        const std::lock_guard lock(mutex);
        if (stopping) {
            return false;
        }
        ++running;
        ++begun;
        return true;
    }
    struct Counts {
        std::size_t running;
        std::uint64_t begun;
    };
    Counts counts() {
        const std::lock_guard lock(mutex);
        return {running, begun};
    }
    void leave() {
        std::vector<Waiter> idle;
        {
            const std::lock_guard lock(mutex);
            if (--running == 0) {
                idle.swap(waiters);
            }
        }
        for (Waiter& waiter : idle) {
            auto resume = [wake = std::move(waiter.resume)]() mutable { wake(true); };
            env::post_or_run(waiter.executor, std::move(resume));
        }
    }
};

Background::Background(env::Timers& timers, env::Executor* home)
    : timers_(timers), home_(home), shared_(std::make_shared<Shared>()) {}

Background::~Background() {
    const std::lock_guard lock(shared_->mutex);
    CHECK(shared_->running == 0);
    shared_->stopping = true;
}

void Background::after(Millis delay, Work work) {
    auto fire = [shared = shared_, home = home_, todo = std::move(work)]() mutable {
        if (!shared->enter()) {
            return;  // `home` may be gone
        }
        auto run = [shared, todo = std::move(todo)]() mutable {
            start(todo(), [shared](bool) { shared->leave(); });
        };
        env::post_or_run(home, std::move(run));
    };
    timers_.after(delay, std::move(fire));
}

bool Background::stopping() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->stopping;
}

Task<void> Background::stop() {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->stopping = true;
    }
    co_await idle();
}

Task<void> Background::settle() {
    for (int round = 0; round < kSettleRoundsMax; ++round) {
        co_await idle();
        const auto [running, begun] = shared_->counts();
        // Timers fire in the order of their instants: after this one, all that was due has been.
        auto due = [this, home = env::current_executor()](Callback<void(bool)> resume) {
            timers_.after(Millis(0), [home, wake = std::move(resume)]() mutable {
                env::post_or_run(home, [go_on = std::move(wake)]() mutable { go_on(true); });
            });
        };
        co_await completion<bool>(std::move(due));
        if (running == 0 && shared_->counts().begun == begun) {
            co_return;  // nothing has run that could have set another timer
        }
    }
}

Task<void> Background::idle() {
    auto begin = [this](Callback<void(bool)> resume) {
        {
            const std::lock_guard lock(shared_->mutex);
            if (shared_->running > 0) {
                shared_->waiters.push_back({env::current_executor(), std::move(resume)});
                return;
            }
        }
        resume(true);
    };
    co_await completion<bool>(std::move(begin));
}

Task<void> Background::yield() {
    if (home_ == nullptr) {
        co_return;
    }
    auto begin = [this](Callback<void(bool)> resume) {
        auto go_on = [wake = std::move(resume)]() mutable { wake(true); };
        home_->post(std::move(go_on));
    };
    co_await completion<bool>(std::move(begin));
}

}  // namespace millrace::stream
