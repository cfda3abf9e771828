#include "storage/checkpoints.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"

namespace millrace::storage {
namespace {

// How long something may stay without a checkpoint; shorter when files wait for their removal.
constexpr Seconds kAge{30};
constexpr Seconds kDoomedAge{1};
// How much may be without one: a recovery restores it.
constexpr std::uint64_t kBytesMax = 128 << 20;

}  // namespace

Checkpoints::Checkpoints(StoreParts& parts, env::DiskPool& pool, Journal& journal,
                         const ShardLogs& logs, Failures& failures, Callback<void()> on_end)
    : parts_(parts),
      pool_(pool),
      journal_(journal),
      logs_(logs),
      failures_(failures),
      on_end_(std::move(on_end)) {}

void Checkpoints::begin_with(const Recovered& recovered) {
    for (const auto& [key, log] : logs_) {
        if (log->dirty()) {
            logs_written_.insert(log);
        }
    }
    covered_ = recovered.covered;
    doomed_ = recovered.doomed;
    shards_changed_ = recovered.checkpoint_due;
    first_start_ = recovered.first_start;
    if (!recovered.checkpoint_due) {
        journal_.release(recovered.journal.sequence);
    }
}

// ---- What the next one is to cover.

void Checkpoints::published(const ShardLogPtr& log, std::uint64_t bytes) {
    note_dirty();
    bytes_ += bytes;
    logs_written_.insert(log);
}

void Checkpoints::shards_changed() {
    note_dirty();
    shards_changed_ = true;
}

void Checkpoints::doom(const std::vector<Doomed>& doomed) {
    if (!doomed.empty()) {
        note_dirty();
        doomed_.insert(doomed_.end(), doomed.begin(), doomed.end());
    }
}

bool Checkpoints::dirty() const {
    return !logs_written_.empty() || shards_changed_ || !doomed_.empty();
}

void Checkpoints::note_dirty() {
    if (!dirty()) {
        dirty_since_ = parts_.clock.steady();
    }
}

std::size_t Checkpoints::files_needed() const {
    return logs_written_.size() + (job_ == nullptr ? 0 : job_->parts().size());
}

// ---- Making them.

bool Checkpoints::due() const {
    if (running() || !dirty() || !failures_.may_retry()) {
        return false;
    }
    const std::uint64_t ring = parts_.options.journal_file_bytes * parts_.options.journal_files;
    const auto age = parts_.clock.steady() - dirty_since_;
    return urgent_ || bytes_ >= std::min(ring / 2, kBytesMax) ||
           logs_written_.size() >= std::max(1U, parts_.options.open_files / 2) || age >= kAge ||
           (!doomed_.empty() && age >= kDoomedAge);
}

bool Checkpoints::begin() {
    CHECK(!running());
    if (const auto rewritten = rewrite_lost(); !rewritten) {
        failures_.complain(rewritten.error());
        failures_.retry_later();
        return false;
    }
    const bool rest_left = leaves_rest();
    Checkpoint checkpoint;
    checkpoint.mark = rest_left ? covered_ : journal_.mark();
    checkpoint.records_journaled = parts_.journals_records();
    checkpoint.journal_seed = parts_.journal_seed;
    checkpoint.doomed = std::exchange(doomed_, {});
    checkpoint.shards.reserve(logs_.size());
    for (const auto& [key, log] : logs_) {
        checkpoint.shards.push_back(log->state());
    }
    std::vector<CheckpointJob::Part> parts;
    for (const ShardLogPtr& log : logs_written_) {
        parts.push_back({log, log->state(), log->take_unsynced()});
    }
    logs_written_.clear();
    shards_changed_ = false;
    urgent_ = false;
    bytes_ = 0;
    announced_ = announced_ && rest_left;
    job_ = std::make_shared<CheckpointJob>(std::move(checkpoint), std::move(parts), first_start_);
    pool_.submit([this, job = job_] {
        job->run(parts_);
        const std::lock_guard lock(mutex_);  // until it is over: who waits for it may end this
        job->ended = true;
        job_ended_.notify_all();
        on_end_();
    });
    return true;
}

bool Checkpoints::ended() {
    const std::lock_guard lock(mutex_);
    return job_ != nullptr && job_->ended;
}

void Checkpoints::take_ended() {
    if (ended()) {
        finish();
    }
}

void Checkpoints::finish() {
    const std::shared_ptr<CheckpointJob> job = std::exchange(job_, nullptr);
    doom(job->left());
    if (!job->error()) {
        for (CheckpointJob::Part& part : job->parts()) {
            part.log->synced(part.state);
        }
        first_start_ = false;
        covered_ = job->checkpoint().mark;
        journal_.release(covered_.sequence);
        const bool sound = std::none_of(logs_.begin(), logs_.end(), [](const auto& entry) {
            return entry.second->broken() || entry.second->needs_rewrite();
        });
        if (sound) {
            failures_.mended();
        }
        return;
    }
    failures_.complain(
        {job->error()->code, "a checkpoint failed, will try again: " + job->error()->message});
    failures_.retry_later();
    shards_changed();
    urgent_ = true;
    for (CheckpointJob::Part& part : job->parts()) {
        part.log->not_synced(part.unsynced.directory_changed, part.failed);
        const auto held = logs_.find(part.log->key());
        if (held != logs_.end() && held->second == part.log) {
            logs_written_.insert(part.log);
        }
    }
}

Result<void> Checkpoints::wait() {
    const std::shared_ptr<CheckpointJob> job = job_;
    {
        std::unique_lock lock(mutex_);
        job_ended_.wait(lock, [&] { return job->ended; });
    }
    finish();
    return job->error() ? Result<void>(*job->error()) : Result<void>(success());
}

Result<void> Checkpoints::make_now() {
    if (running()) {
        static_cast<void>(wait());
    }
    if (!begin()) {
        return Error{Errc::kPoisoned, "the records of a failed sync could not be rewritten"};
    }
    return wait();
}

Result<void> Checkpoints::make_first() {
    if (running()) {
        return wait();
    }
    return dirty() ? make_now() : Result<void>(success());
}

// Where records are not journaled: whether a failed write left something past a log's extent that
// cannot be removed. The checkpoint must then stay behind the commit that tells of writes: else the
// next recovery would not look there, and a later one would find it.
bool Checkpoints::leaves_rest() {
    bool left = false;
    if (!parts_.journals_records()) {
        for (const auto& [key, log] : logs_) {
            left = !log->mend() || left;
        }
    }
    return left;
}

Result<void> Checkpoints::rewrite_lost() {
    const auto lost = [](const ShardLogPtr& log) { return log->needs_rewrite(); };
    if (std::none_of(logs_written_.begin(), logs_written_.end(), lost)) {
        return success();
    }
    MILLRACE_TRY(const JournalScan scan, scan_journal(parts_, covered_));
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
            const auto held = logs_.find(entry.shard);
            if (held == logs_.end() || !lost(held->second)) {
                continue;
            }
            // The journal may have commands of which the log holds none, as a snapshot has them.
            const Bytes missing = frames_from(part, held->second->durable_next());
            if (!missing.empty()) {
                frames[entry.shard].emplace_back(missing.begin(), missing.end());
            }
        }
    }
    for (const ShardLogPtr& log : logs_written_) {
        if (log->needs_rewrite()) {
            MILLRACE_TRY(const auto replaced, log->rewrite(frames[log->key()]));
            doom(replaced);
        }
    }
    return success();
}

}  // namespace millrace::storage
