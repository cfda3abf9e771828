// Doomed: a file or folder that no log refers to any more. A checkpoint lists them before they go
// and until they are gone for good, so that a file which is missing otherwise is damage.
#pragma once

#include <cstdint>

#include "env/file_system.h"
#include "storage/engine.h"
#include "storage/layout.h"

namespace millrace::storage {

struct Doomed {
    enum class Kind : std::uint8_t {  // on disk: never renumber
        kSegment = 1,  // retention is done with it, or a repair has put another in its place
        kShard = 2,    // the shard was dropped
        kStream = 3,   // ... with the last of its stream
    };
    Kind kind = Kind::kSegment;
    ShardKey shard;
    Position first;  // of a segment
    bool operator==(const Doomed&) const = default;

    env::Path path(const Layout& layout) const {
        switch (kind) {
            case Kind::kShard:
                return layout.shard(shard);
            case Kind::kStream:
                return layout.stream(shard.stream_uid);
            case Kind::kSegment:
                break;
        }
        return layout.shard(shard) / segment_name(first);
    }
};

}  // namespace millrace::storage
