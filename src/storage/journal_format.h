// The commits of the journal as bytes (FORMAT.md, "Journal"): a header that lists what follows and
// has a checksum, then frames, each with its own. Every commit starts on a block of its own, so
// that writing one never touches the bytes of another.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "storage/engine.h"

namespace millrace::storage {

inline constexpr std::uint64_t kJournalBlockBytes = 4096;

struct JournalEntry {
    enum class Kind : std::uint8_t {  // on disk: never renumber
        kFrames = 1,                  // `bytes` of frames of `shard` in the body
        kCreate = 2,                  // the shard exists
        kDrop = 3,                    // it does not any more
    };
    Kind kind = Kind::kFrames;
    ShardKey shard;
    std::uint64_t bytes = 0;
    bool operator==(const JournalEntry&) const = default;
};

struct CommitHeader {
    std::uint64_t generation = 0;  // of the file's use: what an earlier use left is not ours
    std::uint64_t sequence = 0;    // from 1; each attempt to commit has the next
    std::uint64_t previous = 0;    // the commit that was durable before: those between failed
    std::vector<JournalEntry> entries;

    std::uint64_t header_bytes() const;
    std::uint64_t body_bytes() const;
    std::uint64_t total_bytes() const;  // in whole blocks
    bool operator==(const CommitHeader&) const = default;
};

// `seed`: the data directory's (StoreParts::journal_seed).
std::vector<std::byte> encode_commit_header(const CommitHeader& header, std::uint32_t seed);
// Nothing: no whole header stands at the start of `bytes`. `needed` tells how many bytes would
// decide, if those are too few.
std::optional<CommitHeader> decode_commit_header(Bytes bytes, std::uint32_t seed,
                                                 std::uint64_t& needed);

// Whether every frame of the body is whole.
bool body_is_whole(const CommitHeader& header, Bytes body);

}  // namespace millrace::storage
