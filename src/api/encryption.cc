#include "api/encryption.h"

#include "api/addressing.h"
#include "api/failures.h"
#include "api/messages.h"
#include "base/check.h"
#include "base/result.h"
#include "model/key_id.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

// The stream, after what needs no state: the address, the type and the form of the key.
Answer<stream::StreamPtr> find_stream(const Context& context,
                                      const StreamEncryptionRequest& request,
                                      std::string_view operation) {
    const auto where = address(context, request.stream_name, request.stream_arn);
    if (!where) {
        return where.error();
    }
    if (*request.encryption_type != kEncryptionKms) {
        return encryption_type_invalid(*request.encryption_type, operation);
    }
    if (!model::is_key_id(*request.key_id)) {
        return key_id_invalid(*request.key_id);
    }
    return find_active_stream(context, request.stream_name, request.stream_arn, operation);
}

}  // namespace

std::string_view encryption_type(const stream::Stream& stream) {
    return stream.encrypted ? kEncryptionKms : kEncryptionNone;
}

std::optional<std::string_view> encryption_type_if(bool encrypted) {
    return encrypted ? std::optional(kEncryptionKms) : std::nullopt;
}

std::optional<std::string> current_key_id(const stream::Stream& stream) {
    return stream.encrypted ? std::optional(stream.key_id()) : std::nullopt;
}

ClientError key_unusable(const Context& context, std::string_view key_id, KeyUse use,
                         const stream::Stream& stream) {
    const std::string arn = model::key_arn(key_id, stream.owner);
    switch (context.broker.settings().key_states.of(key_id)) {
        case stream::KeyState::kDisabled:
            return key_disabled(arn);
        case stream::KeyState::kPendingDeletion:
            return key_pending_deletion(arn);
        case stream::KeyState::kMissing:
            return key_not_found(arn);
        case stream::KeyState::kAccessDenied:
            return use == KeyUse::kWrite
                       ? key_denied(caller(context), arn)
                       : decryption_denied(caller(context), arn_of(stream), stream.created_s);
        case stream::KeyState::kOptInRequired:
            return key_service_opt_in_required();
        case stream::KeyState::kThrottled:
            return key_service_throttles();
        case stream::KeyState::kEnabled:
            break;
    }
    check_failed("a state that keeps the key from use", __FILE__, __LINE__);
}

Answer<void> check_key(const Context& context, const stream::Stream& stream,
                       std::string_view key_id) {
    if (context.broker.settings().key_states.of(key_id) != stream::KeyState::kEnabled) {
        return key_unusable(context, key_id, KeyUse::kWrite, stream);
    }
    return success();
}

Answer<void> check_key(const Context& context, const stream::Stream& stream) {
    if (!stream.encrypted) {
        return success();
    }
    return check_key(context, stream, stream.key_id());
}

Task<Answer<Nothing>> start_stream_encryption(Context& context,
                                              const StreamEncryptionRequest& request) {
    constexpr std::string_view kOperation = "StartStreamEncryption";
    MILLRACE_CO_TRY(const stream::StreamPtr stream, find_stream(context, request, kOperation));
    MILLRACE_CO_TRY(check_key(context, *stream, *request.key_id));
    std::string key_id(*request.key_id);
    const auto applied = co_await context.broker.start_encryption(stream->uid, std::move(key_id));
    if (applied && applied.value().outcome == stream::Outcome::kDailyQuota) {
        co_return encryption_changes_exceeded(arn_of(*stream), "started");
    }
    MILLRACE_CO_TRY(settled(applied, *stream, kOperation));
    co_return Nothing{};
}

Task<Answer<Nothing>> stop_stream_encryption(Context& context,
                                             const StreamEncryptionRequest& request) {
    constexpr std::string_view kOperation = "StopStreamEncryption";
    MILLRACE_CO_TRY(const stream::StreamPtr stream, find_stream(context, request, kOperation));
    if (!stream->encrypted) {
        co_return stream_not_encrypted(arn_of(*stream));
    }
    if (model::key_name(*request.key_id) != model::key_name(stream->key_id())) {
        co_return key_of_other_stream(*request.key_id, arn_of(*stream));
    }
    const auto applied = co_await context.broker.stop_encryption(stream->uid);
    if (applied && applied.value().outcome == stream::Outcome::kDailyQuota) {
        co_return encryption_changes_exceeded(arn_of(*stream), "stopped");
    }
    if (applied && applied.value().outcome == stream::Outcome::kStale) {
        co_return stream_not_encrypted(arn_of(*stream));
    }
    MILLRACE_CO_TRY(settled(applied, *stream, kOperation));
    co_return Nothing{};
}

}  // namespace millrace::api
