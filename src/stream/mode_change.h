// A stream's change between provisioned and on-demand mode, as the catalog's commands make it. Its
// shards stay as they are, unless it comes with a warm throughput that asks for more.
#pragma once

#include <cstddef>

#include "stream/command.h"
#include "stream/totals.h"

namespace millrace::stream {

// kStale: that is its mode, or its shards are not those that the steps were planned over.
// `channels`: how many the stream has; `totals`: of its owner.
Applied begin_mode_change(const StreamPtr& found, const BeginModeChange& command, WallTime time,
                          std::size_t channels, const Totals& totals);
Applied finish_mode_change(const StreamPtr& found, const FinishModeChange& command, WallTime time);

}  // namespace millrace::stream
