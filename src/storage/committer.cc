#include "storage/committer.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace millrace::storage {
namespace {

// A commit takes what waits up to this much: the next one gathers while it is synced.
constexpr std::uint64_t kCommitBytesMax = 8 << 20;
// How long something may stay without a checkpoint; shorter when files wait for their removal.
constexpr Seconds kCheckpointAge{30};
constexpr Seconds kDoomedAge{1};
constexpr Millis kTick{250};
constexpr Seconds kComplaintInterval{1};
// A worker has connections to serve as well: more than so many commits at the end of one turn are
// the thread's.
constexpr int kCommitsHereMax = 2;
// What a commit's header and padding may take of the journal at most.
constexpr std::uint64_t kCommitOverheadMax = 64 << 10;

const std::vector<double>& record_bounds() {
    static const std::vector<double> bounds = {1, 2, 4, 8, 16, 32, 64, 128, 512, 1024, 4096, 16384};
    return bounds;
}

// Whether a checkpoint may help.
bool frees_journal(const Error& error) {
    return error.code == Errc::kOverloaded || error.code == Errc::kNoSpace;
}

ShardState empty_state(ShardKey key) {
    ShardState state;
    state.key = key;
    return state;
}

}  // namespace

struct Committer::Group {
    std::vector<CommitRequest*> requests;
    std::vector<ShardLogPtr> touched;  // with something staged
    std::unordered_map<ShardLogPtr, AppendStatus> failed;
    std::vector<JournalEntry> control;
    ShardLogs created;
    ShardLogs dropped;
    std::optional<Error> error;  // of all of it
    std::vector<WishPtr> granted;
};

Committer::Committer(StoreParts& parts, env::DiskPool& pool, Metrics& metrics, Recovered recovered)
    : parts_(parts),
      pool_(pool),
      commit_records_(metrics.histogram(
          "millrace_commit_records", "Records that one commit made durable.", {}, record_bounds())),
      logs_(std::move(recovered.logs)),
      journal_(parts, metrics, recovered.journal, parts.journals_records()),
      checkpointed_(journal_.mark()),
      doomed_(std::move(recovered.doomed)) {
    for (const auto& [key, log] : logs_) {
        if (log->dirty()) {
            dirty_logs_.insert(log);
        }
    }
    control_dirty_ = recovered.checkpoint_due;
    checkpoint_first_ = recovered.checkpoint_first;
    if (!recovered.checkpoint_due) {
        journal_.release(recovered.journal.sequence);
    }
}

Committer::~Committer() {
    static_cast<void>(stop());
}

Result<void> Committer::start() {
    if (dirty() && !checkpoint_first_ && !parts_.journals_records()) {
        // It promises nobody anything, and may have much to sync: nobody waits for it.
        checkpoint_urgent_ = true;
    } else if (dirty()) {
        // A full disk is no reason not to read; the checkpoint is tried again. It must succeed only
        // where the next recovery needs it: without the seed in it no commit could be told from
        // other bytes, and one of journaled records keeps it from looking for others.
        auto done = checkpoint_now();
        if (!done && (checkpoint_first_ || done.error().code != Errc::kNoSpace)) {
            return done;
        }
    }
    if (const auto kept = parts_.reserve.keep(0); !kept) {
        complain(kept.error());
    }
    thread_ = std::thread([this] { run(); });
    return success();
}

Result<void> Committer::stop() {
    if (std::exchange(stopped_, true)) {
        return success();
    }
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (!thread_.joinable()) {
        return success();
    }
    thread_.join();
    for (const auto& [key, log] : logs_) {
        log->save_active_index();
    }
    return dirty() || job_ != nullptr ? checkpoint_now() : Result<void>(success());
}

bool Committer::submit(CommitRequest& request) {
    env::Executor* const home = request.home;
    bool wake = false;  // else whoever is writing looks again
    {
        const std::lock_guard lock(mutex_);
        const bool full = queued_bytes_ > 0 && request.bytes > 0 &&
                          queued_bytes_ + request.bytes > parts_.options.inflight_bytes;
        if (stopping_ || full) {
            return false;
        }
        queued_bytes_ += request.bytes;
        queue_.push_back(&request);
        wake = asleep_;
    }
    if (wake && home != nullptr) {
        home->at_turn_end(*this);
    } else if (wake) {
        wake_.notify_one();
    }
    return true;
}

ShardLogPtr Committer::find(ShardKey key) const {
    const std::shared_lock lock(logs_mutex_);
    const auto at = logs_.find(key);
    return at == logs_.end() ? nullptr : at->second;
}

// ---- Who writes.

// The end of a worker's turn. Wherever it leaves without a commit, another has the pen and looks at
// the queue after it has laid it down, or is told to.
void Committer::turn_ended() noexcept {
    for (int commits = 0; commits < kCommitsHereMax; ++commits) {
        Requests mine;
        {
            const std::unique_lock pen(pen_, std::try_to_lock);
            if (!pen) {
                return;
            }
            std::unique_lock lock(mutex_);
            if (!queue_.empty() && !commits_here()) {
                break;
            }
            Requests requests = take_group();
            lock.unlock();
            if (!requests.empty()) {
                const bool was_dirty = dirty();
                mine = commit(std::move(requests));
                if (!was_dirty || checkpoint_due()) {
                    tell_thread();
                }
            }
        }
        finish(mine);
        const std::lock_guard lock(mutex_);
        if (queue_.empty()) {
            return;
        }
    }
    wake_.notify_one();
}

// Whether a worker may commit what is queued: it must not wait for a checkpoint, a repair or a slow
// disk. REQUIRES: pen_ and mutex_ are held.
bool Committer::commits_here() const {
    if (!sound_ || journal_.failed() || parts_.reserve.spent()) {
        return false;
    }
    if (parts_.journals_records() ? !journal_.syncs_fast() : !journal_tells_) {
        return false;
    }
    std::size_t files = dirty_logs_.size() + (job_ == nullptr ? 0 : job_->parts().size());
    for (const CommitRequest* const request : queue_) {
        files += request->parts.size();
        if (request->what != CommitRequest::What::kAppend) {
            return false;
        }
    }
    return files < parts_.options.open_files &&
           journal_.room() >= std::min(queued_bytes_, kCommitBytesMax) + kCommitOverheadMax;
}

// Has the thread look at the state of things again.
void Committer::tell_thread() {
    {
        const std::lock_guard lock(mutex_);
        told_ = true;
    }
    wake_.notify_one();
}

// ---- The thread.

void Committer::run() {
    while (true) {
        bool ticks = false;
        {
            const std::lock_guard pen(pen_);
            ticks = dirty() || job_ != nullptr;
        }
        std::unique_lock lock(mutex_);
        const auto something = [this] {
            return stopping_ || told_ || !queue_.empty() || (job_ != nullptr && job_->finished);
        };
        asleep_ = true;
        if (ticks) {
            wake_.wait_for(lock, kTick, something);
        } else {
            wake_.wait(lock, something);
        }
        asleep_ = false;
        told_ = false;
        if (stopping_ && queue_.empty()) {
            return;
        }
        lock.unlock();
        act();
    }
}

void Committer::act() {
    Requests mine;
    {
        const std::lock_guard pen(pen_);
        if (job_ != nullptr && job_->finished) {
            finish_checkpoint();
        }
        std::unique_lock lock(mutex_);
        Requests requests = take_group();
        lock.unlock();
        if (!requests.empty()) {
            mine = commit(std::move(requests));
        }
        if (checkpoint_due()) {
            begin_checkpoint();
        }
    }
    finish(mine);
}

// REQUIRES: mutex_ is held.
Committer::Requests Committer::take_group() {
    Requests requests;
    std::uint64_t bytes = 0;
    std::size_t parts = 0;  // at most so many files are opened
    const auto fits = [&](const CommitRequest& next) {
        return bytes + next.bytes <= kCommitBytesMax &&
               parts + next.parts.size() <= parts_.options.open_files;
    };
    while (!queue_.empty() && (requests.empty() || fits(*queue_.front()))) {
        bytes += queue_.front()->bytes;
        parts += queue_.front()->parts.size();
        requests.push_back(queue_.front());
        queue_.pop_front();
    }
    return requests;
}

// The requests that were asked for by the calling thread itself, for finish() once the pen is laid
// down; others are told.
Committer::Requests Committer::commit(Requests requests) {
    bound_open_files();
    Group group;
    group.requests = std::move(requests);
    if (!journal_works()) {
        group.error = Error{Errc::kPoisoned, "the journal failed"};
        return answer(group);
    }
    for (CommitRequest* const request : group.requests) {
        stage(group, *request);
    }
    if (auto room = make_room(group); !room) {
        complain(room.error());
        group.error = std::move(room).error();
        roll_back(group, AppendStatus::kRejected);
        return answer(group);
    }
    // A journal without records tells that segments are written to before they are: what one
    // recovery passes over must not turn up in a later one.
    const bool tells_first = !parts_.journals_records();
    if (!tells_first) {
        write_segments(group);
    }
    if (auto written = write_journal(group); !written) {
        complain(written.error());
        retry_later();
        if (!group.control.empty()) {
            make_room_for_commands(written.error());
        }
        group.error = std::move(written).error();
        roll_back(group, AppendStatus::kUnknown);
        return answer(group);
    }
    if (tells_first) {
        write_segments(group);
    }
    publish(group);
    return answer(group);
}

// Each log written to since the last checkpoint keeps its file open until that is synced.
void Committer::bound_open_files() {
    const std::size_t syncing = job_ == nullptr ? 0 : job_->parts().size();
    if (dirty_logs_.size() + syncing >= parts_.options.open_files) {
        static_cast<void>(checkpoint_now());  // it complains itself
    }
}

bool Committer::journal_works() {
    if (!journal_.failed()) {
        return true;
    }
    if (!may_retry()) {
        return false;
    }
    auto reopened = journal_.reopen();
    if (!reopened && frees_journal(reopened.error())) {
        reopened = checkpoint_now();
        if (reopened) {
            reopened = journal_.reopen();
        }
    }
    if (!reopened) {
        complain(reopened.error());
        retry_later();
    }
    return reopened.has_value();
}

// ---- Staging.

void Committer::stage(Group& group, CommitRequest& request) {
    switch (request.what) {
        case CommitRequest::What::kAppend:
        case CommitRequest::What::kSeal:
            for (CommitRequest::Part& part : request.parts) {
                stage_part(group, request, part);
            }
            break;
        case CommitRequest::What::kCreate:
            create(group, request);
            break;
        case CommitRequest::What::kDrop:
            drop(group, request);
            break;
        case CommitRequest::What::kTrim:
        case CommitRequest::What::kTrimBelow:
            trim(request);
            break;
    }
}

void Committer::stage_part(Group& group, CommitRequest& request, CommitRequest::Part& part) {
    ShardLogPtr log = find(part.shard);
    if (const auto fresh = group.created.find(part.shard); fresh != group.created.end()) {
        log = fresh->second;
    }
    if (log == nullptr || group.dropped.contains(part.shard)) {
        part.status = AppendStatus::kRejected;
        if (request.what == CommitRequest::What::kSeal) {
            request.error = Error{Errc::kNotFound, "no such shard log"};
        }
        return;
    }
    part.log = log;
    if (log->ended()) {
        // If this very commit ends it and fails, the answer becomes that of the failure.
        part.status = request.what == CommitRequest::What::kSeal ? AppendStatus::kCommitted
                                                                 : AppendStatus::kClosed;
        part.end = log->end();
        return;
    }
    if (!usable(log)) {
        part.log = nullptr;
        part.status = AppendStatus::kRejected;
        return;
    }
    const bool first = !log->staged();
    log->stage(part.frames);
    part.status = AppendStatus::kCommitted;
    if (log->ended()) {
        part.end = log->end();
    }
    if (first) {
        group.touched.push_back(std::move(log));
    }
}

bool Committer::takes_records() {
    if (!parts_.reserve.spent()) {
        return true;
    }
    if (dirty() || job_ != nullptr) {
        checkpoint_urgent_ = true;  // the space is for it first; then it makes the reserve again
    } else if (may_retry()) {
        if (const auto kept = parts_.reserve.keep(0); !kept) {
            complain(kept.error());
            retry_later();
        }
    }
    return !parts_.reserve.spent();
}

bool Committer::usable(const ShardLogPtr& log) {
    if (log->key() != kCatalogShard && !takes_records()) {
        return false;
    }
    if (!log->broken() && !log->needs_rewrite()) {
        return true;
    }
    if (!may_retry()) {
        return false;
    }
    auto mended = log->mend();
    if (mended && log->needs_rewrite()) {
        mended = rewrite_lost();
    }
    if (!mended) {
        complain(mended.error());
        retry_later();
    }
    return mended.has_value();
}

void Committer::create(Group& group, const CommitRequest& request) {
    for (const ShardKey key : request.shards) {
        if (find(key) == nullptr && !group.created.contains(key)) {
            group.created.emplace(key, std::make_shared<ShardLog>(parts_, empty_state(key)));
            group.control.push_back({JournalEntry::Kind::kCreate, key, 0});
        }
    }
}

void Committer::drop(Group& group, const CommitRequest& request) {
    for (const ShardKey key : request.shards) {
        const ShardLogPtr log = find(key);
        if (log != nullptr && group.dropped.emplace(key, log).second) {
            group.control.push_back({JournalEntry::Kind::kDrop, key, 0});
        }
    }
}

void Committer::trim(const CommitRequest& request) {
    const ShardLogPtr log = find(request.shards.front());
    if (log == nullptr) {
        return;
    }
    const std::vector<Doomed> gone = request.what == CommitRequest::What::kTrim
                                         ? log->trim(request.horizon)
                                         : log->trim_below(request.below);
    if (!gone.empty()) {
        note_dirty();
        doomed_.insert(doomed_.end(), gone.begin(), gone.end());
    }
}

// ---- Writing.

Result<void> Committer::make_room(const Group& group) {
    std::vector<JournalEntry> entries = group.control;
    if (parts_.journals_records()) {
        for (const ShardLogPtr& log : group.touched) {
            entries.push_back({JournalEntry::Kind::kFrames, log->key(), log->staged_bytes()});
        }
    }
    auto room = journal_.make_room(entries);
    if (!room && frees_journal(room.error())) {
        MILLRACE_TRY(checkpoint_now());
        room = journal_.make_room(entries);
    }
    return room;
}

// A command that finds the disk full is refused; the next one finds the space kept for it.
void Committer::make_room_for_commands(const Error& why) {
    if (why.code == Errc::kNoSpace) {
        parts_.reserve.give_up();
    }
}

void Committer::write_segments(Group& group) {
    for (const ShardLogPtr& log : group.touched) {
        if (const auto written = log->write_staged(); !written) {
            complain(written.error());
            if (log->key() == kCatalogShard) {
                make_room_for_commands(written.error());
            }
            log->rollback();
            group.failed[log] = log->broken() ? AppendStatus::kUnknown : AppendStatus::kRejected;
        }
    }
    std::erase_if(group.touched,
                  [&](const ShardLogPtr& log) { return group.failed.contains(log); });
}

Result<void> Committer::write_journal(Group& group) {
    std::vector<JournalEntry> entries = group.control;
    std::vector<Bytes> body;
    if (parts_.journals_records()) {
        for (const ShardLogPtr& log : group.touched) {
            entries.push_back({JournalEntry::Kind::kFrames, log->key(), log->staged_bytes()});
            const auto frames = log->staged_frames();
            body.insert(body.end(), frames.begin(), frames.end());
        }
    }
    const bool tells = journal_tells_ || group.touched.empty();
    if (entries.empty() && tells) {
        return success();
    }
    MILLRACE_TRY(journal_.commit(std::move(entries), body));
    journal_tells_ = true;
    return success();
}

void Committer::roll_back(Group& group, AppendStatus status) {
    for (const ShardLogPtr& log : group.touched) {
        log->rollback();
        group.failed[log] = log->broken() ? AppendStatus::kUnknown : status;
    }
    group.touched.clear();
}

void Committer::publish(Group& group) {
    for (const ShardLogPtr& log : group.touched) {
        bytes_since_checkpoint_ += log->staged_bytes();
        log->publish(group.granted);
        note_dirty();
        dirty_logs_.insert(log);
    }
    if (group.control.empty()) {
        return;
    }
    note_dirty();
    control_dirty_ = true;
    const std::unique_lock lock(logs_mutex_);
    logs_.merge(group.created);
    for (const auto& [key, log] : group.dropped) {
        log->drop(group.granted);
        dirty_logs_.erase(log);
        logs_.erase(key);
        // The stream's folder goes with its last shard.
        const auto sibling = logs_.lower_bound(ShardKey{key.stream_uid, 0});
        const bool last = sibling == logs_.end() || sibling->first.stream_uid != key.stream_uid;
        doomed_.push_back({last ? Doomed::Kind::kStream : Doomed::Kind::kShard, key, {}});
    }
}

Committer::Requests Committer::answer(Group& group) {
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    std::map<env::Executor*, Requests> homes;
    for (CommitRequest* const request : group.requests) {
        bytes += request->bytes;
        if (group.error) {
            request->error = group.error;
        } else {
            records += request->records;
        }
        for (CommitRequest::Part& part : request->parts) {
            const auto failed = group.failed.find(part.log);
            if (failed != group.failed.end()) {
                part.status = failed->second;
            } else if (group.error && part.status == AppendStatus::kCommitted &&
                       request->what == CommitRequest::What::kAppend) {
                part.status = AppendStatus::kRejected;
            }
            part.log = nullptr;
        }
        homes[request->home].push_back(request);
    }
    if (records > 0) {
        commit_records_.Observe(static_cast<double>(records));
    }
    {
        const std::lock_guard lock(mutex_);
        queued_bytes_ -= bytes;
    }
    Requests mine;
    for (auto& [home, requests] : homes) {
        if (home == env::current_executor()) {
            mine = std::move(requests);
        } else {
            env::post_or_run(home, [waiting = std::move(requests)] { finish(waiting); });
        }
    }
    for (WishPtr& wish : group.granted) {
        fulfil(std::move(wish), pool_);
    }
    return mine;
}

void Committer::finish(const Requests& requests) {
    for (CommitRequest* const request : requests) {
        Callback<void(bool)> done = std::move(request->done);  // the request ends in it
        done(true);
    }
}

// ---- Checkpoints.

bool Committer::dirty() const {
    return !dirty_logs_.empty() || control_dirty_ || !doomed_.empty();
}

void Committer::note_dirty() {
    if (!dirty()) {
        dirty_since_ = parts_.clock.steady();
    }
}

bool Committer::checkpoint_due() {
    if (job_ != nullptr || !dirty() || !may_retry()) {
        return false;
    }
    const std::uint64_t ring = parts_.options.journal_file_bytes * parts_.options.journal_files;
    const auto age = parts_.clock.steady() - dirty_since_;
    return checkpoint_urgent_ || bytes_since_checkpoint_ >= ring / 2 ||
           dirty_logs_.size() >= std::max(1U, parts_.options.open_files / 2) ||
           age >= kCheckpointAge || (!doomed_.empty() && age >= kDoomedAge);
}

// False: not begun, a repair must come first and failed.
bool Committer::begin_checkpoint() {
    CHECK(job_ == nullptr);
    if (const auto rewritten = rewrite_lost(); !rewritten) {
        complain(rewritten.error());
        retry_later();
        return false;
    }
    Checkpoint checkpoint;
    checkpoint.mark = journal_.mark();
    checkpoint.records_journaled = parts_.journals_records();
    checkpoint.journal_seed = parts_.journal_seed;
    checkpoint.doomed = std::exchange(doomed_, {});
    checkpoint.shards.reserve(logs_.size());
    for (const auto& [key, log] : logs_) {
        checkpoint.shards.push_back(log->state());
    }
    std::vector<CheckpointJob::Part> parts;
    for (const ShardLogPtr& log : dirty_logs_) {
        parts.push_back({log, log->state(), log->take_unsynced()});
    }
    dirty_logs_.clear();
    control_dirty_ = false;
    journal_tells_ = false;
    checkpoint_urgent_ = false;
    bytes_since_checkpoint_ = 0;
    job_ = std::make_shared<CheckpointJob>(std::move(checkpoint), std::move(parts));
    pool_.submit([this, job = job_] {
        job->run(parts_);
        const std::lock_guard lock(mutex_);
        job->finished = true;
        wake_.notify_all();
    });
    return true;
}

void Committer::finish_checkpoint() {
    const std::shared_ptr<CheckpointJob> job = std::exchange(job_, nullptr);
    if (!job->left().empty() || job->error()) {
        note_dirty();
    }
    doomed_.insert(doomed_.end(), job->left().begin(), job->left().end());
    if (!job->error()) {
        for (CheckpointJob::Part& part : job->parts()) {
            part.log->synced(part.state);
        }
        checkpointed_ = job->checkpoint().mark;
        journal_.release(checkpointed_.sequence);
        sound_ = std::none_of(logs_.begin(), logs_.end(), [](const auto& entry) {
            return entry.second->broken() || entry.second->needs_rewrite();
        });
        return;
    }
    complain({job->error()->code, "a checkpoint failed, will try again: " + job->error()->message});
    for (CheckpointJob::Part& part : job->parts()) {
        part.log->not_synced(part.unsynced.directory_changed, part.failed);
        if (find(part.log->key()) == part.log) {
            dirty_logs_.insert(part.log);
        }
    }
    control_dirty_ = true;
    checkpoint_urgent_ = true;
    retry_later();
}

// Waits for a checkpoint that covers everything committed so far.
Result<void> Committer::checkpoint_now() {
    const auto wait = [this]() -> Result<void> {
        const std::shared_ptr<CheckpointJob> job = job_;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [&] { return job->finished; });
        }
        finish_checkpoint();
        return job->error() ? Result<void>(*job->error()) : Result<void>(success());
    };
    if (job_ != nullptr) {
        static_cast<void>(wait());
    }
    if (!begin_checkpoint()) {
        return Error{Errc::kPoisoned, "the records of a failed sync could not be rewritten"};
    }
    return wait();
}

// Makes durable what a failed sync may have lost, from the journal.
Result<void> Committer::rewrite_lost() {
    const auto lost = [](const ShardLogPtr& log) { return log->needs_rewrite(); };
    if (std::none_of(dirty_logs_.begin(), dirty_logs_.end(), lost)) {
        return success();
    }
    MILLRACE_TRY(const JournalScan scan, scan_journal(parts_, checkpointed_));
    std::map<ShardKey, std::vector<FrameBytes>> frames;
    for (const JournalCommit& commit : scan.commits) {
        if (commit.header.sequence > journal_.mark().sequence) {
            continue;  // it failed and was rolled back: its positions are given out again
        }
        MILLRACE_TRY(const auto body, read_body(parts_, commit));
        std::size_t at = 0;
        for (const JournalEntry& entry : commit.header.entries) {
            const Bytes part = Bytes(body).subspan(at, entry.bytes);
            at += entry.bytes;
            const ShardLogPtr log = find(entry.shard);
            if (log != nullptr && log->needs_rewrite() && !part.empty()) {
                frames[entry.shard].emplace_back(part.begin(), part.end());
            }
        }
    }
    for (const ShardLogPtr& log : dirty_logs_) {
        if (log->needs_rewrite()) {
            MILLRACE_TRY(log->rewrite(frames[log->key()]));
        }
    }
    return success();
}

// ---- Failures.

bool Committer::may_retry() const {
    return parts_.clock.steady() >= retry_at_;
}

void Committer::retry_later() {
    retry_at_ = parts_.clock.steady() + parts_.options.reopen_interval;
}

void Committer::complain(const Error& why) {
    sound_ = false;
    const auto now = parts_.clock.steady();
    if (complained_at_ != std::chrono::steady_clock::time_point{} &&
        now - complained_at_ < kComplaintInterval) {
        return;
    }
    complained_at_ = now;
    log::error("storage refuses or failed a write: {}", why.message);
}

}  // namespace millrace::storage
