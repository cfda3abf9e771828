// The catalog's commands as text: JSON objects with a version (catalog_text.h).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "stream/command.h"

namespace millrace::stream {

std::string encode_command(const Command& command);
Result<Command> decode_command(std::string_view text);

}  // namespace millrace::stream
