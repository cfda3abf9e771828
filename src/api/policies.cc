#include "api/policies.h"

#include <utility>

#include "api/messages.h"
#include "api/policy_parser.h"
#include "api/resource.h"
#include "base/result.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

constexpr std::string_view kNoPolicy = "{}";

// What can have a policy: a stream or a consumer.
Answer<Resource> not_a_channel(Resource resource, std::string_view arn) {
    if (resource.channel) {
        return policy_not_for_channels(arn);
    }
    return resource;
}

Task<Result<stream::Applied>> set_policy(stream::Broker& broker, const Resource& resource,
                                         std::string policy) {
    if (resource.consumer != nullptr) {
        stream::ConfigureConsumer change = resource.change_of_consumer();
        change.policy = std::move(policy);
        return broker.configure_consumer(std::move(change));
    }
    stream::ConfigureStream change;
    change.uid = resource.stream->uid;
    change.policy = std::move(policy);
    return broker.configure_stream(std::move(change), false);
}

}  // namespace

Task<Answer<Nothing>> put_resource_policy(Context& context,
                                          const PutResourcePolicyRequest& request) {
    constexpr std::string_view kOperation = "PutResourcePolicy";
    if (!parse_policy(*request.policy)) {
        co_return policy_malformed();
    }
    MILLRACE_CO_TRY(Resource found,
                    find_active_resource(context, *request.resource_arn, kOperation));
    MILLRACE_CO_TRY(const Resource resource,
                    not_a_channel(std::move(found), *request.resource_arn));
    std::string policy(*request.policy);
    const auto applied = co_await set_policy(context.broker, resource, std::move(policy));
    MILLRACE_CO_TRY(resource.settled(applied, kOperation));
    co_return Nothing{};
}

Task<Answer<GetResourcePolicyResponse>> get_resource_policy(Context& context,
                                                            const ResourcePolicyRequest& request) {
    MILLRACE_CO_TRY(Resource found,
                    find_resource(context, *request.resource_arn, "GetResourcePolicy"));
    MILLRACE_CO_TRY(const Resource resource,
                    not_a_channel(std::move(found), *request.resource_arn));
    const std::string& policy = resource.policy();
    co_return GetResourcePolicyResponse{policy.empty() ? std::string(kNoPolicy) : policy};
}

Task<Answer<Nothing>> delete_resource_policy(Context& context,
                                             const ResourcePolicyRequest& request) {
    constexpr std::string_view kOperation = "DeleteResourcePolicy";
    MILLRACE_CO_TRY(Resource found,
                    find_active_resource(context, *request.resource_arn, kOperation));
    MILLRACE_CO_TRY(const Resource resource,
                    not_a_channel(std::move(found), *request.resource_arn));
    if (resource.policy().empty()) {
        co_return no_policy(*request.resource_arn);
    }
    const auto applied = co_await set_policy(context.broker, resource, std::string());
    MILLRACE_CO_TRY(resource.settled(applied, kOperation));
    co_return Nothing{};
}

}  // namespace millrace::api
