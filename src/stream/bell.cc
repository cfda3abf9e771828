#include "stream/bell.h"

#include <mutex>
#include <utility>

#include "base/check.h"
#include "env/executor.h"

namespace millrace::stream {

struct Bell::State {
    std::mutex mutex;
    bool rung = false;
    Callback<void(bool)> waiter;
    env::Executor* home = nullptr;

    void ring() {
        Callback<void(bool)> wake;
        {
            const std::lock_guard lock(mutex);
            rung = !waiter;
            std::swap(wake, waiter);
        }
        if (wake) {
            auto resume = [go_on = std::move(wake)]() mutable { go_on(true); };
            env::post_or_run(home, std::move(resume));
        }
    }
};

Bell::Bell() : state_(std::make_shared<State>()) {}

Callback<void()> Bell::rope() const {
    return [state = state_] { state->ring(); };
}

Task<void> Bell::wait() {
    auto begin = [this](Callback<void(bool)> resume) {
        {
            const std::lock_guard lock(state_->mutex);
            CHECK(!state_->waiter);
            if (!std::exchange(state_->rung, false)) {
                state_->home = env::current_executor();
                state_->waiter = std::move(resume);
                return;
            }
        }
        resume(true);
    };
    co_await completion<bool>(std::move(begin));
}

}  // namespace millrace::stream
