// What a client is told when the machine failed, not the client.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "api/errors.h"
#include "base/error.h"
#include "base/result.h"
#include "model/arn.h"
#include "stream/command.h"

namespace millrace::api {

// Logs the error and answers without its words.
ClientError failure(const Error& error, std::string_view operation);

// What became of a command about a stream: the outcomes that mean the same whatever the operation,
// and no others.
Answer<void> settled(const Result<stream::Applied>& applied, const model::StreamArn& stream,
                     std::string_view operation);
Answer<void> settled(const Result<stream::Applied>& applied, const stream::Stream& stream,
                     std::string_view operation);
// The same, after the outcomes that are the operation's own: `own` gives their errors, and nothing
// for the rest.
template <class About, class Own>
Answer<void> settled(const Result<stream::Applied>& applied, const About& about,
                     std::string_view operation, Own own) {
    if (applied && applied.value().outcome != stream::Outcome::kApplied) {
        if (std::optional<ClientError> error = own(applied.value())) {
            return *std::move(error);
        }
    }
    return settled(applied, about, operation);
}
// Of a command that changes a channel.
Answer<void> settled(const Result<stream::Applied>& applied, const stream::Channel& channel,
                     std::string_view operation);

// For outcomes that an operation's command cannot have.
ClientError unexpected(stream::Outcome outcome, std::string_view operation);

}  // namespace millrace::api
