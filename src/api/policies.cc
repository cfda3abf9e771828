#include "api/policies.h"

#include <utility>

#include "api/addressing.h"
#include "api/failures.h"
#include "api/messages.h"
#include "api/policy_parser.h"
#include "api/resource.h"
#include "base/result.h"
#include "model/arn.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

constexpr std::string_view kNoPolicy = "{}";

Answer<void> check_kind(std::string_view arn) {
    if (model::ChannelArn::parse(arn)) {
        return policy_not_for_channels(arn);
    }
    return success();
}

Task<Result<stream::Applied>> propose(stream::Broker& broker, const Resource& resource,
                                      std::string policy) {
    if (resource.consumer != nullptr) {
        const stream::ConsumerKey key = resource.consumer_key();
        stream::ConfigureConsumer change{key.stream, key.name, key.created_s};
        change.policy = std::move(policy);
        return broker.configure_consumer(std::move(change));
    }
    stream::ConfigureStream change;
    change.uid = resource.stream->uid;
    change.policy = std::move(policy);
    return broker.configure_stream(std::move(change), false);
}

Task<Answer<Nothing>> set_policy(Context& context, Resource resource, std::string policy,
                                 std::string_view operation) {
    const auto applied = co_await propose(context.broker, resource, std::move(policy));
    MILLRACE_CO_TRY(settled(applied, resource, operation));
    co_return Nothing{};
}

}  // namespace

Task<Answer<Nothing>> put_resource_policy(Context& context,
                                          const PutResourcePolicyRequest& request) {
    constexpr std::string_view kOperation = "PutResourcePolicy";
    const std::string_view arn = *request.resource_arn;
    MILLRACE_CO_TRY(check_kind(arn));
    if (!parse_policy(*request.policy)) {
        co_return policy_malformed();
    }
    MILLRACE_CO_TRY(Resource resource, find_active_resource(context, arn, kOperation));
    std::string policy(*request.policy);
    co_return co_await set_policy(context, std::move(resource), std::move(policy), kOperation);
}

Task<Answer<GetResourcePolicyResponse>> get_resource_policy(Context& context,
                                                            const ResourcePolicyRequest& request) {
    const std::string_view arn = *request.resource_arn;
    MILLRACE_CO_TRY(check_kind(arn));
    MILLRACE_CO_TRY(const Resource resource, find_resource(context, arn, "GetResourcePolicy"));
    const std::string& policy = resource.policy();
    co_return GetResourcePolicyResponse{policy.empty() ? std::string(kNoPolicy) : policy};
}

Task<Answer<Nothing>> delete_resource_policy(Context& context,
                                             const ResourcePolicyRequest& request) {
    constexpr std::string_view kOperation = "DeleteResourcePolicy";
    const std::string_view arn = *request.resource_arn;
    MILLRACE_CO_TRY(check_kind(arn));
    MILLRACE_CO_TRY(Resource resource, find_active_resource(context, arn, kOperation));
    if (resource.policy().empty()) {
        co_return no_policy(arn);
    }
    std::string none;
    co_return co_await set_policy(context, std::move(resource), std::move(none), kOperation);
}

}  // namespace millrace::api
