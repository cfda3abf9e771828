// Time as an argument: everything that asks what time it is, asks a Clock. Thread-safe.
#pragma once

#include "base/callback.h"
#include "base/time.h"

namespace millrace::env {

class Clock {
public:
    virtual ~Clock() = default;
    virtual WallTime now() = 0;                                  // may step; never used for waiting
    virtual std::chrono::steady_clock::time_point steady() = 0;  // for durations and deadlines
    // Whether it stays as it is until somebody moves it: then waiting alone is of no use.
    virtual bool stands() { return false; }
};

// Runs callbacks when time has passed, whatever becomes of the wall clock meanwhile: on a thread of
// its own in production, inside ManualClock::advance() in tests. Pending callbacks are dropped,
// uncalled, on destruction.
class Timers {
public:
    virtual ~Timers() = default;
    virtual void after(Millis delay, Callback<void()> run) = 0;  // never inline
};

}  // namespace millrace::env
