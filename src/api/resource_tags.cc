#include "api/resource_tags.h"

#include <utility>

#include "api/failures.h"
#include "api/messages.h"
#include "api/resource.h"
#include "api/tag_rules.h"
#include "base/result.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

Task<Result<stream::Applied>> propose(stream::Broker& broker, const Resource& resource, TagMap put,
                                      std::vector<std::string> remove) {
    if (resource.consumer != nullptr) {
        const stream::ConsumerKey key = resource.consumer_key();
        return broker.configure_consumer(
            {key.stream, key.name, key.created_s, std::move(put), std::move(remove)});
    }
    return resource.stream
               ? broker.change_tags(resource.stream->uid, std::move(put), std::move(remove))
               : broker.change_channel_tags(resource.channel->id, std::move(put),
                                            std::move(remove));
}

Task<Answer<Nothing>> change(Context& context, Resource resource, TagMap put,
                             std::vector<std::string> remove, std::string_view operation) {
    const auto applied =
        co_await propose(context.broker, resource, std::move(put), std::move(remove));
    const auto own = [&](const stream::Applied& refused) -> std::optional<ClientError> {
        if (refused.outcome == stream::Outcome::kTooManyTags) {
            return too_many_tags(resource.tagged(), context.broker.settings().quotas.tags_max);
        }
        return std::nullopt;
    };
    MILLRACE_CO_TRY(settled(applied, resource, operation, own));
    co_return Nothing{};
}

}  // namespace

Task<Answer<Nothing>> tag_resource(Context& context, const TagResourceRequest& request) {
    constexpr std::string_view kOperation = "TagResource";
    MILLRACE_CO_TRY(Resource resource,
                    find_active_resource(context, *request.resource_arn, kOperation));
    TagMap added;
    for (const auto& [key, value] : *request.tags) {
        added[std::string(key)] = value;
    }
    MILLRACE_CO_TRY(check_added_tags(resource.tags(), added,
                                     context.broker.settings().quotas.tags_max, resource.tagged()));
    std::vector<std::string> removed;
    co_return co_await change(context, std::move(resource), std::move(added), std::move(removed),
                              kOperation);
}

Task<Answer<Nothing>> untag_resource(Context& context, const UntagResourceRequest& request) {
    constexpr std::string_view kOperation = "UntagResource";
    MILLRACE_CO_TRY(Resource resource,
                    find_active_resource(context, *request.resource_arn, kOperation));
    MILLRACE_CO_TRY(check_tag_characters(*request.tag_keys, TagChange::kRemove, resource.tagged()));
    std::vector<std::string> removed(request.tag_keys->begin(), request.tag_keys->end());
    TagMap added;
    co_return co_await change(context, std::move(resource), std::move(added), std::move(removed),
                              kOperation);
}

Task<Answer<ListTagsForResourceResponse>> list_tags_for_resource(
    Context& context, const ListTagsForResourceRequest& request) {
    MILLRACE_CO_TRY(const Resource resource,
                    find_resource(context, *request.resource_arn, "ListTagsForResource"));
    ListTagsForResourceResponse response;
    for (const auto& [key, value] : resource.tags()) {
        response.tags.push_back(Tag{key, value});
    }
    co_return response;
}

}  // namespace millrace::api
