// Channels: deliveries of a stream's records to a bucket, as the service describes and administers
// them. This server delivers nothing: unless an operator accepts that, no channel is created.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/errors.h"
#include "api/nothing.h"
#include "base/task.h"
#include "base/time.h"
#include "model/shape.h"
#include "stream/channel.h"

namespace millrace::api {

// Members that inputs and outputs share. In an answer they view the channel it keeps alive.
struct RecordConfiguration {
    std::optional<std::string_view> record_format_type;
    std::optional<std::string_view> gsr_schema_arn;
};
struct DeadLetterBucket {
    std::optional<std::string_view> bucket_arn;
    std::optional<std::string_view> expected_bucket_owner;
    std::optional<std::string_view> error_output_prefix;
};
struct S3Storage {
    std::optional<std::string_view> bucket_arn;
    std::optional<std::string_view> expected_bucket_owner;
    std::optional<std::string_view> compression_type;
    std::optional<std::string_view> output_key_template;
    std::optional<std::string_view> storage_class;
};
struct S3Destination {
    std::optional<S3Storage> storage_configuration;
    std::optional<std::int32_t> data_freshness_in_seconds;
    std::optional<DeadLetterBucket> dead_letter_queue;
};
struct ChannelEncryption {
    std::optional<std::string_view> encryption_type;
    std::optional<std::string_view> key_id;
};
struct CloudWatchLogs {
    std::optional<bool> enabled;
    std::optional<std::string_view> log_group_name;
    std::optional<std::string_view> log_stream_name;
};
struct ChannelLoggingMember {
    std::optional<CloudWatchLogs> cloud_watch_logs;
};

// Tables are refused: of these members only the form is looked at.
struct PartitionField {
    std::optional<std::string_view> transform;
    std::optional<std::string_view> source_name;
};
struct PartitionSpec {
    std::optional<std::vector<PartitionField>> partition_fields;
};
struct S3TablesEntry {
    std::optional<std::string_view> table_bucket_arn;
    std::optional<std::string_view> name_space;
    std::optional<std::string_view> table_name;
    std::optional<std::string_view> compression_type;
    std::optional<PartitionSpec> partition_spec;
};
struct S3TablesDestination {
    std::optional<DeadLetterBucket> dead_letter_queue;
    std::optional<std::vector<S3TablesEntry>> s3_tables_configuration_list;
    std::optional<std::int32_t> data_freshness_in_seconds;
};
struct FreshnessUpdate {
    std::optional<std::int32_t> data_freshness_in_seconds;
};

struct ChannelStream {
    std::optional<std::string_view> stream_arn;
    std::optional<RecordConfiguration> record_configuration;
};
struct CreateChannelRequest {
    std::optional<std::string_view> channel_name;
    std::optional<std::string_view> service_execution_role_arn;
    std::optional<std::vector<ChannelStream>> stream_configuration_list;
    std::optional<S3Destination> s3_destination;
    std::optional<S3TablesDestination> s3_tables_destination;
    std::optional<ChannelEncryption> encryption;
    std::optional<ChannelLoggingMember> logging;
    std::optional<model::TextMap> tags;
};
struct UpdateChannelRequest {
    std::optional<std::string_view> channel_arn;
    std::optional<FreshnessUpdate> s3_destination;
    std::optional<FreshnessUpdate> s3_tables_destination;
    std::optional<ChannelLoggingMember> logging;
};
// Of DescribeChannel and DeleteChannel.
struct ChannelRequest {
    std::optional<std::string_view> channel_arn;
};

struct ChannelStreamDescription {
    std::string stream_arn;
    WallTime stream_creation_timestamp;
    RecordConfiguration record_configuration;
};
struct ChannelDescription {
    std::string_view channel_name;
    std::string channel_arn;
    std::string_view channel_id;
    std::string_view channel_status;
    WallTime channel_creation_timestamp;
    std::string_view service_execution_role_arn;
    std::vector<ChannelStreamDescription> stream_configuration_list;
    ChannelLoggingMember logging;
    std::optional<S3Destination> s3_destination;
    std::optional<ChannelEncryption> encryption;
};
// Of CreateChannel, UpdateChannel and DescribeChannel.
struct ChannelResponse {
    ChannelDescription channel_description;
    stream::ChannelPtr keepalive;
};

struct StreamFilter {
    std::optional<std::string_view> stream_arn;
    std::optional<WallTime> stream_creation_timestamp;
};
struct ListChannelsRequest {
    std::optional<std::vector<StreamFilter>> stream_filter;
    std::optional<std::int32_t> max_results;
    std::optional<std::string_view> next_token;
};
struct ChannelStreamIdentifier {
    std::string stream_arn;
    WallTime stream_creation_timestamp;
};
struct ChannelSummary {
    std::string channel_name;
    std::string channel_arn;
    std::string channel_id;
    std::string_view channel_status;
    WallTime channel_creation_timestamp;
    std::string_view channel_destination_type;
    std::vector<ChannelStreamIdentifier> streams;
};
struct ListChannelsResponse {
    std::vector<ChannelSummary> channel_summaries;
    std::optional<std::string> next_token;
};

Task<Answer<ChannelResponse>> create_channel(Context& context, const CreateChannelRequest& request);
Task<Answer<ChannelResponse>> update_channel(Context& context, const UpdateChannelRequest& request);
Task<Answer<ChannelResponse>> describe_channel(Context& context, const ChannelRequest& request);
Task<Answer<Nothing>> delete_channel(Context& context, const ChannelRequest& request);
Task<Answer<ListChannelsResponse>> list_channels(Context& context,
                                                 const ListChannelsRequest& request);

}  // namespace millrace::api
