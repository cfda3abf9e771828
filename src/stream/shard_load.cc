#include "stream/shard_load.h"

#include <utility>

namespace millrace::stream {

void ShardLoad::add(std::span<const storage::NewRecord> records,
                    std::span<const storage::AppendResult> results) {
    if (!counted_) {
        return;
    }
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (results[i].status == storage::AppendStatus::kCommitted) {
            Sums& sums = sums_[records[i].shard];
            ++sums.records;
            sums.bytes += records[i].key.size() + records[i].data.size();
        }
    }
}

std::map<storage::ShardKey, ShardLoad::Sums> ShardLoad::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(sums_, {});
}

}  // namespace millrace::stream
