// A stream's change between provisioned and on-demand mode, as the catalog's commands make it. Its
// shards stay as they are.
#pragma once

#include "stream/command.h"
#include "stream/totals.h"

namespace millrace::stream {

Applied begin_mode_change(const StreamPtr& found, const BeginModeChange& command, WallTime time,
                          const Totals& totals);
Applied finish_mode_change(const StreamPtr& found);

}  // namespace millrace::stream
