#include "api/stream_mode.h"

#include "api/account.h"
#include "api/addressing.h"
#include "api/failures.h"
#include "api/messages.h"
#include "base/result.h"
#include "model/limits.h"
#include "stream/broker.h"

namespace millrace::api {

Task<Answer<Nothing>> update_stream_mode(Context& context, const UpdateStreamModeRequest& request) {
    constexpr std::string_view kOperation = "UpdateStreamMode";
    MILLRACE_CO_TRY(const model::StreamArn where,
                    address(context, std::nullopt, request.stream_arn));
    const stream::Mode mode =
        *request.stream_mode_details->stream_mode == mode_name(stream::Mode::kOnDemand)
            ? stream::Mode::kOnDemand
            : stream::Mode::kProvisioned;
    const std::optional<std::int32_t>& warm = request.warm_throughput_mibps;
    if (warm && mode == stream::Mode::kProvisioned) {
        co_return warm_throughput_not_available();
    }
    MILLRACE_CO_TRY(const stream::StreamPtr stream,
                    find_active_stream(context, std::nullopt, request.stream_arn, kOperation));
    std::optional<std::uint32_t> warm_mibps;
    if (warm) {
        if (!is_committed(context, stream->owner)) {
            co_return warm_throughput_not_available();
        }
        if (*warm > model::kWarmThroughputMaxMiBps) {
            co_return warm_throughput_limit(*warm, model::kWarmThroughputMaxMiBps);
        }
        warm_mibps = static_cast<std::uint32_t>(*warm);
    }
    const auto applied = co_await context.broker.change_mode(stream->uid, mode, warm_mibps);
    if (!applied) {
        co_return failure(applied.error(), kOperation);
    }
    const stream::Applied& outcome = applied.value();
    switch (outcome.outcome) {
        case stream::Outcome::kApplied:
        case stream::Outcome::kStale:  // that is its mode: asked for again by those who declare it
            co_return Nothing{};
        case stream::Outcome::kNotFound:
            co_return stream_not_found(where);
        case stream::Outcome::kNotActive:
            co_return not_active(*outcome.stream);
        case stream::Outcome::kOnDemandQuota:
            co_return on_demand_limit(where.owner, outcome.current,
                                      context.broker.settings().quotas.on_demand_streams_max);
        case stream::Outcome::kDailyQuota:
            co_return mode_changes_exceeded(where);
        case stream::Outcome::kHasChannels:
            co_return mode_held_by_channels(where);
        case stream::Outcome::kWrongMode:
            co_return mode_held_by_strategy(where);
        case stream::Outcome::kExists:
        case stream::Outcome::kPendingQuota:
        case stream::Outcome::kShardQuota:
        case stream::Outcome::kTooManyTags:
        case stream::Outcome::kRetentionTooShort:
        case stream::Outcome::kRetentionTooLong:
        case stream::Outcome::kUidTaken:
        case stream::Outcome::kConsumerQuota:
        case stream::Outcome::kHasConsumers:
        case stream::Outcome::kChannelExists:
        case stream::Outcome::kChannelQuota:
        case stream::Outcome::kChannelNotFound:
        case stream::Outcome::kChannelNotActive:
            break;
    }
    co_return unexpected(outcome.outcome, kOperation);
}

}  // namespace millrace::api
