// What a channel is asked to be, checked against the service's rules and with every default filled
// in.
#pragma once

#include <string_view>

#include "api/channels.h"
#include "api/errors.h"
#include "model/identity.h"
#include "stream/channel.h"

namespace millrace::api {

// All rules that need no state, but for those of the key template: they need the stream's name.
Answer<void> check_settings(const model::Identity& owner, const CreateChannelRequest& request);

// The channel, reading from `stream`. REQUIRES: check_settings() passed.
Answer<stream::Channel> resolve(const model::Identity& owner, std::string id,
                                const stream::Stream& stream, const CreateChannelRequest& request);

Answer<void> check_freshness(std::optional<std::int32_t> seconds);
// `update` laid over `before`: names that are not given stay, or get their defaults when needed.
stream::ChannelLogging merge_logging(const stream::Channel& channel, const CloudWatchLogs& update);

}  // namespace millrace::api
