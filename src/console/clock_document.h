// The clock as JSON: {"now": 1795778483.123, "frozen": false, "ahead": 3600.0}, in seconds, as the
// service's own times are.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "console/clock_control.h"

namespace millrace::console {

std::string write_clock(const ClockControl::Reading& reading);

// {"frozen": true, "now": 1795778483.5, "advance": 86400}, each of which may be missing. kInvalid,
// with a text for who asked: anything else, more than 1 KiB, and numbers below 0 or beyond
// 1e10.
Result<ClockControl::Order> read_clock_order(std::string_view json);

}  // namespace millrace::console
