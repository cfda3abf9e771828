// JSON bodies as events for a binder. No document is built; texts without escapes are views into
// the body. The only door to Boost.JSON.
#pragma once

#include <string_view>

#include "protocol/arena.h"
#include "protocol/binder.h"

namespace millrace::protocol {

inline constexpr std::size_t kNestingMax = 128;

// False: `body` is not one JSON object (malformed, not UTF-8, nested deeper than kNestingMax, or
// something else on top). The binder's object is then half-filled.
bool read_json(std::string_view body, Binder& binder, Arena& arena);

}  // namespace millrace::protocol
