// Times in ISO 8601's basic format, as signers write them: "20260101T000000Z".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace millrace::protocol {

using WallSeconds = std::chrono::sys_seconds;

std::optional<WallSeconds> parse_basic_time(std::string_view text);
std::string basic_time(WallSeconds time);

}  // namespace millrace::protocol
