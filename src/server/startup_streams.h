// The `streams` option: NAME, NAME:SHARDS or NAME:on-demand each.
#pragma once

#include <vector>

#include "base/result.h"
#include "millrace/options.h"
#include "stream/broker.h"

namespace millrace::server {

// They belong to the configured account and region. kInvalid names the part that is wrong.
Result<std::vector<stream::StartupStream>> parse_startup_streams(const Options& options);

}  // namespace millrace::server
