#include "api/retention.h"

#include <chrono>

#include "api/addressing.h"
#include "api/failures.h"
#include "api/messages.h"
#include "base/result.h"
#include "model/limits.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

using Direction = stream::SetRetention::Direction;

Task<Answer<Nothing>> set_retention(Context& context, const RetentionRequest& request,
                                    Direction direction, std::string_view operation) {
    MILLRACE_CO_TRY(
        const stream::StreamPtr stream,
        find_active_stream(context, request.stream_name, request.stream_arn, operation));
    const std::int64_t hours = *request.retention_period_hours;
    if (hours < model::kRetentionMinHours) {
        co_return retention_too_short(hours);
    }
    if (hours > model::kRetentionMaxHours) {
        co_return retention_too_long(hours);
    }
    const auto applied =
        co_await context.broker.set_retention(stream->uid, std::chrono::hours(hours), direction);
    const auto own = [&](const stream::Applied& refused) -> std::optional<ClientError> {
        switch (refused.outcome) {
            case stream::Outcome::kRetentionTooShort:
                return retention_below_current(hours, arn_of(*stream),
                                               refused.stream->retention.count());
            case stream::Outcome::kRetentionTooLong:
                return retention_above_current(hours, arn_of(*stream),
                                               refused.stream->retention.count());
            default:
                return std::nullopt;
        }
    };
    MILLRACE_CO_TRY(settled(applied, *stream, operation, own));
    co_return Nothing{};
}

}  // namespace

Task<Answer<Nothing>> increase_stream_retention_period(Context& context,
                                                       const RetentionRequest& request) {
    return set_retention(context, request, Direction::kIncrease, "IncreaseStreamRetentionPeriod");
}

Task<Answer<Nothing>> decrease_stream_retention_period(Context& context,
                                                       const RetentionRequest& request) {
    return set_retention(context, request, Direction::kDecrease, "DecreaseStreamRetentionPeriod");
}

}  // namespace millrace::api
