// ShardLoad: what was written to each shard of the on-demand streams since it was last asked.
// Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <span>

#include "storage/engine.h"

namespace millrace::stream {

class ShardLoad final {
public:
    struct Sums {
        std::uint64_t records = 0;
        std::uint64_t bytes = 0;  // of data and partition keys
    };

    // Without anybody who asks, nothing is counted.
    explicit ShardLoad(bool counted) : counted_(counted) {}

    // Counts those that were stored.
    void add(std::span<const storage::NewRecord> records,
             std::span<const storage::AppendResult> results);
    // The sums since the last call; shards without records are not among them.
    std::map<storage::ShardKey, Sums> take();

private:
    const bool counted_;
    std::mutex mutex_;
    std::map<storage::ShardKey, Sums> sums_;  // guarded by mutex_
};

}  // namespace millrace::stream
