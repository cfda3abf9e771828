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
    if (!applied) {
        co_return failure(applied.error(), operation);
    }
    const stream::Applied& outcome = applied.value();
    switch (outcome.outcome) {
        case stream::Outcome::kApplied:
            co_return Nothing{};
        case stream::Outcome::kNotFound:
            co_return stream_not_found(arn_of(*stream));
        case stream::Outcome::kNotActive:
            co_return not_active(*outcome.stream);
        case stream::Outcome::kRetentionTooShort:
            co_return retention_below_current(hours, arn_of(*stream),
                                              outcome.stream->retention.count());
        case stream::Outcome::kRetentionTooLong:
            co_return retention_above_current(hours, arn_of(*stream),
                                              outcome.stream->retention.count());
        case stream::Outcome::kExists:
        case stream::Outcome::kPendingQuota:
        case stream::Outcome::kShardQuota:
        case stream::Outcome::kOnDemandQuota:
        case stream::Outcome::kTooManyTags:
        case stream::Outcome::kUidTaken:
        case stream::Outcome::kStale:
        case stream::Outcome::kDailyQuota:
        case stream::Outcome::kWrongMode:
        case stream::Outcome::kHasChannels:
        case stream::Outcome::kChannelExists:
        case stream::Outcome::kChannelQuota:
        case stream::Outcome::kChannelNotFound:
        case stream::Outcome::kChannelNotActive:
            break;
    }
    co_return unexpected(outcome.outcome, operation);
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
