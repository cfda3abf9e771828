// Reading by enhanced fan-out: records are pushed to a registered consumer as they arrive.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/errors.h"
#include "api/events.h"
#include "api/reading.h"
#include "base/task.h"
#include "base/time.h"

namespace millrace::api {

struct StartingPosition {
    std::optional<std::string_view> type;
    std::optional<std::string_view> sequence_number;
    std::optional<WallTime> timestamp;
};
struct SubscribeToShardRequest {
    std::optional<std::string_view> consumer_arn;
    std::optional<std::string_view> shard_id;
    std::optional<StartingPosition> starting_position;
    std::optional<bool> dry_run;
    std::optional<std::string_view> stream_id;
};
// continuation_sequence_number is absent exactly when child_shards is there and not empty: in the
// last event of a shard.
struct SubscribeToShardEvent {
    std::vector<RecordMember> records;
    std::optional<model::SequenceText> continuation_sequence_number;
    std::int64_t millis_behind_latest = 0;
    std::optional<std::vector<ChildShard>> child_shards;
    std::shared_ptr<const void> keepalive;
};

Task<Answer<std::unique_ptr<EventSource>>> subscribe_to_shard(
    Context& context, const SubscribeToShardRequest& request);

}  // namespace millrace::api
