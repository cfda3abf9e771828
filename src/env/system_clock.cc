#include "env/system_clock.h"

#include <utility>

namespace millrace::env {

WallTime SystemClock::now() {
    return std::chrono::floor<Millis>(std::chrono::system_clock::now());
}

std::chrono::steady_clock::time_point SystemClock::steady() {
    return std::chrono::steady_clock::now();
}

SystemTimers::SystemTimers(Clock& clock) : clock_(clock), thread_([this] { work(); }) {}

SystemTimers::~SystemTimers() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void SystemTimers::at(WallTime due, Callback<void()> run) {
    {
        const std::lock_guard lock(mutex_);
        pending_.emplace(due, std::move(run));
    }
    wake_.notify_all();
}

void SystemTimers::work() {
    // The wall clock may be stepped while we sleep, so no sleep is longer than this.
    constexpr Millis kNapMax{1000};
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (pending_.empty()) {
            wake_.wait(lock);
            continue;
        }
        const auto first = pending_.begin();
        const WallTime now = clock_.now();
        if (first->first > now) {
            wake_.wait_for(lock, std::min<Millis>(first->first - now, kNapMax));
            continue;
        }
        {
            Callback<void()> run = std::move(first->second);
            pending_.erase(first);
            lock.unlock();
            run();
        }
        lock.lock();
    }
}

}  // namespace millrace::env
