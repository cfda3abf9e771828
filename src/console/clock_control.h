// What reads and moves the clock that the broker goes by.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "env/steered_clock.h"

namespace millrace::console {

class ClockControl {
public:
    using Reading = env::SteeredClock::Reading;
    using Order = env::SteeredClock::Order;

    virtual ~ClockControl() = default;
    // Thread-safe, does not wait.
    virtual Reading read() = 0;
    // Resumes when all that falls due by it has been done. kInvalid: it would go back; nothing has
    // changed. kOverloaded: the broker is not ready. Thread-safe.
    virtual Task<Result<Reading>> steer(Order order) = 0;
};

}  // namespace millrace::console
