// Commitment: whether an account has promised a minimum throughput in a region, which unlocks warm
// throughput and more consumers. A promise lasts a day at least: one withdrawn earlier ends by
// itself when that day is over.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace millrace::stream {

struct Commitment {
    enum class Status : std::uint8_t { kDisabled, kEnabled, kEndsWhenAllowed };
    static constexpr std::chrono::hours kLeast{24};

    Status status = Status::kDisabled;
    std::optional<WallTime> started;
    std::optional<WallTime> ended;
    std::optional<WallTime> earliest_end;

    bool active() const { return status != Status::kDisabled; }
    // As it stands at `now`, whatever was last written down.
    Commitment at(WallTime now) const;
    // What becomes of it when it is promised, or withdrawn, at `now`.
    Commitment enabled(WallTime now) const;
    Commitment disabled(WallTime now) const;

    bool operator==(const Commitment&) const = default;
};

}  // namespace millrace::stream
