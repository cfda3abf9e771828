// What a client is told when the machine failed, not the client.
#pragma once

#include <string_view>

#include "api/errors.h"
#include "base/error.h"
#include "base/result.h"
#include "stream/command.h"

namespace millrace::api {

// Logs the error and answers without its words.
ClientError failure(const Error& error, std::string_view operation);

// What became of a command that changes `stream` and can fail only because of its status: for those
// with other outcomes of their own, after these.
Answer<void> settled(const Result<stream::Applied>& applied, const stream::Stream& stream,
                     std::string_view operation);
// The same for a command that changes a channel.
Answer<void> settled(const Result<stream::Applied>& applied, const stream::Channel& channel,
                     std::string_view operation);

// For outcomes that an operation's command cannot have.
ClientError unexpected(stream::Outcome outcome, std::string_view operation);

}  // namespace millrace::api
