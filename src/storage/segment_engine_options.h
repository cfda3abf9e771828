// What can be chosen about the embedded engine. Defaults suit a laptop and a small server alike.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "env/file_system.h"

namespace millrace::storage {

// What an acknowledgement promises. Named modes of one path; never silently exchanged.
enum class Durability : std::uint8_t {
    kPower,    // the commit journal was fdatasynced: survives power loss
    kProcess,  // the bytes were handed to the kernel: survives kill -9, not power loss
    kNone,     // nothing: the caller passes a MemoryFileSystem
};

struct SegmentEngineOptions {
    env::Path data_dir;
    Durability durability = Durability::kPower;

    // Reclaiming goes by whole segments: smaller or younger segments give space back sooner.
    std::uint64_t segment_bytes = 64ULL << 20;
    Millis segment_age = std::chrono::hours(1);

    // The ring of journal files; they are made as needed and recycled. A checkpoint starts when
    // half of the ring is in use, or as much as is restored soon enough after a crash; the rest is
    // for what comes while it syncs, which takes long where there are many shards. At least 2
    // files, each at least kJournalFileBytesMin.
    std::uint64_t journal_file_bytes = 32ULL << 20;
    std::uint32_t journal_files = 16;

    // A random number for a directory that is new: what commits' checksums start from. A client
    // that knew it could send a record which, torn in the right place, reads as a commit.
    std::uint32_t journal_seed = 0;

    // Bytes appended but not yet committed; beyond it append() answers kOverloaded.
    std::uint64_t inflight_bytes = 64ULL << 20;

    // Segment files kept open, and bytes of segment indexes kept in memory (both LRU).
    std::uint32_t open_files = 2048;
    std::uint64_t index_cache_bytes = 8ULL << 20;

    // After a failed write or sync: the least time between two attempts to recover in place.
    Millis reopen_interval{100};
};

// A journal file must hold the largest record (10 MiB and its key) with room to spare.
inline constexpr std::uint64_t kJournalFileBytesMin = 16ULL << 20;

}  // namespace millrace::storage
