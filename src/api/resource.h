// What a ResourceARN names: a stream, a consumer or a channel. Every operation that takes any of
// them comes through here.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "api/context.h"
#include "api/errors.h"
#include "api/messages.h"
#include "stream/channel.h"
#include "stream/stream.h"

namespace millrace::api {

// One of the two is set.
struct Resource {
    stream::StreamPtr stream;
    stream::ChannelPtr channel;

    const std::map<std::string, std::string>& tags() const;
    Tagged tagged() const;  // borrows from this
};

// In whatever status; nobody but its owner has it.
Answer<Resource> find_resource(const Context& context, std::string_view arn,
                               std::string_view operation);
// The same for operations that need it to be ACTIVE.
Answer<Resource> find_active_resource(const Context& context, std::string_view arn,
                                      std::string_view operation);

// The channel of that ARN, which the request has as its `member`.
Answer<stream::ChannelPtr> find_channel(const Context& context, std::string_view member,
                                        std::string_view arn, std::string_view operation);

}  // namespace millrace::api
