// The machine's clocks, and timers on a thread of their own, by whatever clock.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "env/clock.h"

namespace millrace::env {

class SystemClock final : public Clock {
public:
    WallTime now() override;
    std::chrono::steady_clock::time_point steady() override;
};

class SystemTimers final : public Timers {
public:
    explicit SystemTimers(Clock& clock);
    ~SystemTimers() override;  // waits for a callback that is running
    void after(Millis delay, Callback<void()> run) override;
    void clock_moved();  // otherwise than by going on

private:
    void work();

    Clock& clock_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::multimap<std::chrono::steady_clock::time_point, Callback<void()>> pending_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace millrace::env
