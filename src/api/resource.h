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
#include "stream/command.h"
#include "stream/stream.h"

namespace millrace::api {

// A channel; or a stream, or a consumer of that stream.
struct Resource {
    stream::StreamPtr stream = nullptr;
    stream::ChannelPtr channel = nullptr;
    const stream::Consumer* consumer = nullptr;  // of `stream`

    const std::map<std::string, std::string>& tags() const;
    Tagged tagged() const;              // borrows from this
    const std::string& policy() const;  // REQUIRES: no channel

    // A command that changes the consumer, still without a change. REQUIRES: a consumer.
    stream::ConfigureConsumer change_of_consumer() const;
    // What became of a command that changes it, but for outcomes of its own.
    Answer<void> settled(const Result<stream::Applied>& applied, std::string_view operation) const;
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
