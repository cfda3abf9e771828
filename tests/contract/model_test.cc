// A failure prints its seed; MILLRACE_SEED and MILLRACE_STEPS repeat or prolong the run.
#include <gtest/gtest.h>

#include <string>

#include "contract/random_operations.h"

namespace millrace::test {

TEST_P(RandomOperations, DoWhatTheModelSays) {
    const std::uint64_t count = steps(1000, 200);
    for (std::uint64_t i = 0; i < count && !HasFailure(); ++i) {
        SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed()) + ", step " + std::to_string(i));
        step();
    }
    if (!HasFailure())
        reopen_and_check();
}

}  // namespace millrace::test
