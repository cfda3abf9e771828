#include "api/addressing.h"

#include "api/access.h"
#include "api/messages.h"
#include "base/check.h"
#include "base/result.h"
#include "stream/broker.h"

namespace millrace::api {

model::Identity caller(const Context& context) {
    return {context.account, context.region};
}

model::StreamArn arn_of(const stream::Stream& stream) {
    return {stream.owner, stream.name};
}

model::ConsumerArn arn_of(const stream::Stream& stream, const stream::Consumer& consumer) {
    return {arn_of(stream), consumer.name, consumer.created_s};
}

Answer<model::StreamArn> address(const Context& context, std::optional<std::string_view> name,
                                 std::optional<std::string_view> arn) {
    if (!arn) {
        if (!name) {
            return no_stream_given();
        }
        return model::StreamArn{caller(context), model::StreamName(*name)};
    }
    std::optional<model::StreamArn> parsed = model::StreamArn::parse(*arn);
    if (!parsed) {
        return arn_malformed(*arn);
    }
    if (name && *name != parsed->name.text()) {
        return name_and_arn_differ(*arn, *name);
    }
    if (parsed->owner.region != context.region) {
        return arn_of_other_region(*arn, context.region);
    }
    return *std::move(parsed);
}

Answer<stream::StreamPtr> look_up(const Context& context, const model::StreamArn& address,
                                  std::string_view operation) {
    stream::StreamPtr stream = context.broker.catalog().find(address.owner, address.name);
    if (stream && !has_access(context, *stream, operation)) {
        return access_denied(caller(context), operation, address.text());
    }
    return stream;
}

Answer<stream::StreamPtr> find_stream(const Context& context, std::optional<std::string_view> name,
                                      std::optional<std::string_view> arn,
                                      std::string_view operation) {
    MILLRACE_TRY(const model::StreamArn where, address(context, name, arn));
    MILLRACE_TRY(stream::StreamPtr stream, look_up(context, where, operation));
    if (!stream) {
        return stream_not_found(where);
    }
    return stream;
}

Answer<stream::StreamPtr> find_active_stream(const Context& context,
                                             std::optional<std::string_view> name,
                                             std::optional<std::string_view> arn,
                                             std::string_view operation) {
    MILLRACE_TRY(stream::StreamPtr stream, find_stream(context, name, arn, operation));
    if (stream->status != stream::Status::kActive) {
        return not_active(*stream);
    }
    return stream;
}

std::string_view status_name(stream::Status status) {
    switch (status) {
        case stream::Status::kCreating:
            return "CREATING";
        case stream::Status::kActive:
            return "ACTIVE";
        case stream::Status::kUpdating:
            return "UPDATING";
        case stream::Status::kDeleting:
            return "DELETING";
    }
    check_failed("known Status", __FILE__, __LINE__);
}

std::string_view mode_name(stream::Mode mode) {
    switch (mode) {
        case stream::Mode::kProvisioned:
            return "PROVISIONED";
        case stream::Mode::kOnDemand:
            return "ON_DEMAND";
    }
    check_failed("known Mode", __FILE__, __LINE__);
}

ClientError not_active(const stream::Stream& stream) {
    return stream_not_active(arn_of(stream), status_name(stream.status));
}

}  // namespace millrace::api
