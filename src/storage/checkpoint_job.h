// CheckpointJob: what a checkpoint does off the committer's thread: syncs what the segments got,
// removes the files that nobody needs any more, and stores the checkpoint.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/result.h"
#include "storage/checkpoint.h"
#include "storage/shard_log.h"
#include "storage/store_parts.h"

namespace millrace::storage {

// Files and folders that no log refers to. They go before the checkpoint that no longer lists them
// is stored: afterwards nothing would remember them.
struct Doomed {
    std::vector<env::Path> segments;
    std::vector<env::Path> trees;
};

class CheckpointJob final {
public:
    struct Part {
        ShardLogPtr log;
        ShardState state;  // durable once the job has succeeded
        ShardLog::Unsynced unsynced;
        bool failed = false;  // its sync did
    };

    CheckpointJob(Checkpoint checkpoint, std::vector<Part> parts, Doomed doomed)
        : checkpoint_(std::move(checkpoint)),
          parts_(std::move(parts)),
          doomed_(std::move(doomed)) {}

    // Blocks.
    void run(StoreParts& parts);

    // After run().
    const std::optional<Error>& error() const { return error_; }
    const Checkpoint& checkpoint() const { return checkpoint_; }
    std::vector<Part>& parts() { return parts_; }
    Doomed& doomed() { return doomed_; }  // what could not be removed

    bool finished = false;  // guarded by the committer's mutex

private:
    void sync_segments(StoreParts& parts);
    Result<void> sync_directories(StoreParts& parts);
    void remove_doomed(StoreParts& parts);

    Checkpoint checkpoint_;
    std::vector<Part> parts_;
    Doomed doomed_;
    std::optional<Error> error_;
};

}  // namespace millrace::storage
