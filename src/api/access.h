// Whether a caller may have a resource: its owner's account may do everything, others what the
// resource's policy grants them.
#pragma once

#include <string>
#include <string_view>

#include "api/context.h"
#include "model/identity.h"
#include "stream/stream.h"

namespace millrace::api {

// Only the operations that the service lets an owner share can be granted, whatever a policy says.
bool has_access(const Context& context, const stream::Stream& stream, std::string_view operation);
// A consumer's own policy decides, not its stream's.
bool has_access(const Context& context, const stream::Stream& stream,
                const stream::Consumer& consumer, std::string_view operation);

}  // namespace millrace::api
