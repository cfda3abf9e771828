// Reading records: iterators and what they lead to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/errors.h"
#include "api/shard_members.h"
#include "base/bytes.h"
#include "base/task.h"
#include "base/time.h"
#include "model/sequence_number.h"
#include "model/shard_id.h"

namespace millrace::api {

struct GetShardIteratorRequest {
    std::optional<std::string_view> shard_id;
    std::optional<std::string_view> shard_iterator_type;
    std::optional<std::string_view> starting_sequence_number;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<WallTime> timestamp;
    std::optional<std::string_view> stream_id;
    std::optional<bool> dry_run;
};
struct GetShardIteratorResponse {
    std::string shard_iterator;
};

struct GetRecordsRequest {
    std::optional<std::int32_t> limit;
    std::optional<std::string_view> shard_iterator;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
    std::optional<bool> dry_run;
};
struct RecordMember {
    model::SequenceText sequence_number;
    WallTime approximate_arrival_timestamp;
    Bytes data;                                     // views into the response's keepalive
    std::optional<std::string_view> partition_key;  // the same; none: the record was put without
};
struct ChildShard {
    model::ShardIdText shard_id;
    std::vector<std::string> parent_shards;
    HashKeyRange hash_key_range;
};
// next_shard_iterator is absent exactly when child_shards is there and not empty.
struct GetRecordsResponse {
    std::vector<RecordMember> records;
    std::optional<std::string> next_shard_iterator;
    std::int64_t millis_behind_latest = 0;
    std::optional<std::vector<ChildShard>> child_shards;
    std::shared_ptr<const void> keepalive;
};

Task<Answer<GetShardIteratorResponse>> get_shard_iterator(Context& context,
                                                          const GetShardIteratorRequest& request);
Task<Answer<GetRecordsResponse>> get_records(Context& context, const GetRecordsRequest& request);

}  // namespace millrace::api
