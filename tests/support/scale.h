// How much a randomised test does: MILLRACE_SEED and MILLRACE_STEPS choose, for a failure to be
// repeated or a night to be filled; MILLRACE_LONG asks for the long form (./dev test --long); under
// a sanitizer less is done by default.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/sanitized.h"

namespace millrace::test {

inline std::uint64_t from_environment(const char* variable, std::uint64_t otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : std::stoull(text);
}
inline std::uint64_t seed() {
    return from_environment("MILLRACE_SEED", 1);
}
inline std::uint64_t steps(std::uint64_t plain, std::uint64_t sanitized) {
    return from_environment("MILLRACE_STEPS", kSanitized ? sanitized : plain);
}
inline bool long_run() {
    return from_environment("MILLRACE_LONG", 0) != 0;
}

}  // namespace millrace::test
