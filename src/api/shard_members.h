// A shard as Describe* and List* show it.
#pragma once

#include <optional>
#include <string>

#include "model/sequence_number.h"
#include "model/shard_id.h"

namespace millrace::stream {
struct Shard;
}

namespace millrace::api {

struct HashKeyRange {
    std::string starting_hash_key;
    std::string ending_hash_key;
};

struct SequenceNumberRange {
    model::SequenceText starting_sequence_number;
    std::optional<model::SequenceText> ending_sequence_number;  // closed shards only
};

struct ShardMember {
    model::ShardIdText shard_id;
    std::optional<model::ShardIdText> parent_shard_id;
    std::optional<model::ShardIdText> adjacent_parent_shard_id;
    HashKeyRange hash_key_range;
    SequenceNumberRange sequence_number_range;
};

HashKeyRange hash_key_range(const stream::Shard& shard);
ShardMember shard_member(const stream::Shard& shard);

}  // namespace millrace::api
