// What a ResourceARN names: a stream, a consumer or a channel. Every operation that takes any of
// them comes through here.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "api/context.h"
#include "api/errors.h"
#include "api/messages.h"
#include "base/result.h"
#include "stream/channel.h"
#include "stream/command.h"
#include "stream/stream.h"

namespace millrace::api {

// One of `stream` and `channel` is set.
struct Resource {
    stream::StreamPtr stream;
    const stream::Consumer* consumer = nullptr;  // of `stream`: it is what was named
    stream::ChannelPtr channel = nullptr;

    const std::map<std::string, std::string>& tags() const;
    const std::string& policy() const;         // REQUIRES: no channel
    Tagged tagged() const;                     // borrows from this
    stream::ConsumerKey consumer_key() const;  // REQUIRES: a consumer
};

// In whatever status; nobody but its owner has it.
Answer<Resource> find_resource(const Context& context, std::string_view arn,
                               std::string_view operation);
// The same for operations that need it to be ACTIVE.
Answer<Resource> find_active_resource(const Context& context, std::string_view arn,
                                      std::string_view operation);

// What became of a command that changes the resource: see api/failures.h.
Answer<void> settled(const Result<stream::Applied>& applied, const Resource& resource,
                     std::string_view operation);

// The channel of that ARN, which the request has as its `member`.
Answer<stream::ChannelPtr> find_channel(const Context& context, std::string_view member,
                                        std::string_view arn, std::string_view operation);

}  // namespace millrace::api
