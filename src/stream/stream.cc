#include "stream/stream.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace millrace::stream {

const Shard& Stream::route(model::HashKey hash) const {
    CHECK(!routes.empty());
    // The open shards partition the space: the owner is the last one that begins at or below.
    const auto after = std::upper_bound(routes.begin(), routes.end(), hash,
                                        [this](const model::HashKey& value, model::ShardNo no) {
                                            return value < shards[no.value()].range.first;
                                        });
    CHECK(after != routes.begin());
    return shards[std::prev(after)->value()];
}

WallTime Stream::horizon(WallTime now) const {
    return std::max(now - std::chrono::duration_cast<Millis>(retention), horizon_floor);
}

std::vector<const Shard*> Stream::children(model::ShardNo parent) const {
    std::vector<const Shard*> found;
    for (const Shard& candidate : shards) {
        if (candidate.parent == parent || candidate.adjacent_parent == parent) {
            found.push_back(&candidate);
        }
    }
    return found;
}

void rebuild_routes(Stream& stream) {
    stream.routes.clear();
    for (const Shard& shard : stream.shards) {
        if (shard.open()) {
            stream.routes.push_back(shard.no);
        }
    }
    std::sort(
        stream.routes.begin(), stream.routes.end(), [&stream](model::ShardNo a, model::ShardNo b) {
            return stream.shards[a.value()].range.first < stream.shards[b.value()].range.first;
        });
}

std::vector<Shard> initial_shards(std::uint32_t n, std::int64_t created_s) {
    std::vector<Shard> shards;
    shards.reserve(n);
    for (const model::HashRange& range : model::initial_ranges(n)) {
        Shard shard;
        shard.no = model::ShardNo(static_cast<std::uint32_t>(shards.size()));
        shard.range = range;
        shard.created_s = created_s;
        shards.push_back(shard);
    }
    return shards;
}

model::SequenceNumber sequence_number(const Shard& shard, storage::Position position,
                                      WallTime stamp) {
    const std::int64_t time_s =
        std::clamp(to_seconds(stamp), shard.created_s, model::SequenceNumber::kSecondsMax);
    return model::SequenceNumber::make(shard.created_s, shard.no, position.value() + 1, time_s);
}

// It has the index of the record before, and is the greater one by its time.
model::SequenceNumber sequence_number_before(const Shard& shard, storage::Position position,
                                             WallTime now) {
    return position.value() == 0
               ? starting_sequence_number(shard)
               : sequence_number(shard, storage::Position(position.value() - 1), now);
}

model::SequenceNumber starting_sequence_number(const Shard& shard) {
    return model::SequenceNumber::starting(shard.created_s, shard.no);
}

std::optional<model::SequenceNumber> ending_sequence_number(const Shard& shard) {
    if (shard.open()) {
        return std::nullopt;
    }
    const std::int64_t closed_s = std::max(to_seconds(*shard.closed), shard.created_s);
    return model::SequenceNumber::ending(shard.created_s, shard.no, closed_s);
}

WallTime arrival(const Shard& shard, WallTime stamp) {
    return std::max(stamp, WallTime(Seconds(shard.created_s)));
}

}  // namespace millrace::stream
