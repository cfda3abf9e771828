// A segment: one file of a shard log. It opens with a header that names its shard and its first
// position (FORMAT.md, "Segment"); frames follow without gaps.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/engine.h"

namespace millrace::storage {

struct Segment {
    Position first;           // no frame in it has a lower position
    std::uint64_t bytes = 0;  // from the start of the file to the end of its last frame
    WallTime first_stamp;     // of its first frame
    WallTime last_stamp;      // of its last frame
    bool operator==(const Segment&) const = default;
};

inline constexpr std::size_t kSegmentHeaderBytes = 40;
using SegmentHeaderBytes = std::array<std::byte, kSegmentHeaderBytes>;

SegmentHeaderBytes encode_segment_header(ShardKey shard, Position first);

// kCorrupt: no header, or another segment's; kUnsupported: a later version's.
Result<void> check_segment_header(Bytes bytes, ShardKey shard, Position first);

}  // namespace millrace::storage
