// Recovery: from what a data directory holds to shard logs that can be read and appended to.
//
// The last checkpoint says what is durable in the segments. What was committed since stands in the
// journal and is written to the segments again, over whatever is there; where records were not
// journaled (durability = process), the segments' tails are scanned instead. Without a checkpoint
// that can be read, everything is scanned. Blocks.
#pragma once

#include <map>
#include <vector>

#include "base/result.h"
#include "storage/journal_scan.h"
#include "storage/shard_log.h"
#include "storage/store_parts.h"

namespace millrace::storage {

using ShardLogs = std::map<ShardKey, ShardLogPtr>;

struct Recovered {
    ShardLogs logs;                 // the catalog's included
    JournalMark covered;            // by the checkpoint that was found
    JournalScan journal;            // after it
    std::vector<Doomed> doomed;     // may be there still
    bool checkpoint_due = false;    // the one on disk does not say all this
    bool checkpoint_first = false;  // ... and who reads or writes now must be able to rely on it
    bool first_start = false;       // there was nothing, and no name made since is durable
};

Result<Recovered> recover(StoreParts& parts);

}  // namespace millrace::storage
