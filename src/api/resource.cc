#include "api/resource.h"

#include "api/addressing.h"
#include "api/consumers.h"
#include "api/failures.h"
#include "base/result.h"
#include "model/arn.h"
#include "model/consumer_arn.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

constexpr std::string_view kMember = "ResourceARN";
constexpr std::string_view kConsumerMark = "/consumer/";

Answer<Resource> find_resource_consumer(const Context& context, std::string_view arn,
                                        std::string_view operation) {
    const auto where = model::ConsumerArn::parse(arn);
    if (!where) {
        return resource_arn_malformed(arn);
    }
    if (where->stream.owner.region != context.region) {
        return resource_arn_of_other_region(kMember, arn, context.region);
    }
    MILLRACE_TRY(FoundConsumer found, find_consumer(context, arn, operation));
    return Resource{std::move(found.stream), nullptr, found.consumer};
}

Answer<Resource> find_resource_stream(const Context& context, std::string_view arn,
                                      std::string_view operation) {
    const auto where = model::StreamArn::parse(arn);
    if (!where) {
        return resource_arn_malformed(arn);
    }
    if (where->owner.region != context.region) {
        return resource_arn_of_other_region(kMember, arn, context.region);
    }
    MILLRACE_TRY(stream::StreamPtr stream, look_up(context, *where, operation));
    if (!stream) {
        return stream_not_found(*where);
    }
    return Resource{std::move(stream), nullptr, nullptr};
}

}  // namespace

const std::map<std::string, std::string>& Resource::tags() const {
    if (consumer != nullptr) {
        return consumer->tags;
    }
    return stream ? stream->tags : channel->tags;
}

Tagged Resource::tagged() const {
    if (consumer != nullptr) {
        return Tagged("consumer", consumer->name, stream->owner.account);
    }
    return stream ? Tagged("stream", stream->name.text(), stream->owner.account)
                  : Tagged("channel", channel->name, channel->owner.account);
}

const std::string& Resource::policy() const {
    return consumer != nullptr ? consumer->policy : stream->policy;
}

stream::ConfigureConsumer Resource::change_of_consumer() const {
    stream::ConfigureConsumer change;
    change.uid = stream->uid;
    change.name = consumer->name;
    change.created_s = consumer->created_s;
    return change;
}

Answer<void> Resource::settled(const Result<stream::Applied>& applied,
                               std::string_view operation) const {
    if (consumer == nullptr) {
        return stream ? api::settled(applied, *stream, operation)
                      : api::settled(applied, *channel, operation);
    }
    const FoundConsumer found{stream, consumer};
    if (applied && applied.value().outcome == stream::Outcome::kNotActive) {
        return resource_consumer_not_active(found.arn());
    }
    if (applied && applied.value().outcome == stream::Outcome::kNotFound) {
        return consumer_not_found(found.arn().text(), stream->owner.account);
    }
    return api::settled(applied, *stream, operation);
}

Answer<Resource> find_resource(const Context& context, std::string_view arn,
                               std::string_view operation) {
    if (model::ChannelArn::parse(arn)) {
        MILLRACE_TRY(stream::ChannelPtr channel, find_channel(context, kMember, arn, operation));
        return Resource{nullptr, std::move(channel), nullptr};
    }
    if (arn.find(kConsumerMark) != std::string_view::npos) {
        return find_resource_consumer(context, arn, operation);
    }
    return find_resource_stream(context, arn, operation);
}

Answer<Resource> find_active_resource(const Context& context, std::string_view arn,
                                      std::string_view operation) {
    MILLRACE_TRY(Resource resource, find_resource(context, arn, operation));
    if (resource.consumer != nullptr) {
        if (resource.consumer->status != stream::Consumer::Status::kActive) {
            return resource_consumer_not_active(
                FoundConsumer{resource.stream, resource.consumer}.arn());
        }
        return resource;
    }
    if (resource.stream && resource.stream->status != stream::Status::kActive) {
        return not_active(*resource.stream);
    }
    if (resource.channel && resource.channel->status != stream::Status::kActive) {
        const stream::Channel& channel = *resource.channel;
        return channel_not_active(channel.name, channel.owner.account, status_name(channel.status));
    }
    return resource;
}

Answer<stream::ChannelPtr> find_channel(const Context& context, std::string_view member,
                                        std::string_view arn, std::string_view operation) {
    const auto where = model::ChannelArn::parse(arn);
    if (!where) {
        return resource_arn_malformed(arn);
    }
    if (where->owner.region != context.region) {
        return resource_arn_of_other_region(member, arn, context.region);
    }
    stream::ChannelPtr channel = context.broker.catalog().channel(where->id);
    if (!channel || channel->owner != where->owner) {
        return channel_not_found(where->id, where->owner.account);
    }
    if (channel->owner.account != context.account) {
        return access_denied(context.account, operation, arn);
    }
    return channel;
}

}  // namespace millrace::api
