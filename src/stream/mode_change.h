// A stream's change between provisioned and on-demand mode, as the catalog's commands make it. Its
// shards stay as they are.
#pragma once

#include <cstddef>

#include "stream/command.h"
#include "stream/totals.h"

namespace millrace::stream {

// `channels`: how many the stream has; `totals`: of its owner.
Applied begin_mode_change(const StreamPtr& found, const BeginModeChange& command, WallTime time,
                          std::size_t channels, const Totals& totals);
Applied finish_mode_change(const StreamPtr& found);

}  // namespace millrace::stream
