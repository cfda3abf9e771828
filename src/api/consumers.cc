#include "api/consumers.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "api/access.h"
#include "api/addressing.h"
#include "api/failures.h"
#include "api/messages.h"
#include "api/tag_rules.h"
#include "base/check.h"
#include "base/result.h"
#include "model/limits.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

std::string_view consumer_status_name(stream::Consumer::Status status) {
    switch (status) {
        case stream::Consumer::Status::kCreating:
            return "CREATING";
        case stream::Consumer::Status::kActive:
            return "ACTIVE";
        case stream::Consumer::Status::kDeleting:
            return "DELETING";
    }
    check_failed("known Consumer::Status", __FILE__, __LINE__);
}

ConsumerMember consumer_member(const stream::StreamPtr& stream, const stream::Consumer& consumer) {
    ConsumerMember member;
    member.consumer_name = consumer.name;
    member.consumer_arn = arn_of(*stream, consumer).text();
    member.consumer_status = consumer_status_name(consumer.status);
    member.consumer_creation_timestamp = WallTime(Seconds(consumer.created_s));
    return member;
}

// What was found of `consumer`, as the request calls it, if it is there and the caller may have it.
Answer<FoundConsumer> admit(const Context& context, FoundConsumer found,
                            const model::StreamArn& where, std::string_view consumer,
                            std::string_view operation) {
    if (!found.stream) {
        return stream_not_found(where);
    }
    if (found.consumer == nullptr) {
        return consumer_not_found(consumer, where.owner.account);
    }
    if (!has_access(context, *found.stream, *found.consumer, operation)) {
        return access_denied(caller(context), operation, found.arn().text());
    }
    return found;
}

// By ARN, by the stream's ARN and a name, or by all three if they agree.
Answer<FoundConsumer> find_consumer(const Context& context, const ConsumerRequest& request,
                                    std::string_view operation) {
    if (!request.consumer_arn) {
        if (!request.consumer_name || !request.stream_arn) {
            return no_consumer_given();
        }
        MILLRACE_TRY(const model::StreamArn where,
                     address(context, std::nullopt, request.stream_arn));
        FoundConsumer found;
        found.stream = context.broker.catalog().find(where.owner, where.name);
        if (found.stream) {
            found.consumer = found.stream->consumers.find(std::string(*request.consumer_name));
        }
        return admit(context, std::move(found), where, *request.consumer_name, operation);
    }
    const std::string_view arn = *request.consumer_arn;
    const auto parsed = model::ConsumerArn::parse(arn);
    if (parsed && request.consumer_name && parsed->name != *request.consumer_name) {
        return consumer_arn_and_other_differ(arn, "ConsumerName", *request.consumer_name);
    }
    if (parsed && request.stream_arn &&
        model::StreamArn::parse(*request.stream_arn) != parsed->stream) {
        return consumer_arn_and_other_differ(arn, "StreamARN", *request.stream_arn);
    }
    return api::find_consumer(context, arn, operation);
}

}  // namespace

model::ConsumerArn FoundConsumer::arn() const {
    return arn_of(*stream, *consumer);
}

stream::ConsumerKey FoundConsumer::key() const {
    return {stream->uid, consumer->name, consumer->created_s};
}

Answer<FoundConsumer> find_consumer(const Context& context, std::string_view consumer_arn,
                                    std::string_view operation) {
    const auto arn = model::ConsumerArn::parse(consumer_arn);
    if (!arn) {
        return consumer_not_found(consumer_arn, context.account);
    }
    if (arn->stream.owner.region != context.region) {
        return consumer_arn_of_other_region(consumer_arn, context.region);
    }
    FoundConsumer found;
    found.stream = context.broker.catalog().find(arn->stream.owner, arn->stream.name);
    if (found.stream) {
        found.consumer = found.stream->consumers.find(arn->name, arn->created_s);
    }
    return admit(context, std::move(found), arn->stream, consumer_arn, operation);
}

Task<Answer<RegisterStreamConsumerResponse>> register_stream_consumer(
    Context& context, const RegisterStreamConsumerRequest& request) {
    constexpr std::string_view kOperation = "RegisterStreamConsumer";
    MILLRACE_CO_TRY(const stream::StreamPtr stream,
                    find_stream(context, std::nullopt, request.stream_arn, kOperation));
    if (!stream->writable()) {  // ACTIVE or UPDATING
        co_return not_active(*stream);
    }
    const model::StreamArn where = arn_of(*stream);
    const stream::Quotas& quotas = context.broker.settings().quotas;
    std::string name(*request.consumer_name);
    TagMap tags;
    if (request.tags) {
        for (const auto& [key, value] : *request.tags) {
            tags[std::string(key)] = value;
        }
        MILLRACE_CO_TRY(check_added_tags({}, tags, quotas.tags_max,
                                         Tagged("consumer", name, where.owner.account)));
    }
    const auto applied =
        co_await context.broker.register_consumer(stream->uid, name, std::move(tags));
    const auto own = [&](const stream::Applied& refused) -> std::optional<ClientError> {
        switch (refused.outcome) {
            case stream::Outcome::kExists:
                return consumer_exists(name, where);
            case stream::Outcome::kConsumerQuota:
                return consumer_limit(where, context.broker.consumers_max(*refused.stream));
            case stream::Outcome::kPendingQuota:
                return creating_consumers_limit(context.account, quotas.creating_consumers_max);
            default:
                return std::nullopt;
        }
    };
    MILLRACE_CO_TRY(settled(applied, where, kOperation, own));
    // As it was registered, even if it is ACTIVE by now.
    const stream::StreamPtr& after = applied.value().stream;
    co_return RegisterStreamConsumerResponse{consumer_member(after, *after->consumers.find(name))};
}

Task<Answer<DescribeStreamConsumerResponse>> describe_stream_consumer(
    Context& context, const ConsumerRequest& request) {
    MILLRACE_CO_TRY(const FoundConsumer found,
                    find_consumer(context, request, "DescribeStreamConsumer"));
    ConsumerMember member = consumer_member(found.stream, *found.consumer);
    DescribeStreamConsumerResponse response;
    ConsumerDescription& description = response.consumer_description;
    description.consumer_name = std::move(member.consumer_name);
    description.consumer_arn = std::move(member.consumer_arn);
    description.consumer_status = member.consumer_status;
    description.consumer_creation_timestamp = member.consumer_creation_timestamp;
    description.stream_arn = arn_of(*found.stream).text();
    co_return response;
}

Task<Answer<Nothing>> deregister_stream_consumer(Context& context, const ConsumerRequest& request) {
    constexpr std::string_view kOperation = "DeregisterStreamConsumer";
    MILLRACE_CO_TRY(const FoundConsumer found, find_consumer(context, request, kOperation));
    const auto applied = co_await context.broker.deregister_consumer(found.key());
    if (applied && applied.value().outcome == stream::Outcome::kNotActive) {
        co_return Nothing{};  // it is DELETING already
    }
    const auto own = [&](const stream::Applied& refused) -> std::optional<ClientError> {
        if (refused.outcome == stream::Outcome::kNotFound) {
            return consumer_not_found(request.consumer_arn.value_or(found.consumer->name),
                                      found.stream->owner.account);
        }
        return std::nullopt;
    };
    MILLRACE_CO_TRY(settled(applied, *found.stream, kOperation, own));
    co_return Nothing{};
}

Task<Answer<ListStreamConsumersResponse>> list_stream_consumers(
    Context& context, const ListStreamConsumersRequest& request) {
    using stream::ListToken;
    if (request.next_token && request.stream_creation_timestamp) {
        co_return token_excludes("StreamCreationTimestamp");
    }
    const WallTime now = context.broker.now();
    stream::Opened<ListToken> opened;
    if (request.next_token) {
        opened = context.broker.tokens().open_list(ListToken::Listing::kConsumers,
                                                   *request.next_token, now);
        switch (opened.state) {
            case stream::TokenState::kInvalid:
                co_return token_invalid();
            case stream::TokenState::kExpired:
                co_return token_expired();
            case stream::TokenState::kValid:
                break;
        }
    }
    MILLRACE_CO_TRY(const stream::StreamPtr stream,
                    find_stream(context, std::nullopt, request.stream_arn, "ListStreamConsumers"));
    const bool namesake = request.stream_creation_timestamp &&
                          to_seconds(*request.stream_creation_timestamp) != stream->created_s;
    // A token of a stream that was deleted, too.
    if (namesake || (request.next_token && opened.value.uid != stream->uid)) {
        co_return stream_not_found(arn_of(*stream));
    }
    if (!stream->writable()) {
        co_return not_active(*stream);
    }
    constexpr auto kPage = static_cast<std::size_t>(model::kListConsumersPageConsumers);
    const std::size_t page = request.max_results
                                 ? std::min(static_cast<std::size_t>(*request.max_results), kPage)
                                 : kPage;
    ListStreamConsumersResponse response;
    const auto& present = stream->consumers.present;
    for (auto at = present.upper_bound(opened.value.last); at != present.end(); ++at) {
        if (response.consumers.size() == page) {
            ListToken token;
            token.listing = ListToken::Listing::kConsumers;
            token.uid = stream->uid;
            token.stream_name = stream->name.text();
            token.last = response.consumers.back().consumer_name;
            response.next_token = context.broker.tokens().seal(token, now);
            break;
        }
        response.consumers.push_back(consumer_member(stream, at->second));
    }
    co_return response;
}

}  // namespace millrace::api
