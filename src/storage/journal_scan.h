// Reading the journal: which commits after a checkpoint are durable, and what they hold. A torn
// last commit is normal and left out; one that is damaged although a later one followed it is
// reported.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "storage/frame.h"
#include "storage/journal_format.h"
#include "storage/store_parts.h"

namespace millrace::storage {

// A place in the journal: `sequence` is the last commit before it.
struct JournalMark {
    std::uint64_t generation = 0;
    std::uint64_t sequence = 0;
    std::uint64_t offset = 0;  // in the file of that generation
    bool operator==(const JournalMark&) const = default;
};

struct JournalCommit {
    env::Path file;
    std::uint64_t offset = 0;
    CommitHeader header;
};

struct JournalScan {
    std::vector<JournalCommit> commits;  // after the mark, in order; each is whole
    std::vector<std::size_t> files;      // the numbers of those there are
    std::uint64_t generation = 0;        // none in use is higher
    std::uint64_t sequence = 0;          // no commit, void ones included, has a higher one
    std::uint64_t durable = 0;           // of the last of `commits`, or of the mark
};

Result<JournalScan> scan_journal(StoreParts& parts, JournalMark after);

// The frames of a commit, entry after entry.
Result<FrameBytes> read_body(StoreParts& parts, const JournalCommit& commit);

}  // namespace millrace::storage
