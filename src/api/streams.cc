#include "api/streams.h"

#include <algorithm>
#include <limits>

#include "api/account.h"
#include "api/addressing.h"
#include "api/encryption.h"
#include "api/failures.h"
#include "api/messages.h"
#include "api/monitoring.h"
#include "api/tag_rules.h"
#include "base/result.h"
#include "model/limits.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

constexpr std::uint64_t kChannelsPerOnDemandStream = 2;  // one of each kind

// Always one element.
std::vector<EnhancedMetrics> enhanced_monitoring(const stream::Stream& stream) {
    return {EnhancedMetrics{metric_names(stream.shard_metrics)}};
}

WallTime creation_time(const stream::Stream& stream) {
    return WallTime(Seconds(stream.created_s));
}

StreamModeDetails mode_details(const stream::Stream& stream) {
    return {mode_name(stream.mode)};
}

std::int32_t counter(std::uint64_t count) {
    constexpr std::uint64_t kMax = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::int32_t>(std::min(count, kMax));
}

std::int32_t retention_hours(const stream::Stream& stream) {
    return static_cast<std::int32_t>(stream.retention.count());
}

// Mode and shards of a new stream: without either, an on-demand one.
Answer<void> choose_capacity(const Context& context, const CreateStreamRequest& request,
                             stream::NewStream& spec) {
    std::string_view mode = request.shard_count ? "PROVISIONED" : "ON_DEMAND";
    if (request.stream_mode_details) {
        mode = *request.stream_mode_details->stream_mode;
    }
    if (mode == mode_name(stream::Mode::kProvisioned)) {
        if (!request.shard_count) {
            return shard_count_required();
        }
        spec.mode = stream::Mode::kProvisioned;
        spec.shards = static_cast<std::uint32_t>(*request.shard_count);
    } else {
        if (request.shard_count) {
            return shard_count_superfluous();
        }
        spec.mode = stream::Mode::kOnDemand;
        spec.shards = model::kOnDemandInitialShards;
    }
    if (request.warm_throughput_mibps) {
        const std::int32_t mibps = *request.warm_throughput_mibps;
        if (spec.mode != stream::Mode::kOnDemand || !is_committed(context, spec.owner)) {
            return warm_throughput_not_available();
        }
        if (mibps > model::kWarmThroughputMaxMiBps) {
            return warm_throughput_limit(mibps, model::kWarmThroughputMaxMiBps);
        }
        spec.warm_mibps = static_cast<std::uint32_t>(mibps);
        spec.shards = std::max(spec.shards, *spec.warm_mibps);
    }
    if (request.record_distribution_strategy) {
        spec.distribution = distribution_of(*request.record_distribution_strategy);
        if (spec.distribution == stream::Distribution::kAuto &&
            spec.mode != stream::Mode::kOnDemand) {
            return strategy_needs_on_demand();
        }
    }
    return success();
}

}  // namespace

Task<Answer<Nothing>> create_stream(Context& context, const CreateStreamRequest& request) {
    constexpr std::string_view kOperation = "CreateStream";
    stream::NewStream spec;
    spec.owner = caller(context);
    spec.name = model::StreamName(*request.stream_name);
    const model::StreamArn arn{spec.owner, spec.name};
    const stream::Quotas& quotas = context.broker.settings().quotas;
    MILLRACE_CO_TRY(choose_capacity(context, request, spec));
    if (request.max_record_size_in_kib) {
        spec.record_max_kib = static_cast<std::uint32_t>(*request.max_record_size_in_kib);
    }
    if (request.tags) {
        for (const auto& [key, value] : *request.tags) {
            spec.tags[std::string(key)] = value;
        }
        constexpr std::uint64_t kLater = std::numeric_limits<std::uint64_t>::max();
        MILLRACE_CO_TRY(check_added_tags({}, spec.tags, kLater, arn));
    }
    if (context.broker.catalog().find(spec.owner, spec.name)) {
        co_return stream_exists(arn);  // wins over every quota
    }
    if (spec.tags.size() > quotas.tags_max) {
        co_return too_many_tags(arn, quotas.tags_max);
    }
    const std::uint32_t shards = spec.shards;
    const auto applied = co_await context.broker.create_stream(std::move(spec));
    const auto own = [&](const stream::Applied& refused) -> std::optional<ClientError> {
        switch (refused.outcome) {
            case stream::Outcome::kExists:
                return stream_exists(arn);
            case stream::Outcome::kPendingQuota:
                return concurrent_streams_limit(context.account, quotas.pending_streams_max);
            case stream::Outcome::kShardQuota:
                return shard_limit(arn.owner, refused.current, quotas.shards_max, shards);
            case stream::Outcome::kOnDemandQuota:
                return on_demand_limit(arn.owner, refused.current, quotas.on_demand_streams_max);
            default:
                return std::nullopt;
        }
    };
    MILLRACE_CO_TRY(settled(applied, arn, kOperation, own));
    co_return Nothing{};
}

Task<Answer<Nothing>> delete_stream(Context& context, const DeleteStreamRequest& request) {
    constexpr std::string_view kOperation = "DeleteStream";
    MILLRACE_CO_TRY(const stream::StreamPtr stream,
                    find_stream(context, request.stream_name, request.stream_arn, kOperation));
    const auto applied = co_await context.broker.delete_stream(
        stream->uid, request.enforce_consumer_deletion.value_or(false));
    const auto own = [&](const stream::Applied& refused) -> std::optional<ClientError> {
        switch (refused.outcome) {
            case stream::Outcome::kHasConsumers:
                return consumers_present(arn_of(*stream));
            case stream::Outcome::kHasChannels:
                return stream_has_channels(arn_of(*stream));
            default:
                return std::nullopt;
        }
    };
    MILLRACE_CO_TRY(settled(applied, *stream, kOperation, own));
    co_return Nothing{};
}

Task<Answer<DescribeStreamResponse>> describe_stream(Context& context,
                                                     const DescribeStreamRequest& request) {
    MILLRACE_CO_TRY(
        const stream::StreamPtr stream,
        find_stream(context, request.stream_name, request.stream_arn, "DescribeStream"));
    constexpr auto kPage = static_cast<std::size_t>(model::kDescribeStreamPageShards);
    const std::size_t page =
        request.limit ? std::min(static_cast<std::size_t>(*request.limit), kPage) : kPage;
    const WallTime now = context.broker.now();

    DescribeStreamResponse response;
    StreamDescription& description = response.stream_description;
    description.stream_name = stream->name.text();
    description.stream_arn = arn_of(*stream).text();
    description.stream_status = status_name(stream->status);
    description.stream_mode_details = mode_details(*stream);
    description.retention_period_hours = retention_hours(*stream);
    description.stream_creation_timestamp = creation_time(*stream);
    description.enhanced_monitoring = enhanced_monitoring(*stream);
    description.encryption_type = encryption_type(*stream);
    description.key_id = current_key_id(*stream);
    for (const stream::Shard& shard : stream->shards) {
        if (stream->expired(shard, now) ||
            (request.exclusive_start_shard_id &&
             model::shard_id(shard.no).view() <= *request.exclusive_start_shard_id)) {
            continue;
        }
        if (description.shards.size() == page) {
            description.has_more_shards = true;
            break;
        }
        description.shards.push_back(shard_member(shard));
    }
    co_return response;
}

Task<Answer<DescribeStreamSummaryResponse>> describe_stream_summary(
    Context& context, const DescribeStreamSummaryRequest& request) {
    MILLRACE_CO_TRY(
        const stream::StreamPtr stream,
        find_stream(context, request.stream_name, request.stream_arn, "DescribeStreamSummary"));
    DescribeStreamSummaryResponse response;
    StreamDescriptionSummary& summary = response.stream_description_summary;
    summary.stream_name = stream->name.text();
    summary.stream_arn = arn_of(*stream).text();
    summary.stream_status = status_name(stream->status);
    summary.stream_mode_details = mode_details(*stream);
    summary.retention_period_hours = retention_hours(*stream);
    summary.stream_creation_timestamp = creation_time(*stream);
    summary.enhanced_monitoring = enhanced_monitoring(*stream);
    summary.encryption_type = encryption_type(*stream);
    summary.key_id = current_key_id(*stream);
    summary.open_shard_count = counter(stream->open_shards());
    summary.consumer_count = counter(stream->consumers.registered());
    summary.max_record_size_in_kib = counter(stream->record_max_kib);
    summary.channel_count = counter(context.broker.catalog().channels_of(stream->uid));
    if (stream->mode == stream::Mode::kOnDemand) {
        summary.record_distribution_strategy = distribution_name(stream->distribution);
        if (is_committed(context, stream->owner)) {
            summary.warm_throughput = warm_throughput(*stream);
        }
    }
    co_return response;
}

Task<Answer<DescribeLimitsResponse>> describe_limits(Context& context,
                                                     const DescribeLimitsRequest&) {
    const stream::Quotas& quotas = context.broker.settings().quotas;
    const stream::Totals totals = context.broker.catalog().totals(caller(context));
    DescribeLimitsResponse response;
    response.shard_limit = counter(quotas.shards_max);
    response.open_shard_count = counter(totals.provisioned_open_shards);
    response.on_demand_stream_count = counter(totals.on_demand_streams);
    response.on_demand_stream_count_limit = counter(quotas.on_demand_streams_max);
    response.channel_count = counter(context.broker.catalog().channels(caller(context)).size());
    response.channel_count_limit =
        counter(kChannelsPerOnDemandStream * quotas.on_demand_streams_max);
    co_return response;
}

Task<Answer<ListStreamsResponse>> list_streams(Context& context,
                                               const ListStreamsRequest& request) {
    using stream::ListToken;
    if (request.next_token && request.exclusive_start_stream_name) {
        co_return token_excludes("ExclusiveStartStreamName");
    }
    const WallTime now = context.broker.now();
    model::StreamName after(request.exclusive_start_stream_name.value_or(""));
    if (request.next_token) {
        const auto opened = context.broker.tokens().open_list(ListToken::Listing::kStreams,
                                                              *request.next_token, now);
        switch (opened.state) {
            case stream::TokenState::kInvalid:
                co_return token_invalid();
            case stream::TokenState::kExpired:
                co_return token_expired();
            case stream::TokenState::kValid:
                break;
        }
        after = model::StreamName(opened.value.last);
    }
    constexpr auto kPage = static_cast<std::size_t>(model::kListStreamsPageStreams);
    const std::size_t page =
        request.limit ? std::min(static_cast<std::size_t>(*request.limit), kPage) : kPage;

    const auto streams = context.broker.catalog().list(caller(context), after, page + 1);
    ListStreamsResponse response;
    for (const stream::StreamPtr& stream : streams) {
        if (response.stream_names.size() == page) {
            response.has_more_streams = true;
            break;
        }
        response.stream_names.push_back(stream->name.text());
        response.stream_summaries.push_back(
            StreamSummary{stream->name.text(), arn_of(*stream).text(), status_name(stream->status),
                          mode_details(*stream), creation_time(*stream)});
    }
    if (response.has_more_streams) {
        ListToken token;
        token.listing = ListToken::Listing::kStreams;
        token.last = response.stream_names.back();
        response.next_token = context.broker.tokens().seal(token, now);
    }
    co_return response;
}

}  // namespace millrace::api
