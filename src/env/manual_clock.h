// A clock that stands until it is moved, and timers that fire inside that move: time as an
// argument.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "env/clock.h"

namespace millrace::env {

class ManualTimers;

class ManualClock final : public Clock {
public:
    explicit ManualClock(WallTime start = wall_time(1'700'000'000'000));

    WallTime now() override;
    std::chrono::steady_clock::time_point steady() override;
    bool stands() override { return true; }

    // Moves both clocks, then runs the due timers in order of their instants, on this thread. A
    // timer set by such a callback runs too if it is due.
    void advance(Millis by);
    void set(WallTime now);  // the wall clock alone: a step, backwards too

private:
    friend class ManualTimers;
    void fire();

    std::mutex mutex_;
    WallTime now_;
    std::chrono::steady_clock::time_point steady_{};
    std::vector<ManualTimers*> timers_;
};

// A callback without delay runs at the next move of the clock.
class ManualTimers final : public Timers {
public:
    explicit ManualTimers(ManualClock& clock);
    ~ManualTimers() override;
    void after(Millis delay, Callback<void()> run) override;
    std::size_t pending();

private:
    friend class ManualClock;
    ManualClock& clock_;
    // Guarded by clock_.mutex_.
    std::multimap<std::chrono::steady_clock::time_point, Callback<void()>> pending_;
};

}  // namespace millrace::env
