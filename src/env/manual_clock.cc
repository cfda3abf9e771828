#include "env/manual_clock.h"

#include <algorithm>
#include <utility>

namespace millrace::env {

ManualClock::ManualClock(WallTime start) : now_(start) {}

WallTime ManualClock::now() {
    const std::lock_guard lock(mutex_);
    return now_;
}

std::chrono::steady_clock::time_point ManualClock::steady() {
    const std::lock_guard lock(mutex_);
    return steady_;
}

void ManualClock::advance(Millis by) {
    {
        const std::lock_guard lock(mutex_);
        now_ += by;
        steady_ += by;
    }
    fire();
}

void ManualClock::set(WallTime now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
}

void ManualClock::fire() {
    while (true) {
        Callback<void()> run;
        {
            const std::lock_guard lock(mutex_);
            ManualTimers* earliest = nullptr;
            for (ManualTimers* timers : timers_) {
                if (timers->pending_.empty() || timers->pending_.begin()->first > steady_)
                    continue;
                if (earliest == nullptr ||
                    timers->pending_.begin()->first < earliest->pending_.begin()->first) {
                    earliest = timers;
                }
            }
            if (earliest == nullptr)
                return;
            run = std::move(earliest->pending_.begin()->second);
            earliest->pending_.erase(earliest->pending_.begin());
        }
        run();
    }
}

ManualTimers::ManualTimers(ManualClock& clock) : clock_(clock) {
    const std::lock_guard lock(clock_.mutex_);
    clock_.timers_.push_back(this);
}

ManualTimers::~ManualTimers() {
    const std::lock_guard lock(clock_.mutex_);
    std::erase(clock_.timers_, this);
}

void ManualTimers::after(Millis delay, Callback<void()> run) {
    const std::lock_guard lock(clock_.mutex_);
    pending_.emplace(clock_.steady_ + delay, std::move(run));
}

std::size_t ManualTimers::pending() {
    const std::lock_guard lock(clock_.mutex_);
    return pending_.size();
}

}  // namespace millrace::env
