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

void SystemTimers::after(Millis delay, Callback<void()> run) {
    {
        const auto due = clock_.steady() + delay;
        const std::lock_guard lock(mutex_);
        pending_.emplace(due, std::move(run));
    }
    wake_.notify_all();
}

void SystemTimers::clock_moved() {
    const std::lock_guard lock(mutex_);
    wake_.notify_all();
}

void SystemTimers::work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (pending_.empty()) {
            wake_.wait(lock);
            continue;
        }
        const auto first = pending_.begin();
        const auto rest = first->first - clock_.steady();
        if (rest > rest.zero()) {
            if (clock_.stands()) {
                wake_.wait(lock);
            } else {
                wake_.wait_for(lock, rest);
            }
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
