// Splitting and merging shards, one by one or by the number wanted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/context.h"
#include "api/errors.h"
#include "api/nothing.h"
#include "base/task.h"

namespace millrace::api {

struct SplitShardRequest {
    std::optional<std::string_view> new_starting_hash_key;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> shard_to_split;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};

struct MergeShardsRequest {
    std::optional<std::string_view> shard_to_merge;
    std::optional<std::string_view> adjacent_shard_to_merge;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};

struct UpdateShardCountRequest {
    std::optional<std::string_view> scaling_type;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_name;
    std::optional<std::int32_t> target_shard_count;
    std::optional<std::string_view> stream_id;
};
struct UpdateShardCountResponse {
    std::string stream_name;
    std::string stream_arn;
    std::int32_t current_shard_count = 0;  // before the call
    std::int32_t target_shard_count = 0;
};

Task<Answer<Nothing>> split_shard(Context& context, const SplitShardRequest& request);
Task<Answer<Nothing>> merge_shards(Context& context, const MergeShardsRequest& request);
Task<Answer<UpdateShardCountResponse>> update_shard_count(Context& context,
                                                          const UpdateShardCountRequest& request);

}  // namespace millrace::api
