// CheckpointJob: what a checkpoint does beside commits: syncs what the segments got,
// stores the checkpoint, and removes the files that it calls doomed.
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

class CheckpointJob final {
public:
    struct Part {
        ShardLogPtr log;
        ShardState state;  // durable once the job has succeeded
        ShardLog::Unsynced unsynced;
        bool failed = false;  // its sync did
    };

    // `first`: of a new directory, whose own names are to be synced as well.
    CheckpointJob(Checkpoint checkpoint, std::vector<Part> parts, bool first)
        : checkpoint_(std::move(checkpoint)),
          parts_(std::move(parts)),
          first_(first),
          left_(checkpoint_.doomed) {}

    // Blocks.
    void run(StoreParts& parts);

    // After run().
    const std::optional<Error>& error() const { return error_; }
    const Checkpoint& checkpoint() const { return checkpoint_; }
    std::vector<Part>& parts() { return parts_; }
    const std::vector<Doomed>& left() const { return left_; }  // what could not be removed

    bool ended = false;  // guarded by the mutex of Checkpoints

private:
    void sync_segments(StoreParts& parts);
    Result<void> sync_directories(StoreParts& parts);
    void remove_doomed(StoreParts& parts);
    static bool remove(StoreParts& parts, Doomed::Kind kind, const env::Path& path);

    Checkpoint checkpoint_;
    std::vector<Part> parts_;
    const bool first_;
    std::vector<Doomed> left_;
    std::optional<Error> error_;
};

}  // namespace millrace::storage
