// Counts what a client may do now and then but not in floods: resets, pings, settings. A bucket
// that holds so many at once and so many a second on the average.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "wire/session.h"

namespace millrace::wire {

class FloodGuard final {
public:
    static constexpr std::int64_t kBurstMax = 1000;
    static constexpr std::int64_t kPerSecond = 100;

    explicit FloodGuard(SteadyTime now) : filled_(now) {}

    // False: that was one too many.
    bool pass(SteadyTime now) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - filled_);
        if (seconds.count() > 0) {
            left_ = std::min(
                kBurstMax, left_ + std::min<std::int64_t>(seconds.count(), kBurstMax) * kPerSecond);
            filled_ = now;
        }
        return --left_ >= 0;
    }

private:
    std::int64_t left_ = kBurstMax;
    SteadyTime filled_;
};

}  // namespace millrace::wire
