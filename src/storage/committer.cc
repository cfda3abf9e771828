#include "storage/committer.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace millrace::storage {
namespace {

// A commit takes what waits up to this much: the next one gathers while it is synced.
constexpr std::uint64_t kCommitBytesMax = 8 << 20;
// How often it is looked whether a checkpoint is due.
constexpr Millis kTick{250};
// A worker has connections to serve as well: more than so many commits at the end of one turn are
// the thread's.
constexpr int kCommitsHereMax = 2;
// What takes longer to write than to hand over is the thread's as well, at once: it writes one
// batch while the worker reads the next.
constexpr std::uint64_t kBytesHereMax = 128 << 10;
// How long the syncs may take, lately, for a worker to wait for one itself: another thread is not
// awake sooner. It also takes smaller batches, each with a sync of its own, which costs so much of
// a core for each request.
constexpr std::chrono::microseconds kFastSync{250};
constexpr std::chrono::microseconds kFastSyncPerRequest{5};
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
      failures_(parts),
      journal_(parts, metrics, recovered.journal, parts.journals_records()),
      checkpoints_(parts, pool, journal_, logs_, failures_, [this] { tell_thread(); }),
      first_start_(recovered.first_start),
      checkpoint_first_(recovered.checkpoint_first) {
    checkpoints_.begin_with(recovered);
}

Committer::~Committer() {
    static_cast<void>(stop());
}

Result<void> Committer::start() {
    if (first_start_) {
        // There is nothing to lose before the first commit, which waits for it.
        checkpoints_.begin();
    } else if (checkpoint_first_) {
        // Without the seed in it no commit could be told from other bytes, and one that says that
        // records are journaled, or not, sends the next recovery to the wrong place for them. Or
        // the journal's last commit could not be made durable.
        MILLRACE_TRY(checkpoints_.make_now());
        checkpoint_first_ = false;
    } else if (checkpoints_.dirty()) {
        checkpoints_.hurry();  // it may have much to sync, and until then a recovery does as this
    }
    if (!first_start_) {  // else the checkpoint sees to it
        if (const auto kept = parts_.reserve.keep(0); !kept) {
            failures_.complain(kept.error());
        }
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
    const std::lock_guard pen(pen_);  // a worker may be in its last commit
    for (const auto& [key, log] : logs_) {
        log->save_active_index();
    }
    const bool more = checkpoints_.dirty() || checkpoints_.running();
    return more ? checkpoints_.make_now() : Result<void>(success());
}

bool Committer::submit(CommitRequest& request) {
    env::Executor* const home = request.home;
    bool wake = false;  // else whoever is writing looks again
    bool large = false;
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
        large = queued_bytes_ > kBytesHereMax;
    }
    if (wake && home != nullptr && !large) {
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
                const bool was_dirty = checkpoints_.dirty();
                mine = commit(std::move(requests));
                if (!was_dirty || checkpoints_.due()) {
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
    if (queued_bytes_ > kBytesHereMax || !failures_.none() || journal_.failed() ||
        checkpoint_first_ || parts_.reserve.spent()) {
        return false;
    }
    const auto requests = static_cast<std::int64_t>(queue_.size());
    const bool fast = journal_.sync_time() <= kFastSync + requests * kFastSyncPerRequest;
    if (parts_.journals_records() ? !fast : !checkpoints_.announced()) {
        return false;
    }
    std::size_t files = checkpoints_.files_needed();
    for (const CommitRequest* const request : queue_) {
        files += request->parts.size();
        if (request->what != CommitRequest::What::kAppend) {
            return false;
        }
    }
    return files < parts_.options.open_files &&
           journal_.room() >= queued_bytes_ + kCommitOverheadMax;
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
            ticks = checkpoints_.dirty() || checkpoints_.running();
        }
        std::unique_lock lock(mutex_);
        const auto something = [this] { return stopping_ || told_ || !queue_.empty(); };
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
        checkpoints_.take_ended();
        std::unique_lock lock(mutex_);
        Requests requests = take_group();
        lock.unlock();
        if (!requests.empty()) {
            mine = commit(std::move(requests));
        }
        if (checkpoints_.due()) {
            checkpoints_.begin();
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
    if (!first_checkpoint_made()) {
        group.error = Error{Errc::kPoisoned, "the first checkpoint failed"};
        return answer(group);
    }
    if (!journal_works()) {
        group.error = Error{Errc::kPoisoned, "the journal failed"};
        return answer(group);
    }
    for (CommitRequest* const request : group.requests) {
        stage(group, *request);
    }
    if (auto room = make_room(group); !room) {
        failures_.complain(room.error());
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
        failures_.complain(written.error());
        failures_.retry_later();
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
    if (checkpoints_.files_needed() >= parts_.options.open_files) {
        static_cast<void>(checkpoints_.make_now());  // it complains itself
    }
}

// A new directory has names that are not durable yet, and a journal whose seed stands nowhere.
bool Committer::first_checkpoint_made() {
    if (!checkpoint_first_) {
        return true;
    }
    if (!failures_.may_retry() || !checkpoints_.make_first()) {
        return false;  // it complains itself
    }
    checkpoint_first_ = false;
    return true;
}

bool Committer::journal_works() {
    if (!journal_.failed()) {
        return true;
    }
    if (!failures_.may_retry()) {
        return false;
    }
    auto reopened = journal_.reopen();
    if (!reopened && frees_journal(reopened.error())) {
        reopened = checkpoints_.make_now();
        if (reopened) {
            reopened = journal_.reopen();
        }
    }
    if (!reopened) {
        failures_.complain(reopened.error());
        failures_.retry_later();
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
    if (checkpoints_.dirty() || checkpoints_.running()) {
        checkpoints_.hurry();  // the space is for it first; then it makes the reserve again
    } else if (failures_.may_retry()) {
        if (const auto kept = parts_.reserve.keep(0); !kept) {
            failures_.complain(kept.error());
            failures_.retry_later();
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
    if (!failures_.may_retry()) {
        return false;
    }
    auto mended = log->mend();
    if (mended && log->needs_rewrite()) {
        mended = checkpoints_.rewrite_lost();
    }
    if (!mended) {
        failures_.complain(mended.error());
        failures_.retry_later();
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
    checkpoints_.doom(request.what == CommitRequest::What::kTrim ? log->trim(request.horizon)
                                                                 : log->trim_below(request.below));
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
        MILLRACE_TRY(checkpoints_.make_now());
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

// A checkpoint may have given up the reserve since the records were staged, or be about to.
void Committer::write_segments(Group& group) {
    std::optional<Error> catalog_failed;
    {
        const auto held = parts_.reserve.hold();
        for (const ShardLogPtr& log : group.touched) {
            const bool catalog = log->key() == kCatalogShard;
            const Result<void> written = !catalog && parts_.reserve.spent()
                                             ? Error{Errc::kNoSpace, "the disk is full"}
                                             : log->write_staged();
            if (written) {
                continue;
            }
            failures_.complain(written.error());
            if (catalog) {
                catalog_failed = written.error();
            }
            log->rollback();
            group.failed[log] = log->broken() ? AppendStatus::kUnknown : AppendStatus::kRejected;
        }
    }
    if (catalog_failed) {
        make_room_for_commands(*catalog_failed);
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
    const bool announced = checkpoints_.announced() || group.touched.empty();
    if (entries.empty() && announced) {
        return success();
    }
    MILLRACE_TRY(journal_.commit(std::move(entries), body));
    checkpoints_.announce();
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
        checkpoints_.published(log, log->staged_bytes());
        log->publish(group.granted);
    }
    if (group.control.empty()) {
        return;
    }
    checkpoints_.shards_changed();
    std::vector<Doomed> doomed;
    const std::unique_lock lock(logs_mutex_);
    logs_.merge(group.created);
    for (const auto& [key, log] : group.dropped) {
        log->drop(group.granted);
        checkpoints_.dropped(log);
        logs_.erase(key);
        // The stream's folder goes with its last shard.
        const auto sibling = logs_.lower_bound(ShardKey{key.stream_uid, 0});
        const bool last = sibling == logs_.end() || sibling->first.stream_uid != key.stream_uid;
        doomed.push_back({last ? Doomed::Kind::kStream : Doomed::Kind::kShard, key, {}});
    }
    checkpoints_.doom(doomed);
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

}  // namespace millrace::storage
