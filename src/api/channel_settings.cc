#include "api/channel_settings.h"

#include <limits>
#include <utility>

#include "api/key_template.h"
#include "api/messages.h"
#include "api/tag_rules.h"
#include "base/result.h"
#include "model/key_id.h"
#include "model/limits.h"

namespace millrace::api {

namespace {

constexpr std::string_view kServiceKey = "alias/aws/kinesis";
constexpr std::string_view kDefaultStorageClass = "STANDARD";
constexpr std::string_view kDefaultLogStream = "DestinationDelivery";

std::string_view account_of_role(std::string_view role) {
    constexpr std::string_view kService = ":iam::";
    return role.substr(role.find(kService) + kService.size(), model::kAccountChars);
}

std::string text_of(std::optional<std::string_view> value, std::string_view by_default = {}) {
    return std::string(value.value_or(by_default));
}

// "{before}{name}/{id}{after}"
std::string named(std::string_view before, const stream::Channel& channel, std::string_view after) {
    std::string text(before);
    text += channel.name + "/" + channel.id;
    text += after;
    return text;
}

TagMap tags_of(const CreateChannelRequest& request) {
    TagMap tags;
    for (const auto& [key, value] : request.tags.value_or(model::TextMap())) {
        tags[std::string(key)] = value;
    }
    return tags;
}

Answer<void> check_destination(const CreateChannelRequest& request) {
    if (request.s3_destination.has_value() == request.s3_tables_destination.has_value()) {
        return channel_destinations();
    }
    if (request.s3_tables_destination) {
        return s3_tables_unsupported();
    }
    const std::string_view format =
        *request.stream_configuration_list->front().record_configuration->record_format_type;
    if (format == "GSR_JSON") {
        return record_format_unsupported(format);
    }
    return check_freshness(request.s3_destination->data_freshness_in_seconds);
}

}  // namespace

Answer<void> check_settings(const model::Identity& owner, const CreateChannelRequest& request) {
    if (request.stream_configuration_list->size() != 1) {
        return channel_streams_count();
    }
    MILLRACE_TRY(check_destination(request));
    const std::string_view role = *request.service_execution_role_arn;
    if (account_of_role(role) != owner.account) {
        return role_of_other_account(role, owner.account);
    }
    if (request.encryption && request.encryption->key_id->ends_with(kServiceKey)) {
        return service_key_not_allowed(*request.encryption->key_id);
    }
    if (request.encryption && !model::is_key_id(*request.encryption->key_id)) {
        return key_id_invalid(*request.encryption->key_id);
    }
    constexpr std::uint64_t kLater = std::numeric_limits<std::uint64_t>::max();
    return check_added_tags({}, tags_of(request), kLater,
                            Tagged("channel", *request.channel_name, owner.account));
}

Answer<stream::Channel> resolve(const model::Identity& owner, std::string id,
                                const stream::Stream& stream, const CreateChannelRequest& request) {
    const S3Destination& destination = *request.s3_destination;
    const S3Storage& storage = *destination.storage_configuration;
    const ChannelStream& source = request.stream_configuration_list->front();

    stream::Channel channel;
    channel.id = std::move(id);
    channel.owner = owner;
    channel.name = *request.channel_name;
    channel.stream = stream.uid;
    channel.stream_name = stream.name;
    channel.stream_created_s = stream.created_s;
    channel.role = *request.service_execution_role_arn;
    channel.record_format = *source.record_configuration->record_format_type;
    channel.schema_arn = text_of(source.record_configuration->gsr_schema_arn);
    channel.freshness_s = static_cast<std::uint32_t>(
        destination.data_freshness_in_seconds.value_or(model::kFreshnessDefaultSeconds));
    channel.tags = tags_of(request);
    if (request.encryption) {
        channel.key_id = *request.encryption->key_id;
    }
    if (request.logging) {
        channel.logging = merge_logging(channel, *request.logging->cloud_watch_logs);
    }

    stream::ChannelBucket& bucket = channel.bucket;
    bucket.arn = *storage.bucket_arn;
    bucket.owner = *storage.expected_bucket_owner;
    bucket.compression = *storage.compression_type;
    bucket.key_template = text_of(storage.output_key_template, kDefaultKeyTemplate);
    bucket.storage_class = text_of(storage.storage_class, kDefaultStorageClass);
    const DeadLetterBucket letters = destination.dead_letter_queue.value_or(DeadLetterBucket());
    const std::string prefix = named("kinesis-channel/errors/", channel, "/");
    bucket.dead_letter_arn = text_of(letters.bucket_arn, bucket.arn);
    bucket.dead_letter_owner = text_of(letters.expected_bucket_owner, bucket.owner);
    bucket.dead_letter_prefix = text_of(letters.error_output_prefix, prefix);

    const KeyNames names{channel.name, channel.id, stream.name.text(), bucket.compression};
    if (const auto fault = key_template_fault(bucket.key_template, names)) {
        return key_template_invalid(*fault);
    }
    return channel;
}

Answer<void> check_freshness(std::optional<std::int32_t> seconds) {
    if (seconds &&
        (*seconds < model::kFreshnessMinSeconds || *seconds > model::kFreshnessMaxSeconds)) {
        return freshness_out_of_range(*seconds);
    }
    return success();
}

stream::ChannelLogging merge_logging(const stream::Channel& channel, const CloudWatchLogs& update) {
    stream::ChannelLogging logging = channel.logging;
    logging.enabled = *update.enabled;
    logging.group = text_of(update.log_group_name, logging.group);
    logging.stream = text_of(update.log_stream_name, logging.stream);
    if (logging.enabled && logging.group.empty()) {
        logging.group = named("/aws/kinesis/", channel, "");
    }
    if (logging.enabled && logging.stream.empty()) {
        logging.stream = kDefaultLogStream;
    }
    return logging;
}

}  // namespace millrace::api
