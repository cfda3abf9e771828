// What a client is told when the machine failed, not the client.
#pragma once

#include <string_view>

#include "api/errors.h"
#include "base/error.h"
#include "stream/command.h"

namespace millrace::api {

// Logs the error and answers without its words.
ClientError failure(const Error& error, std::string_view operation);

// For outcomes that an operation's command cannot have.
ClientError unexpected(stream::Outcome outcome, std::string_view operation);

}  // namespace millrace::api
