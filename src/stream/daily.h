// Changes that a stream may see only so often within any 24 hours.
#pragma once

#include <chrono>
#include <vector>

#include "base/time.h"

namespace millrace::stream {

// Those of `times` that lie less than a day before `now`, then `now`.
inline std::vector<WallTime> counted_with(const std::vector<WallTime>& times, WallTime now) {
    std::vector<WallTime> counted;
    for (const WallTime time : times) {
        if (now - time < std::chrono::hours(24)) {
            counted.push_back(time);
        }
    }
    counted.push_back(now);
    return counted;
}

}  // namespace millrace::stream
