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
    return Resource{std::move(found.stream), found.consumer};
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
    return Resource{std::move(stream)};
}

}  // namespace

const std::map<std::string, std::string>& Resource::tags() const {
    return consumer != nullptr ? consumer->tags : stream ? stream->tags : channel->tags;
}

const std::string& Resource::policy() const {
    return consumer != nullptr ? consumer->policy : stream->policy;
}

stream::ConsumerKey Resource::consumer_key() const {
    return {stream->uid, consumer->name, consumer->created_s};
}

Tagged Resource::tagged() const {
    if (consumer != nullptr) {
        return {"consumer", consumer->name, stream->owner.account};
    }
    return stream ? Tagged("stream", stream->name.text(), stream->owner.account)
                  : Tagged("channel", channel->name, channel->owner.account);
}

Answer<Resource> find_resource(const Context& context, std::string_view arn,
                               std::string_view operation) {
    if (model::ChannelArn::parse(arn)) {
        MILLRACE_TRY(stream::ChannelPtr channel, find_channel(context, kMember, arn, operation));
        return Resource{nullptr, nullptr, std::move(channel)};
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
            return consumer_not_changeable(arn_of(*resource.stream, *resource.consumer));
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

Answer<void> settled(const Result<stream::Applied>& applied, const Resource& resource,
                     std::string_view operation) {
    if (resource.channel) {
        return settled(applied, *resource.channel, operation);
    }
    if (resource.consumer != nullptr && applied && applied.value().stream) {
        const model::ConsumerArn arn = arn_of(*resource.stream, *resource.consumer);
        if (applied.value().outcome == stream::Outcome::kNotFound) {
            return consumer_not_found(arn.text(), arn.stream.owner.account);
        }
        if (applied.value().outcome == stream::Outcome::kNotActive) {
            return consumer_not_changeable(arn);
        }
    }
    return settled(applied, *resource.stream, operation);
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
        return access_denied(caller(context), operation, arn);
    }
    return channel;
}

}  // namespace millrace::api
