// The resource policies of streams and consumers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/context.h"
#include "api/errors.h"
#include "api/nothing.h"
#include "base/task.h"

namespace millrace::api {

struct PutResourcePolicyRequest {
    std::optional<std::string_view> resource_arn;
    std::optional<std::string_view> policy;
    std::optional<std::string_view> stream_id;
};

// Of GetResourcePolicy and DeleteResourcePolicy.
struct ResourcePolicyRequest {
    std::optional<std::string_view> resource_arn;
    std::optional<std::string_view> stream_id;
};
struct GetResourcePolicyResponse {
    std::string policy;
};

Task<Answer<Nothing>> put_resource_policy(Context& context,
                                          const PutResourcePolicyRequest& request);
Task<Answer<GetResourcePolicyResponse>> get_resource_policy(Context& context,
                                                            const ResourcePolicyRequest& request);
Task<Answer<Nothing>> delete_resource_policy(Context& context,
                                             const ResourcePolicyRequest& request);

}  // namespace millrace::api
