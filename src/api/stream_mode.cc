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
    const auto applied = co_await context.broker.change_mode(stream, mode, warm_mibps);
    if (applied && applied.value().outcome == stream::Outcome::kStale &&
        applied.value().stream->mode == mode) {
        co_return Nothing{};  // asked for again by those who declare it
    }
    const auto own = [&](const stream::Applied& refused) -> std::optional<ClientError> {
        switch (refused.outcome) {
            case stream::Outcome::kStale:
                // Since we looked, another change has begun and ended.
                return stream_not_active(where, status_name(stream::Status::kUpdating));
            case stream::Outcome::kOnDemandQuota:
                return on_demand_limit(where.owner, refused.current,
                                       context.broker.settings().quotas.on_demand_streams_max);
            case stream::Outcome::kDailyQuota:
                return mode_changes_exceeded(where);
            case stream::Outcome::kHasChannels:
                return mode_held_by_channels(where);
            case stream::Outcome::kWrongMode:
                return mode_held_by_strategy(where);
            default:
                return std::nullopt;
        }
    };
    MILLRACE_CO_TRY(settled(applied, *stream, kOperation, own));
    co_return Nothing{};
}

}  // namespace millrace::api
