#include "stream/async_mutex.h"

#include <utility>

#include "base/check.h"

namespace millrace::stream {

Task<AsyncMutex::Guard> AsyncMutex::lock() {
    auto begin = [this](Callback<void(bool)> resume) {
        {
            const std::lock_guard lock(mutex_);
            if (held_) {
                waiters_.push_back({env::current_executor(), std::move(resume)});
                return;
            }
            held_ = true;
        }
        resume(true);
    };
    co_await completion<bool>(std::move(begin));
    co_return Guard(*this);
}

void AsyncMutex::unlock() {
    Waiter next;
    {
        const std::lock_guard lock(mutex_);
        CHECK(held_);
        if (waiters_.empty()) {
            held_ = false;
            return;
        }
        next = std::move(waiters_.front());  // it holds the mutex from here on
        waiters_.pop_front();
    }
    auto resume = [wake = std::move(next.resume)]() mutable { wake(true); };
    env::post_or_run(next.executor, std::move(resume));
}

}  // namespace millrace::stream
