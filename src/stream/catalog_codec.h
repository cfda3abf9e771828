// The catalog's commands and snapshots as text: JSON objects with a version. What this build does
// not know (a newer version, an action it has no name for) is kUnsupported, and the process refuses
// to start; what no version could mean is kCorrupt.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "stream/catalog_state.h"
#include "stream/command.h"

namespace millrace::stream {

inline constexpr int kCatalogVersion = 1;

std::string encode_command(const Command& command);
Result<Command> decode_command(std::string_view text);

std::string encode_state(const CatalogState& state);
Result<CatalogState> decode_state(std::string_view text);

}  // namespace millrace::stream
