// ReadAhead: the readers of one shard that come from the disk and go on in order, known by where
// their last read ended. What such a reader wants next was asked for when its last read ended, and
// it is read on the disk pool at once: workers neither try in vain nor copy pages that are fresh.
// What it has well behind it is let go of: pages that were just freed cost less than fresh ones.
//
// A reader that memory serves is none of them, nor is one at the tip. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "storage/engine.h"

namespace millrace::storage {

class ReadAhead final {
public:
    // Whether a read from here goes on where one from the disk ended.
    bool expects(Position from) const;
    // A read from `from` came from the disk; nothing: what follows is in memory, or is not there.
    void note(Position from, std::optional<Position> next);

private:
    static constexpr std::uint64_t kNone = ~std::uint64_t{0};

    // Of more readers than these, some go on as if it were their first read.
    std::array<std::atomic<std::uint64_t>, 4> places_{kNone, kNone, kNone, kNone};
    std::atomic<std::uint32_t> turn_ = 0;  // whose place a new reader takes
};

}  // namespace millrace::storage
