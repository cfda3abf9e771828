#include "api/failures.h"

#include "api/addressing.h"
#include "api/messages.h"
#include "base/log.h"

namespace millrace::api {

ClientError failure(const Error& error, std::string_view operation) {
    switch (error.code) {
        case Errc::kClosed:  // the broker is stopping
        case Errc::kOverloaded:
        case Errc::kWouldBlock:
            log::warn("request not served: {} operation={}", error.message, operation);
            return internal_failure();
        case Errc::kNotFound:
        case Errc::kExists:
        case Errc::kInvalid:
        case Errc::kCorrupt:
        case Errc::kNoSpace:
        case Errc::kIo:
        case Errc::kPoisoned:
        case Errc::kLocked:
        case Errc::kUnsupported:
            log::error("request failed: {} operation={}", error.message, operation);
            return internal_failure();
    }
    return internal_failure();
}

Answer<void> settled(const Result<stream::Applied>& applied, const stream::Stream& stream,
                     std::string_view operation) {
    return settled(applied, arn_of(stream), operation);
}

Answer<void> settled(const Result<stream::Applied>& applied, const model::StreamArn& stream,
                     std::string_view operation) {
    if (!applied) {
        return failure(applied.error(), operation);
    }
    const stream::Applied& answer = applied.value();
    if (answer.outcome == stream::Outcome::kApplied) {
        return success();
    }
    if (answer.outcome == stream::Outcome::kNotFound) {
        return stream_not_found(stream);
    }
    if (answer.outcome == stream::Outcome::kNotActive) {
        return not_active(*answer.stream);
    }
    return unexpected(answer.outcome, operation);
}

Answer<void> settled(const Result<stream::Applied>& applied, const stream::Channel& channel,
                     std::string_view operation) {
    if (!applied) {
        return failure(applied.error(), operation);
    }
    const stream::Applied& answer = applied.value();
    const std::string& account = channel.owner.account;
    if (answer.outcome == stream::Outcome::kApplied) {
        return success();
    }
    if (answer.outcome == stream::Outcome::kChannelNotFound) {
        return channel_not_found(channel.id, account);
    }
    if (answer.outcome == stream::Outcome::kChannelNotActive) {
        return channel_not_active(channel.name, account, status_name(answer.channel->status));
    }
    return unexpected(answer.outcome, operation);
}

ClientError unexpected(stream::Outcome outcome, std::string_view operation) {
    log::error("catalog answered with an unexpected outcome outcome={} operation={}",
               static_cast<int>(outcome), operation);
    return internal_failure();
}

}  // namespace millrace::api
