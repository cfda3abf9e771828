#include "api/policies.h"

#include <utility>

#include "api/addressing.h"
#include "api/failures.h"
#include "api/messages.h"
#include "api/policy_parser.h"
#include "api/resource.h"
#include "base/result.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

constexpr std::string_view kNoPolicy = "{}";

// The stream whose policy is meant.
Answer<stream::StreamPtr> find_owner(const Context& context, std::string_view arn,
                                     std::string_view operation) {
    MILLRACE_TRY(const Resource resource, find_resource(context, arn, operation));
    if (resource.channel) {
        return policy_not_for_channels(arn);
    }
    return resource.stream;
}

Task<Answer<Nothing>> set_policy(Context& context, stream::StreamPtr stream, std::string policy,
                                 std::string_view operation) {
    stream::ConfigureStream change;
    change.uid = stream->uid;
    change.policy = std::move(policy);
    const auto applied = co_await context.broker.configure_stream(std::move(change), false);
    MILLRACE_CO_TRY(settled(applied, *stream, operation));
    co_return Nothing{};
}

}  // namespace

Task<Answer<Nothing>> put_resource_policy(Context& context,
                                          const PutResourcePolicyRequest& request) {
    constexpr std::string_view kOperation = "PutResourcePolicy";
    if (!parse_policy(*request.policy)) {
        co_return policy_malformed();
    }
    MILLRACE_CO_TRY(stream::StreamPtr stream,
                    find_owner(context, *request.resource_arn, kOperation));
    if (stream->status != stream::Status::kActive) {
        co_return not_active(*stream);
    }
    std::string policy(*request.policy);
    co_return co_await set_policy(context, std::move(stream), std::move(policy), kOperation);
}

Task<Answer<GetResourcePolicyResponse>> get_resource_policy(Context& context,
                                                            const ResourcePolicyRequest& request) {
    MILLRACE_CO_TRY(const stream::StreamPtr stream,
                    find_owner(context, *request.resource_arn, "GetResourcePolicy"));
    co_return GetResourcePolicyResponse{stream->policy.empty() ? std::string(kNoPolicy)
                                                               : stream->policy};
}

Task<Answer<Nothing>> delete_resource_policy(Context& context,
                                             const ResourcePolicyRequest& request) {
    constexpr std::string_view kOperation = "DeleteResourcePolicy";
    MILLRACE_CO_TRY(stream::StreamPtr stream,
                    find_owner(context, *request.resource_arn, kOperation));
    if (stream->status != stream::Status::kActive) {
        co_return not_active(*stream);
    }
    if (stream->policy.empty()) {
        co_return no_policy(*request.resource_arn);
    }
    std::string none;
    co_return co_await set_policy(context, std::move(stream), std::move(none), kOperation);
}

}  // namespace millrace::api
