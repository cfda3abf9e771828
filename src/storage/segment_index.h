// SegmentIndex: where some frames of a segment begin, one about every kIndexStrideBytes. A hint:
// its file is checksummed and disposable, and what it says is checked against the frame it leads to
// (FORMAT.md, "Index").
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "storage/engine.h"

namespace millrace::storage {

inline constexpr std::uint64_t kIndexStrideBytes = 64 << 10;

struct IndexEntry {
    std::uint64_t position = 0;
    std::uint64_t offset = 0;
    std::int64_t stamp_ms = 0;
    bool operator==(const IndexEntry&) const = default;
};

using SegmentIndex = std::vector<IndexEntry>;  // ascending in all three

// The last entry from which a walk forward meets every frame at or past `from` that is stamped
// `horizon` or later. Nothing: only the start of the segment is early enough.
std::optional<IndexEntry> find_entry(std::span<const IndexEntry> index, Position from,
                                     WallTime horizon);

// Whether a frame at `offset` deserves an entry, after what is there.
bool wants_entry(const SegmentIndex& index, std::uint64_t offset);

std::vector<std::byte> encode_index(ShardKey shard, Position first,
                                    std::span<const IndexEntry> index);
// Nothing if it is damaged, another segment's, or reaches past `segment_bytes`.
std::optional<SegmentIndex> decode_index(Bytes bytes, ShardKey shard, Position first,
                                         std::uint64_t segment_bytes);

}  // namespace millrace::storage
