// Reads and time look-ups on one shard log, as engine.h defines them. With kCachedOnly they give
// kWouldBlock instead of waiting for the disk.
#pragma once

#include "base/result.h"
#include "storage/engine.h"
#include "storage/shard_log.h"

namespace millrace::storage {

Result<ReadResult> read_records(StoreParts& parts, ShardLog& log, const ReadRequest& request,
                                env::ReadMode mode);

Result<Position> locate_record(StoreParts& parts, ShardLog& log, const Locate& locate,
                               env::ReadMode mode);

}  // namespace millrace::storage
