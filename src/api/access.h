// Whether a caller may have a resource: its owner's account may do everything, others what the
// resource's policy grants them.
#pragma once

#include <string>
#include <string_view>

#include "api/context.h"
#include "model/identity.h"
#include "stream/stream.h"

namespace millrace::api {

bool has_access(const Context& context, const stream::Stream& stream, std::string_view operation);

// `policy` as its owner gave it, empty for none. Only the operations that the service lets an owner
// share can be granted, whatever the policy says.
bool policy_grants(const Context& context, const std::string& policy, std::string_view operation,
                   const std::string& arn);

}  // namespace millrace::api
