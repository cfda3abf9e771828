#include "api/capacity.h"

#include <utility>
#include <vector>

#include "api/account.h"
#include "api/addressing.h"
#include "api/failures.h"
#include "api/messages.h"
#include "base/result.h"
#include "model/limits.h"
#include "stream/broker.h"
#include "stream/scaling.h"

namespace millrace::api {

namespace {

constexpr std::optional<std::string_view> kNoName;

// A shard for each MiB/s. Those there are more of stay.
Task<Result<stream::Applied>> warm_up(stream::Broker& broker, const stream::StreamPtr& stream,
                                      std::uint32_t mibps) {
    std::vector<stream::ReshardStep> steps = stream::growth(*stream, mibps);
    if (!steps.empty()) {
        return broker.reshard(stream, std::move(steps), stream::Broker::Scaling::kByStep, mibps);
    }
    stream::ConfigureStream change;
    change.uid = stream->uid;
    change.warm_mibps = mibps;
    return broker.configure_stream(std::move(change), true);
}

}  // namespace

std::string_view distribution_name(stream::Distribution distribution) {
    return kDistributions[distribution == stream::Distribution::kAuto ? 0 : 1];
}

stream::Distribution distribution_of(std::string_view name) {
    return name == kDistributions[0] ? stream::Distribution::kAuto
                                     : stream::Distribution::kPartitionKey;
}

WarmThroughput warm_throughput(const stream::Stream& stream) {
    const auto current = static_cast<std::int32_t>(stream.open_shards());
    const auto target = static_cast<std::int32_t>(stream.warm_mibps.value_or(0));
    return {target, current};
}

Task<Answer<Nothing>> update_max_record_size(Context& context,
                                             const UpdateMaxRecordSizeRequest& request) {
    constexpr std::string_view kOperation = "UpdateMaxRecordSize";
    MILLRACE_CO_TRY(const stream::StreamPtr stream,
                    find_active_stream(context, kNoName, request.stream_arn, kOperation));
    stream::ConfigureStream change;
    change.uid = stream->uid;
    change.record_max_kib = static_cast<std::uint32_t>(*request.max_record_size_in_kib);
    const auto applied = co_await context.broker.configure_stream(std::move(change), true);
    MILLRACE_CO_TRY(settled(applied, *stream, kOperation));
    co_return Nothing{};
}

Task<Answer<UpdateStreamWarmThroughputResponse>> update_stream_warm_throughput(
    Context& context, const UpdateStreamWarmThroughputRequest& request) {
    constexpr std::string_view kOperation = "UpdateStreamWarmThroughput";
    MILLRACE_CO_TRY(
        const stream::StreamPtr stream,
        find_active_stream(context, request.stream_name, request.stream_arn, kOperation));
    if (stream->mode != stream::Mode::kOnDemand || !is_committed(context, stream->owner)) {
        co_return warm_throughput_unsupported();
    }
    if (*request.warm_throughput_mibps > model::kWarmThroughputMaxMiBps) {
        co_return warm_throughput_limit(*request.warm_throughput_mibps,
                                        model::kWarmThroughputMaxMiBps);
    }
    const auto target = static_cast<std::uint32_t>(*request.warm_throughput_mibps);
    const auto applied = co_await warm_up(context.broker, stream, target);
    const auto own = [&](const stream::Applied& refused) -> std::optional<ClientError> {
        if (refused.outcome == stream::Outcome::kWrongMode) {
            return warm_throughput_unsupported();
        }
        if (refused.outcome == stream::Outcome::kStale) {
            // Since we looked, another change has begun and ended.
            return stream_not_active(arn_of(*stream), status_name(stream::Status::kUpdating));
        }
        return std::nullopt;
    };
    MILLRACE_CO_TRY(settled(applied, *stream, kOperation, own));
    const stream::StreamPtr& after = applied.value().stream;
    co_return UpdateStreamWarmThroughputResponse{arn_of(*after).text(), after->name.text(),
                                                 warm_throughput(*after)};
}

Task<Answer<Nothing>> update_stream_record_distribution_strategy(
    Context& context, const UpdateDistributionRequest& request) {
    constexpr std::string_view kOperation = "UpdateStreamRecordDistributionStrategy";
    MILLRACE_CO_TRY(const stream::StreamPtr stream,
                    find_active_stream(context, kNoName, request.stream_arn, kOperation));
    stream::ConfigureStream change;
    change.uid = stream->uid;
    change.distribution = distribution_of(*request.record_distribution_strategy);
    const auto applied = co_await context.broker.configure_stream(std::move(change), false);
    const auto own = [&](const stream::Applied& refused) -> std::optional<ClientError> {
        if (refused.outcome == stream::Outcome::kWrongMode) {
            return strategy_of_provisioned(arn_of(*stream));
        }
        return std::nullopt;
    };
    MILLRACE_CO_TRY(settled(applied, *stream, kOperation, own));
    co_return Nothing{};
}

}  // namespace millrace::api
