// Wall-clock instants in milliseconds since the Unix epoch, as Kinesis counts arrival times.
#pragma once

#include <chrono>
#include <cstdint>

namespace millrace {

using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;
using WallTime = std::chrono::sys_time<Millis>;

inline WallTime wall_time(std::int64_t ms_since_epoch) {
    return WallTime(Millis(ms_since_epoch));
}
inline std::int64_t to_ms(WallTime t) {
    return t.time_since_epoch().count();
}
// Whole seconds since the epoch, rounded down.
inline std::int64_t to_seconds(WallTime t) {
    return std::chrono::floor<Seconds>(t).time_since_epoch().count();
}

}  // namespace millrace
