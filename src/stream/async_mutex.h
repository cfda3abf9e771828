// AsyncMutex: mutual exclusion across co_await. First come, first served; a waiter resumes on the
// executor it waited on. The holder must not lock it again.
//
//   AsyncMutex::Guard guard = co_await mutex.lock();
#pragma once

#include <deque>
#include <mutex>
#include <utility>

#include "base/callback.h"
#include "base/task.h"
#include "env/executor.h"

namespace millrace::stream {

class AsyncMutex final {
public:
    class [[nodiscard]] Guard final {
    public:
        explicit Guard(AsyncMutex& mutex) : mutex_(&mutex) {}
        Guard(Guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
        Guard& operator=(Guard&& other) noexcept {
            std::swap(mutex_, other.mutex_);
            return *this;
        }
        ~Guard() {
            if (mutex_ != nullptr) {
                mutex_->unlock();
            }
        }

    private:
        AsyncMutex* mutex_;
    };

    AsyncMutex() = default;
    AsyncMutex(const AsyncMutex&) = delete;
    AsyncMutex& operator=(const AsyncMutex&) = delete;

    Task<Guard> lock();

private:
    struct Waiter {
        env::Executor* executor;
        Callback<void(bool)> resume;
    };
    void unlock();

    std::mutex mutex_;
    bool held_ = false;           // guarded by mutex_
    std::deque<Waiter> waiters_;  // guarded by mutex_
};

}  // namespace millrace::stream
