#include "api/channels.h"

#include <algorithm>
#include <utility>

#include "api/addressing.h"
#include "api/channel_settings.h"
#include "api/encryption.h"
#include "api/failures.h"
#include "api/messages.h"
#include "api/resource.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/result.h"
#include "model/limits.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

constexpr std::string_view kMember = "ChannelARN";
constexpr std::uint64_t kChannelsPerStream = 1;    // of a kind
constexpr std::string_view kDestinationS3 = "S3";  // the one kind there is

// An empty text stands for a member that is absent.
std::optional<std::string_view> present(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

std::string arn_of(const stream::Channel& channel) {
    return model::ChannelArn{channel.owner, channel.id}.text();
}

std::string stream_arn_of(const stream::Channel& channel) {
    return model::StreamArn{channel.owner, channel.stream_name}.text();
}

WallTime stream_creation(const stream::Channel& channel) {
    return WallTime(Seconds(channel.stream_created_s));
}

ChannelResponse describe(stream::ChannelPtr channel) {
    const stream::Channel& c = *channel;
    const stream::ChannelBucket& bucket = c.bucket;
    ChannelResponse response;
    ChannelDescription& description = response.channel_description;
    description.channel_name = c.name;
    description.channel_arn = arn_of(c);
    description.channel_id = c.id;
    description.channel_status = status_name(c.status);
    description.channel_creation_timestamp = c.created;
    description.service_execution_role_arn = c.role;
    description.stream_configuration_list.push_back(
        {stream_arn_of(c), stream_creation(c), {c.record_format, present(c.schema_arn)}});
    description.logging.cloud_watch_logs = {c.logging.enabled, present(c.logging.group),
                                            present(c.logging.stream)};
    S3Destination& destination = description.s3_destination.emplace();
    destination.storage_configuration = {bucket.arn, bucket.owner, bucket.compression,
                                         bucket.key_template, bucket.storage_class};
    destination.data_freshness_in_seconds = static_cast<std::int32_t>(c.freshness_s);
    destination.dead_letter_queue = {bucket.dead_letter_arn, bucket.dead_letter_owner,
                                     bucket.dead_letter_prefix};
    if (!c.key_id.empty()) {
        description.encryption = {"KMS", c.key_id};
    }
    response.keepalive = std::move(channel);
    return response;
}

ChannelSummary summary(const stream::Channel& channel) {
    return {channel.name,
            arn_of(channel),
            channel.id,
            status_name(channel.status),
            channel.created,
            kDestinationS3,
            {{stream_arn_of(channel), stream_creation(channel)}}};
}

// Any filter that matches is enough; none lets every channel pass.
bool passes(const std::optional<std::vector<StreamFilter>>& filters,
            const stream::Channel& channel) {
    if (!filters || filters->empty()) {
        return true;
    }
    const model::StreamArn source{channel.owner, channel.stream_name};
    return std::ranges::any_of(*filters, [&](const StreamFilter& filter) {
        return model::StreamArn::parse(*filter.stream_arn) == source &&
               (!filter.stream_creation_timestamp ||
                to_seconds(*filter.stream_creation_timestamp) == channel.stream_created_s);
    });
}

std::uint32_t digest(const std::optional<std::vector<StreamFilter>>& filters) {
    std::string text;
    for (const StreamFilter& filter : filters.value_or(std::vector<StreamFilter>())) {
        text += *filter.stream_arn;
        text += ' ';
        if (filter.stream_creation_timestamp) {
            text += std::to_string(to_seconds(*filter.stream_creation_timestamp));
        }
        text += '\n';
    }
    return crc32c(as_bytes(text));
}

Answer<std::string> start_of(const Context& context, const ListChannelsRequest& request) {
    if (!request.next_token) {
        return std::string();
    }
    const auto opened = context.broker.tokens().open_list(
        stream::ListToken::Listing::kChannels, *request.next_token, context.broker.now());
    if (opened.state == stream::TokenState::kExpired) {
        return token_expired();
    }
    if (opened.state == stream::TokenState::kInvalid ||
        opened.value.digest != digest(request.stream_filter)) {
        return token_invalid();
    }
    return opened.value.last;
}

}  // namespace

Task<Answer<ChannelResponse>> create_channel(Context& context,
                                             const CreateChannelRequest& request) {
    constexpr std::string_view kOperation = "CreateChannel";
    stream::Broker& broker = context.broker;
    if (!broker.settings().channels_accepted) {
        co_return channels_refused();
    }
    const model::Identity owner = caller(context);
    MILLRACE_CO_TRY(check_settings(owner, request));
    const std::string_view stream_arn = *request.stream_configuration_list->front().stream_arn;
    MILLRACE_CO_TRY(const stream::StreamPtr stream,
                    find_active_stream(context, std::nullopt, stream_arn, kOperation));
    if (request.encryption) {
        MILLRACE_CO_TRY(check_key(context, *stream, *request.encryption->key_id));
    }
    MILLRACE_CO_TRY(stream::Channel channel, resolve(owner, broker.channel_id(), *stream, request));
    if (channel.tags.size() > broker.settings().quotas.tags_max) {
        co_return too_many_tags(Tagged("channel", channel.name, owner.account),
                                broker.settings().quotas.tags_max);
    }
    auto applied = co_await broker.create_channel(std::move(channel));
    if (applied && applied.value().outcome == stream::Outcome::kWrongMode) {
        co_return channel_needs_on_demand(arn_of(*stream));
    }
    if (applied && applied.value().outcome == stream::Outcome::kChannelExists) {
        co_return channel_exists(*request.channel_name, owner.account);
    }
    if (applied && applied.value().outcome == stream::Outcome::kChannelQuota) {
        co_return channel_limit(arn_of(*stream), kChannelsPerStream);
    }
    MILLRACE_CO_TRY(settled(applied, *stream, kOperation));
    co_return describe(std::move(applied.value().channel));
}

Task<Answer<ChannelResponse>> update_channel(Context& context,
                                             const UpdateChannelRequest& request) {
    constexpr std::string_view kOperation = "UpdateChannel";
    if (request.s3_tables_destination) {
        co_return s3_tables_unsupported();
    }
    if (!request.s3_destination && !request.logging) {
        co_return channel_unchanged();
    }
    stream::UpdateChannel change;
    if (request.s3_destination) {
        const auto seconds = request.s3_destination->data_freshness_in_seconds;
        MILLRACE_CO_TRY(check_freshness(seconds));
        change.freshness_s = static_cast<std::uint32_t>(*seconds);
    }
    MILLRACE_CO_TRY(const stream::ChannelPtr channel,
                    find_channel(context, kMember, *request.channel_arn, kOperation));
    if (request.logging) {
        change.logging = merge_logging(*channel, *request.logging->cloud_watch_logs);
    }
    change.id = channel->id;
    auto applied = co_await context.broker.update_channel(std::move(change));
    MILLRACE_CO_TRY(settled(applied, *channel, kOperation));
    co_return describe(std::move(applied.value().channel));
}

Task<Answer<ChannelResponse>> describe_channel(Context& context, const ChannelRequest& request) {
    MILLRACE_CO_TRY(stream::ChannelPtr channel,
                    find_channel(context, kMember, *request.channel_arn, "DescribeChannel"));
    co_return describe(std::move(channel));
}

Task<Answer<Nothing>> delete_channel(Context& context, const ChannelRequest& request) {
    constexpr std::string_view kOperation = "DeleteChannel";
    MILLRACE_CO_TRY(const stream::ChannelPtr channel,
                    find_channel(context, kMember, *request.channel_arn, kOperation));
    const auto applied = co_await context.broker.delete_channel(channel->id);
    if (applied && applied.value().outcome == stream::Outcome::kChannelNotActive) {
        co_return Nothing{};  // it is on its way already
    }
    MILLRACE_CO_TRY(settled(applied, *channel, kOperation));
    co_return Nothing{};
}

Task<Answer<ListChannelsResponse>> list_channels(Context& context,
                                                 const ListChannelsRequest& request) {
    MILLRACE_CO_TRY(const std::string after, start_of(context, request));
    constexpr auto kPage = static_cast<std::size_t>(model::kListChannelsPageChannels);
    const std::size_t page = request.max_results
                                 ? std::min(static_cast<std::size_t>(*request.max_results), kPage)
                                 : kPage;
    ListChannelsResponse response;
    for (const stream::ChannelPtr& channel :
         context.broker.catalog().channels(caller(context), after)) {
        if (!passes(request.stream_filter, *channel)) {
            continue;
        }
        if (response.channel_summaries.size() == page) {
            stream::ListToken token;
            token.listing = stream::ListToken::Listing::kChannels;
            token.digest = digest(request.stream_filter);
            token.last = response.channel_summaries.back().channel_name;
            response.next_token = context.broker.tokens().seal(token, context.broker.now());
            break;
        }
        response.channel_summaries.push_back(summary(*channel));
    }
    co_return response;
}

}  // namespace millrace::api
