// What all ways of reading share: where a reader starts, what a record and a child shard look like.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/errors.h"
#include "api/shard_members.h"
#include "base/bytes.h"
#include "base/time.h"
#include "model/sequence_number.h"
#include "model/shard_id.h"
#include "stream/record_reader.h"
#include "stream/stream.h"

namespace millrace::api {

struct RecordMember {
    model::SequenceText sequence_number;
    WallTime approximate_arrival_timestamp;
    Bytes data;                                     // views into the batch's keepalive
    std::optional<std::string_view> partition_key;  // the same; none: the record was put without
    std::optional<std::string_view> encryption_type;
};
struct ChildShard {
    model::ShardIdText shard_id;
    std::vector<std::string> parent_shards;
    HashKeyRange hash_key_range;
};

// The shard if it can still be read.
const stream::Shard* readable_shard(const stream::Stream& stream, model::ShardNo shard_no,
                                    WallTime now);

// A starting position as a request has it; `operation` for the texts.
struct GivenStart {
    std::string_view type;
    std::optional<std::string_view> number;
    std::optional<WallTime> time;
    std::string_view operation;
};
// The combinations of type, number and time that make sense.
Answer<stream::StartAt> start_at(const GivenStart& given, const stream::Stream& stream,
                                 const stream::Shard& shard, WallTime now);

std::vector<RecordMember> record_members(const stream::ReadBatch& batch);

// The direct children, even if they have been split, merged or expired since.
std::vector<ChildShard> child_shards(const stream::Stream& stream, const stream::Shard& shard);

}  // namespace millrace::api
