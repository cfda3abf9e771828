// Listing the shards of a stream, with filters and pages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/errors.h"
#include "api/shard_members.h"
#include "base/task.h"
#include "base/time.h"

namespace millrace::api {

struct ShardFilter {
    std::optional<std::string_view> type;
    std::optional<std::string_view> shard_id;
    std::optional<WallTime> timestamp;
};

struct ListShardsRequest {
    std::optional<std::string_view> exclusive_start_shard_id;
    std::optional<std::int32_t> max_results;
    std::optional<std::string_view> next_token;
    std::optional<ShardFilter> shard_filter;
    std::optional<WallTime> stream_creation_timestamp;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};
struct ListShardsResponse {
    std::vector<ShardMember> shards;
    std::optional<std::string> next_token;
};

Task<Answer<ListShardsResponse>> list_shards(Context& context, const ListShardsRequest& request);

}  // namespace millrace::api
