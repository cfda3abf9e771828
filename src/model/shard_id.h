// A shard's number within its stream and the identifier that clients see of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/strong.h"
#include "model/fixed_text.h"

namespace millrace::model {

using ShardNo = Strong<struct ShardNoTag, std::uint32_t>;

inline constexpr std::uint32_t kShardNoMax = 2147483647;

// "shardId-000000000017". A foreign sequence number may hold a negative index, which prints as
// "shardId--02147483648".
using ShardIdText = FixedText<20>;
ShardIdText shard_id(std::int32_t index);
ShardIdText shard_id(ShardNo shard_no);

// Lenient, as the service: "shardId-0", "x-0", "-0000" and "0" all mean shard 0. What follows a
// second dash is ignored.
std::optional<ShardNo> parse_shard_id(std::string_view text);

}  // namespace millrace::model
