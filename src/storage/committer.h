// Committer: the one writer of a data directory. While one commit is being synced the next one
// gathers: group commit, without a timer. A commit is
//
//   number the frames - write them to the segments (page cache) - write and sync the journal -
//   publish to readers - answer
//
// so that the journal never holds a record that the segments lack, and no reader sees one that the
// journal lacks. What fails is rolled back and not acknowledged. Checkpoints run beside commits, on
// the disk pool.
//
// Whoever holds the pen writes: a thread of the committer's own, or, where a commit is over sooner
// than that thread would be awake, the worker that asked for it, at the end of its turn. A worker
// writes plain appends to a store that is sound, and leaves all else to the thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "env/disk_pool.h"
#include "storage/checkpoints.h"
#include "storage/commit_request.h"
#include "storage/failures.h"
#include "storage/journal.h"
#include "storage/recovery.h"
#include "storage/store_parts.h"

namespace millrace::storage {

class Committer final : private env::TurnEnd {
public:
    Committer(StoreParts& parts, env::DiskPool& pool, Metrics& metrics, Recovered recovered);
    virtual ~Committer();  // stop()
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    // Makes what recovery did durable, then takes requests; where durability promises nothing of
    // power loss, the other way round. On a first start both at once: the first commit waits.
    Result<void> start();
    // Commits what is queued, writes a last checkpoint, ends the thread. Idempotent.
    Result<void> stop();

    // Thread-safe. False: not taken, too much is waiting (or the committer has stopped).
    bool submit(CommitRequest& request);

    // Null: there is no such shard. Thread-safe.
    ShardLogPtr find(ShardKey key) const;

private:
    struct Group;
    using Requests = std::vector<CommitRequest*>;

    void turn_ended() noexcept override;
    bool commits_here() const;

    void run();
    void act();
    void tell_thread();
    Requests take_group();
    [[nodiscard]] Requests commit(Requests requests);
    void bound_open_files();
    bool first_checkpoint_made();
    bool journal_works();
    bool takes_records();
    void stage(Group& group, CommitRequest& request);
    void stage_part(Group& group, CommitRequest& request, CommitRequest::Part& part);
    void create(Group& group, const CommitRequest& request);
    void drop(Group& group, const CommitRequest& request);
    void trim(const CommitRequest& request);
    bool usable(const ShardLogPtr& log);
    Result<void> make_room(const Group& group);
    void make_room_for_commands(const Error& why);
    void write_segments(Group& group);
    Result<void> write_journal(Group& group);
    void roll_back(Group& group, AppendStatus status);
    void publish(Group& group);
    [[nodiscard]] Requests answer(Group& group);
    static void finish(const Requests& requests);

    StoreParts& parts_;
    env::DiskPool& pool_;
    Histogram& commit_records_;

    mutable std::shared_mutex logs_mutex_;
    ShardLogs logs_;  // guarded by logs_mutex_; changed by the committer alone

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<CommitRequest*> queue_;  // guarded by mutex_
    std::uint64_t queued_bytes_ = 0;    // guarded by mutex_; those of the commit in progress, too
    bool stopping_ = false;             // guarded by mutex_
    bool asleep_ = false;               // guarded by mutex_; the thread, for want of work
    bool told_ = false;                 // guarded by mutex_; the thread, that there is some

    // Guarded by pen_, which is taken before mutex_; start()'s and stop()'s before and after that.
    std::mutex pen_;
    Failures failures_;
    Journal journal_;
    Checkpoints checkpoints_;
    const bool first_start_;
    bool checkpoint_first_ = false;  // no commit before that
    bool stopped_ = false;

    std::thread thread_;
};

}  // namespace millrace::storage
