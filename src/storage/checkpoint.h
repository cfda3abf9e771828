// A checkpoint: every shard log's extent at one commit, when all its bytes up to there are synced.
// Start-up begins from it and looks at no segment; the journal before it is free. One file and a
// copy, each replaced whole (FORMAT.md, "Checkpoint").
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "storage/doomed.h"
#include "storage/journal_scan.h"
#include "storage/shard_log.h"
#include "storage/store_parts.h"

namespace millrace::storage {

struct Checkpoint {
    JournalMark mark;
    // Whether records after it are in the journal; otherwise the segments are all there is of them.
    bool records_journaled = true;
    std::uint32_t journal_seed = 0;  // of the checksums of commits
    std::vector<ShardState> shards;  // by key
    std::vector<Doomed> doomed;      // may be there still, and are to go
    bool operator==(const Checkpoint&) const = default;
};

std::vector<std::byte> encode_checkpoint(const Checkpoint& checkpoint);
// kCorrupt; kUnsupported: a later version's.
Result<Checkpoint> decode_checkpoint(Bytes bytes);

// Nothing: there is none yet. A damaged one is reported and its copy taken; kCorrupt: that is
// damaged too.
Result<std::optional<Checkpoint>> load_checkpoint(StoreParts& parts);
// Durable on return. Its size.
Result<std::uint64_t> store_checkpoint(StoreParts& parts, const Checkpoint& checkpoint);

}  // namespace millrace::storage
