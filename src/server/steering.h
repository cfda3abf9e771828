// Steering: the clock that a broker for tests goes by, and what moves it.
#pragma once

#include <atomic>

#include "console/clock_control.h"
#include "env/steered_clock.h"
#include "env/system_clock.h"
#include "stream/broker.h"

namespace millrace::server {

// Thread-safe.
class Steering final : public console::ClockControl {
public:
    explicit Steering(env::Clock& real) : clock_(real), timers_(clock_) {}

    env::SteeredClock& clock() { return clock_; }
    env::Timers& timers() { return timers_; }

    // What falls due is that broker's, which outlives every call of steer().
    void settle_with(stream::Broker* broker) { broker_ = broker; }

    Reading read() override { return clock_.read(); }
    Task<Result<Reading>> steer(Order order) override;

private:
    env::SteeredClock clock_;
    env::SystemTimers timers_;
    std::atomic<stream::Broker*> broker_ = nullptr;
};

}  // namespace millrace::server
