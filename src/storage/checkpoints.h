// Checkpoints: what was written since the last one, when the next is due, and the one that is being
// made, on the disk pool, while commits go on. Whoever holds the committer's pen calls.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "base/callback.h"
#include "base/result.h"
#include "env/disk_pool.h"
#include "storage/checkpoint_job.h"
#include "storage/failures.h"
#include "storage/journal.h"
#include "storage/recovery.h"
#include "storage/store_parts.h"

namespace millrace::storage {

class Checkpoints final {
public:
    // `logs` are the committer's. `on_end`, on the pool: one has ended.
    Checkpoints(StoreParts& parts, env::DiskPool& pool, Journal& journal, const ShardLogs& logs,
                Failures& failures, Callback<void()> on_end);

    // As recovery left it.
    void begin_with(const Recovered& recovered);

    // ---- What the next one is to cover.

    void published(const ShardLogPtr& log, std::uint64_t bytes);
    void shards_changed();
    void dropped(const ShardLogPtr& log) { logs_written_.erase(log); }
    void doom(const std::vector<Doomed>& doomed);
    bool dirty() const;

    // Where records are not journaled: whether a commit since the last one tells that segments are
    // written to, so that a recovery looks at them.
    bool announced() const { return announced_; }
    void announce() { announced_ = true; }

    // Of the logs written to and of those being synced: they stay open.
    std::size_t files_needed() const;

    // ---- Making them.

    void hurry() { urgent_ = true; }
    bool running() const { return job_ != nullptr; }
    bool due() const;
    // False: not begun, a repair must come first and failed. REQUIRES: !running()
    bool begin();
    // Takes over what one did that has ended, if any has.
    void take_ended();
    // Waits for one that covers everything committed so far.
    Result<void> make_now();
    // Waits for what recovery called for, unless that is done. REQUIRES: nothing was committed
    // yet.
    Result<void> make_first();
    // Makes durable what a failed sync may have lost, from the journal.
    Result<void> rewrite_lost();

private:
    bool leaves_rest();
    void note_dirty();
    bool ended();
    Result<void> wait();
    void finish();

    StoreParts& parts_;
    env::DiskPool& pool_;
    Journal& journal_;
    const ShardLogs& logs_;
    Failures& failures_;
    Callback<void()> on_end_;

    JournalMark covered_;                           // by the last one
    std::unordered_set<ShardLogPtr> logs_written_;  // since then
    bool shards_changed_ = false;
    bool first_start_ = false;  // and none made yet
    std::vector<Doomed> doomed_;
    std::uint64_t bytes_ = 0;
    std::chrono::steady_clock::time_point dirty_since_{};
    bool announced_ = false;
    bool urgent_ = false;

    std::shared_ptr<CheckpointJob> job_;  // null: none runs
    std::mutex mutex_;
    std::condition_variable job_ended_;
};

}  // namespace millrace::storage
