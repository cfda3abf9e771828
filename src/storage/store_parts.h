// What all shard logs of one data directory share.
#pragma once

#include "env/clock.h"
#include "env/file_system.h"
#include "storage/damage.h"
#include "storage/layout.h"
#include "storage/lru.h"
#include "storage/reserve.h"
#include "storage/segment_engine_options.h"
#include "storage/segment_index.h"

namespace millrace::storage {

struct StoreParts {
    StoreParts(SegmentEngineOptions chosen, env::FileSystem& file_system, env::Clock& time)
        : options(std::move(chosen)),
          layout(options.data_dir),
          files(file_system),
          clock(time),
          reserve(files, layout.reserve()),
          journal_seed(options.journal_seed),
          open_files(options.open_files),
          indexes(options.index_cache_bytes) {}

    // Whether records go through the journal, and wait for its sync. Otherwise a write to the
    // segment is all there is to an acknowledgement, and only control entries are journaled.
    bool journals_records() const { return options.durability == Durability::kPower; }

    const SegmentEngineOptions options;
    const Layout layout;
    env::FileSystem& files;
    env::Clock& clock;
    Reserve reserve;
    std::uint32_t journal_seed;  // the directory's, once it is recovered; nobody writes it later
    Lru<env::File> open_files;   // of segments, each weighs 1
    Lru<const SegmentIndex> indexes;  // of segments that are no longer written to
    DamageReport damage;
};

// The file at `path` from the cache, or opened and put there. Blocks.
Result<std::shared_ptr<env::File>> open_cached(StoreParts& parts, const env::Path& path);

// A segment's file with its hints; absent is fine. Readers that have it open go on.
Result<void> remove_segment(StoreParts& parts, const env::Path& path);

}  // namespace millrace::storage
