// A scan of what stands in a shard's last segments beyond what is known of it: where records are
// not journaled after a kill, and everywhere when no checkpoint can be read. What is torn at the
// end is cut off; what is damaged before a later whole frame is reported. Blocks.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "storage/shard_log.h"
#include "storage/store_parts.h"

namespace millrace::storage {

// Takes up into `state` what is found in the segments that begin at `firsts`, ascending: its last
// one and those past it. Gives the files of which something was found that nobody has synced yet.
Result<std::vector<std::shared_ptr<env::File>>> scan_tail(StoreParts& parts, ShardState& state,
                                                          std::span<const Position> firsts);

}  // namespace millrace::storage
