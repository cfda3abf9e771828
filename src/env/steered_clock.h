// SteeredClock: a clock that goes with another one until it is stopped or moved on, for tests of
// what takes hours. It never goes back. Thread-safe.
#pragma once

#include <mutex>
#include <optional>

#include "env/clock.h"

namespace millrace::env {

class SteeredClock final : public Clock {
public:
    static constexpr WallTime kLatest{Millis(7'258'118'400'000)};  // the year 2200

    struct Reading {
        WallTime now;
        bool frozen = false;
        Millis ahead{0};  // of the clock it goes with; behind: negative
    };
    struct Order {
        std::optional<bool> frozen = {};   // first of all
        std::optional<WallTime> now = {};  // then it is that late
        Millis advance{0};                 // and then so much later
    };

    explicit SteeredClock(Clock& real) : real_(real), unhurried_(*this) {}

    WallTime now() override;
    std::chrono::steady_clock::time_point steady() override;
    bool stands() override;

    // The same time of day with the real clock's durations: for who measures, or tries again.
    Clock& unhurried() { return unhurried_; }

    Reading read();
    // Nothing if that would be back in time or beyond kLatest: then nothing has changed. REQUIRES:
    // 0 <= advance < 1000 years.
    std::optional<Reading> steer(const Order& order);

private:
    class Unhurried final : public Clock {
    public:
        explicit Unhurried(SteeredClock& steered) : steered_(steered) {}
        WallTime now() override { return steered_.now(); }
        std::chrono::steady_clock::time_point steady() override { return steered_.real_.steady(); }

    private:
        SteeredClock& steered_;
    };
    struct Instant {
        WallTime now;
        std::chrono::steady_clock::time_point steady;
    };

    // REQUIRES: mutex_ is held.
    Instant instant();
    void freeze();
    void go_on();
    void move(Millis by);

    Clock& real_;
    Unhurried unhurried_;
    std::mutex mutex_;
    // Guarded by mutex_.
    std::optional<Instant> frozen_;  // at
    // Of the real one's, unless frozen. Two, as only the time of day may be stepped meanwhile.
    Millis ahead_{0};
    std::chrono::steady_clock::duration steady_ahead_{0};
};

}  // namespace millrace::env
