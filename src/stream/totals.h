// Sums over one owner's streams, which quotas are compared with.
#pragma once

#include <cstdint>

namespace millrace::stream {

struct Totals {
    std::uint64_t streams = 0;
    std::uint64_t provisioned_open_shards = 0;
    std::uint64_t on_demand_open_shards = 0;
    std::uint64_t planned_shards = 0;     // that CREATING and UPDATING streams will have more
    std::uint64_t on_demand_streams = 0;  // and those changing to it
    std::uint64_t pending_streams = 0;    // CREATING or DELETING

    std::uint64_t open_shards() const { return provisioned_open_shards + on_demand_open_shards; }
    // What a quota counts: otherwise two changes at once could exceed it together.
    std::uint64_t shards() const { return open_shards() + planned_shards; }
    bool operator==(const Totals&) const = default;
};

}  // namespace millrace::stream
