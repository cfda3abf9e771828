// Streams as a whole: create, delete, describe, list, and the account's limits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/capacity.h"
#include "api/context.h"
#include "api/errors.h"
#include "api/nothing.h"
#include "api/shard_members.h"
#include "base/task.h"
#include "base/time.h"
#include "model/shape.h"

namespace millrace::api {

struct StreamModeDetails {
    std::optional<std::string_view> stream_mode;
};

struct EnhancedMetrics {
    std::vector<std::string_view> shard_level_metrics;
};

struct CreateStreamRequest {
    std::optional<std::int32_t> shard_count;
    std::optional<std::string_view> stream_name;
    std::optional<StreamModeDetails> stream_mode_details;
    std::optional<model::TextMap> tags;
    std::optional<std::int32_t> warm_throughput_mibps;
    std::optional<std::int32_t> max_record_size_in_kib;
    std::optional<std::string_view> record_distribution_strategy;
};

struct DeleteStreamRequest {
    std::optional<std::string_view> stream_name;
    std::optional<bool> enforce_consumer_deletion;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};

struct DescribeStreamRequest {
    std::optional<std::int32_t> limit;
    std::optional<std::string_view> exclusive_start_shard_id;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};
struct StreamDescription {
    std::string stream_name;
    std::string stream_arn;
    std::string_view stream_status;
    StreamModeDetails stream_mode_details;
    std::vector<ShardMember> shards;
    bool has_more_shards = false;
    std::int32_t retention_period_hours = 0;
    WallTime stream_creation_timestamp;
    std::vector<EnhancedMetrics> enhanced_monitoring;
    std::string_view encryption_type;
    std::optional<std::string> key_id;
};
struct DescribeStreamResponse {
    StreamDescription stream_description;
};

struct DescribeStreamSummaryRequest {
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};
struct StreamDescriptionSummary {
    std::string stream_name;
    std::string stream_arn;
    std::string_view stream_status;
    StreamModeDetails stream_mode_details;
    std::int32_t retention_period_hours = 0;
    WallTime stream_creation_timestamp;
    std::vector<EnhancedMetrics> enhanced_monitoring;
    std::string_view encryption_type;
    std::optional<std::string> key_id;
    std::int32_t open_shard_count = 0;
    std::int32_t consumer_count = 0;
    std::optional<WarmThroughput> warm_throughput;
    std::int32_t max_record_size_in_kib = 0;
    std::int32_t channel_count = 0;
    std::optional<std::string_view> record_distribution_strategy;
};
struct DescribeStreamSummaryResponse {
    StreamDescriptionSummary stream_description_summary;
};

struct DescribeLimitsRequest {};
struct DescribeLimitsResponse {
    std::int32_t shard_limit = 0;
    std::int32_t open_shard_count = 0;
    std::int32_t on_demand_stream_count = 0;
    std::int32_t on_demand_stream_count_limit = 0;
    std::int32_t channel_count = 0;
    std::int32_t channel_count_limit = 0;
};

struct ListStreamsRequest {
    std::optional<std::int32_t> limit;
    std::optional<std::string_view> exclusive_start_stream_name;
    std::optional<std::string_view> next_token;
};
struct StreamSummary {
    std::string stream_name;
    std::string stream_arn;
    std::string_view stream_status;
    StreamModeDetails stream_mode_details;
    WallTime stream_creation_timestamp;
};
struct ListStreamsResponse {
    std::vector<std::string> stream_names;
    bool has_more_streams = false;
    std::optional<std::string> next_token;
    std::vector<StreamSummary> stream_summaries;
};

Task<Answer<Nothing>> create_stream(Context& context, const CreateStreamRequest& request);
Task<Answer<Nothing>> delete_stream(Context& context, const DeleteStreamRequest& request);
Task<Answer<DescribeStreamResponse>> describe_stream(Context& context,
                                                     const DescribeStreamRequest& request);
Task<Answer<DescribeStreamSummaryResponse>> describe_stream_summary(
    Context& context, const DescribeStreamSummaryRequest& request);
Task<Answer<DescribeLimitsResponse>> describe_limits(Context& context,
                                                     const DescribeLimitsRequest& request);
Task<Answer<ListStreamsResponse>> list_streams(Context& context, const ListStreamsRequest& request);

}  // namespace millrace::api
