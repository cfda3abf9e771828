// CommitRequest: what a caller hands to the committer. It belongs to the caller's coroutine, which
// sleeps until `done`.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/callback.h"
#include "base/error.h"
#include "base/recycled.h"
#include "env/executor.h"
#include "storage/engine.h"
#include "storage/frame.h"
#include "storage/shard_log.h"

namespace millrace::storage {

struct CommitRequest {
    enum class What : std::uint8_t {
        kAppend,     // `parts`
        kSeal,       // `parts` hold one end frame each
        kCreate,     // `shards`
        kDrop,       // `shards`
        kTrim,       // of shards[0], what is stamped before `horizon`
        kTrimBelow,  // of shards[0], what is below `below`
    };
    // The frames of one shard, in order. After the commit they have their positions and stamps.
    struct Part {
        ShardKey shard;
        FrameBytes frames;
        AppendStatus status = AppendStatus::kRejected;
        ShardLogPtr log;  // the committer's
        Position end;     // kSeal: where the shard ends
    };

    What what = What::kAppend;
    RecycledVector<Part> parts;
    std::vector<ShardKey> shards;
    WallTime horizon;
    Position below;
    std::uint32_t records = 0;
    std::uint64_t bytes = 0;     // of frames
    std::optional<Error> error;  // of what has no parts; of a seal
    env::Executor* home = nullptr;
    Callback<void(bool)> done;
};

}  // namespace millrace::storage
