#include "storage/committer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <future>
#include <mutex>
#include <thread>

#include "storage/checkpoint.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

// A request that can be waited for.
class Request {
public:
    CommitRequest request;

    static CommitRequest::Part part(ShardKey shard, FrameBytes frames) {
        CommitRequest::Part made;
        made.shard = shard;
        made.frames = std::move(frames);
        return made;
    }
    bool submit(Committer& committer) {
        request.done = [this](bool done) { done_.set_value(done); };
        return committer.submit(request);
    }
    void wait() { done_.get_future().get(); }

private:
    std::promise<bool> done_;
};

// A worker: what is posted to it and what waits for the end of its turn runs when it turns.
class Turning final : public env::Executor {
public:
    void post(Callback<void()> run) override {
        const std::lock_guard lock(mutex_);
        posted_.push_back(std::move(run));
    }
    void at_turn_end(env::TurnEnd& what) override { ending_ = &what; }

    void turn() {
        const env::ExecutorScope scope(*this);
        std::vector<Callback<void()>> posted;
        {
            const std::lock_guard lock(mutex_);
            posted.swap(posted_);
        }
        for (Callback<void()>& run : posted) {
            run();
        }
        if (env::TurnEnd* const what = std::exchange(ending_, nullptr)) {
            what->turn_ended();
        }
    }
    bool waits_for_turn_end() const { return ending_ != nullptr; }

private:
    std::mutex mutex_;
    std::vector<Callback<void()>> posted_;  // guarded by mutex_
    env::TurnEnd* ending_ = nullptr;
};

class CommitterTest : public Store {
protected:
    CommitterTest() {
        options.journal_file_bytes = kJournalFileBytesMin;
        options.journal_files = 2;
    }
    ~CommitterTest() override { committer.reset(); }

    void start() {
        committer.reset();
        reopen();
        auto recovered = recover(*parts);
        ASSERT_TRUE(recovered);
        committer.emplace(*parts, pool, metrics, std::move(recovered).value());
        ASSERT_TRUE(committer->start());
    }
    void shards(CommitRequest::What what, std::vector<ShardKey> keys) {
        Request request;
        request.request.what = what;
        request.request.shards = std::move(keys);
        ASSERT_TRUE(request.submit(*committer));
        request.wait();
        ASSERT_FALSE(request.request.error);
    }
    void create(std::vector<ShardKey> keys) {
        shards(CommitRequest::What::kCreate, std::move(keys));
    }
    AppendStatus append(ShardKey shard, std::string_view data,
                        FrameKind kind = FrameKind::kRecord) {
        Request request;
        if (kind == FrameKind::kEnd) {
            request.request.what = CommitRequest::What::kSeal;
        }
        request.request.parts.push_back(Request::part(shard, frame_of(data, kStampMs, kind)));
        request.request.bytes = request.request.parts[0].frames.size();
        if (!request.submit(*committer)) {
            return AppendStatus::kOverloaded;
        }
        request.wait();
        return request.request.parts[0].status;
    }
    std::string content(ShardKey key) { return text(*committer->find(key)); }

    // An append that a worker asks for in this turn; `done` is set when it is over.
    struct Asked {
        CommitRequest request;
        bool done = false;
    };
    void ask(Turning& worker, Asked& asked, FrameBytes frames) {
        asked.request.parts.push_back(Request::part(kShard, std::move(frames)));
        asked.request.bytes = asked.request.parts[0].frames.size();
        asked.request.home = &worker;
        asked.request.done = [&asked](bool) { asked.done = true; };
        ASSERT_TRUE(committer->submit(asked.request));
    }
    // Many: by then the journal tells of segments, and its syncs are known to be fast.
    void append_some() {
        for (int i = 0; i < 100; ++i) {
            ASSERT_EQ(append(kShard, "x"), AppendStatus::kCommitted);
        }
    }
    // Until the thread sleeps: what is submitted then is the worker's.
    bool comes_to_its_worker(Turning& worker, Asked& asked, std::string_view data) {
        for (int i = 0; i < 10'000; ++i) {
            ask(worker, asked, frame_of(data));
            if (worker.waits_for_turn_end()) {
                return true;
            }
            while (!asked.done) {
                worker.turn();
            }
            asked = {};
        }
        return false;
    }

    env::DiskPool pool{1};
    Metrics metrics;
    std::optional<Committer> committer;
};

TEST_F(CommitterTest, CommitsAndFindsAgain) {
    start();
    create({kShard});
    EXPECT_EQ(append(kShard, "a"), AppendStatus::kCommitted);
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kCommitted);
    EXPECT_EQ(content(kShard), "0:a 1:b");
    start();
    EXPECT_EQ(content(kShard), "0:a 1:b");
    EXPECT_EQ(append(kShard, "c"), AppendStatus::kCommitted);
    EXPECT_EQ(content(kShard), "0:a 1:b 2:c");
}

// Nothing waits for the disk at a first start, but the first commit does.
TEST_F(CommitterTest, NoFirstCommitBeforeTheFirstCheckpoint) {
    files.inject({.lasting = true, .calls = {Call::kSyncData}, .part = "checkpoint"});
    start();
    Request refused;
    refused.request.what = CommitRequest::What::kCreate;
    refused.request.shards = {kShard};
    ASSERT_TRUE(refused.submit(*committer));
    refused.wait();
    EXPECT_TRUE(refused.request.error);
    EXPECT_EQ(committer->find(kShard), nullptr);
    EXPECT_FALSE(files.exists(parts->layout.journal_file(0)));
    files.clear_faults();
    clock.advance(options.reopen_interval);
    create({kShard});
    EXPECT_EQ(append(kShard, "a"), AppendStatus::kCommitted);
    start();
    EXPECT_EQ(content(kShard), "0:a");
    EXPECT_TRUE(parts->damage.all().empty());
}

TEST_F(CommitterTest, TheFirstCheckpointIsSyncedWithAllNamesAboveIt) {
    start();
    create({kShard});
    const auto after = files.crashed(test::Loss::kAll, 1);
    StoreParts next(options, *after, clock);
    const auto checkpoint = load_checkpoint(next);
    ASSERT_TRUE(checkpoint && checkpoint.value());
    EXPECT_EQ(checkpoint.value()->journal_seed, parts->journal_seed);
    const auto recovered = recover(next);
    ASSERT_TRUE(recovered);
    EXPECT_TRUE(recovered.value().logs.contains(kShard));
    EXPECT_FALSE(recovered.value().first_start);
}

TEST_F(CommitterTest, OnlyShardsThatWereCreatedTakeRecords) {
    start();
    EXPECT_EQ(append(kShard, "a"), AppendStatus::kRejected);
    EXPECT_EQ(committer->find(kShard), nullptr);
    create({kShard});
    create({kShard});
    EXPECT_EQ(append(kShard, "a"), AppendStatus::kCommitted);
    shards(CommitRequest::What::kDrop, {kShard});
    shards(CommitRequest::What::kDrop, {kShard});
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kRejected);
    EXPECT_EQ(committer->find(kShard), nullptr);
    start();
    EXPECT_EQ(committer->find(kShard), nullptr);
    EXPECT_FALSE(files.exists("/data/shards/0000000000000001/2/00000000000000000000.log"));
}

TEST_F(CommitterTest, OneCommitMayHoldPartsOfManyShards) {
    start();
    create({{1, 0}, {1, 1}});
    Request request;
    request.request.parts.push_back(Request::part({1, 0}, frame_of("a")));
    request.request.parts.push_back(Request::part({9, 9}, frame_of("nowhere")));
    request.request.parts.push_back(Request::part({1, 1}, frame_of("b")));
    ASSERT_TRUE(request.submit(*committer));
    request.wait();
    EXPECT_EQ(request.request.parts[0].status, AppendStatus::kCommitted);
    EXPECT_EQ(request.request.parts[1].status, AppendStatus::kRejected);
    EXPECT_EQ(request.request.parts[2].status, AppendStatus::kCommitted);
    EXPECT_EQ(content({1, 0}), "0:a");
    EXPECT_EQ(content({1, 1}), "0:b");
}

TEST_F(CommitterTest, ASealedShardIsClosedAndSealingAgainTellsItsEnd) {
    start();
    create({kShard});
    append(kShard, "a");
    EXPECT_EQ(append(kShard, {}, FrameKind::kEnd), AppendStatus::kCommitted);
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kClosed);
    for (const bool again : {false, true}) {
        if (again) {
            start();
        }
        Request request;
        request.request.what = CommitRequest::What::kSeal;
        request.request.parts.push_back(
            Request::part(kShard, frame_of({}, kStampMs, FrameKind::kEnd)));
        ASSERT_TRUE(request.submit(*committer));
        request.wait();
        EXPECT_EQ(request.request.parts[0].status, AppendStatus::kCommitted);
        EXPECT_EQ(request.request.parts[0].end, Position(1));
    }
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kClosed);
}

TEST_F(CommitterTest, WhatTheJournalDidNotTakeIsRolledBackAndRetriedInTime) {
    start();
    create({kShard});
    append(kShard, "a");
    files.inject({.calls = {Call::kSyncData}, .part = "journal"});
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kUnknown);
    EXPECT_EQ(content(kShard), "0:a");
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kRejected) << "not before reopen_interval";
    clock.advance(options.reopen_interval);
    EXPECT_EQ(append(kShard, "c"), AppendStatus::kCommitted);
    EXPECT_EQ(content(kShard), "0:a 1:c");
    start();
    EXPECT_EQ(content(kShard), "0:a 1:c");
    EXPECT_TRUE(parts->damage.all().empty());
}

TEST_F(CommitterTest, ASealThatFailedSealsNothing) {
    start();
    create({kShard});
    files.inject({.calls = {Call::kSyncData}, .part = "journal"});
    EXPECT_EQ(append(kShard, {}, FrameKind::kEnd), AppendStatus::kUnknown);
    clock.advance(options.reopen_interval);
    EXPECT_EQ(append(kShard, "a"), AppendStatus::kCommitted);
}

TEST_F(CommitterTest, OneShardsFailureIsNotAnothers) {
    start();
    create({{1, 0}, {1, 1}});
    Request request;
    request.request.parts.push_back(Request::part({1, 0}, frame_of("a")));
    request.request.parts.push_back(Request::part({1, 1}, frame_of("b")));
    files.inject({.calls = {Call::kWrite}, .part = "0000000000000001/0/"});
    ASSERT_TRUE(request.submit(*committer));
    request.wait();
    EXPECT_EQ(request.request.parts[0].status, AppendStatus::kRejected);
    EXPECT_EQ(request.request.parts[1].status, AppendStatus::kCommitted);
    EXPECT_EQ(content({1, 0}), "");
    EXPECT_EQ(content({1, 1}), "0:b");
    EXPECT_EQ(append({1, 0}, "c"), AppendStatus::kCommitted);
}

TEST_F(CommitterTest, ABrokenShardIsMendedInTime) {
    start();
    create({kShard});
    append(kShard, "a");
    files.inject({.calls = {Call::kWrite}, .part = "shards"});
    files.inject({.calls = {Call::kTruncate}, .part = "shards", .times = 2});
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kUnknown);
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kRejected) << "still broken";
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kRejected) << "not before reopen_interval";
    clock.advance(options.reopen_interval);
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kCommitted);
    EXPECT_EQ(content(kShard), "0:a 1:b");
}

TEST_F(CommitterTest, TheRingIsFreedByCheckpoints) {
    start();
    create({kShard});
    const std::string large(5 << 20, 'x');
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(append(kShard, large), AppendStatus::kCommitted) << i;
    }
    EXPECT_EQ(read(*committer->find(kShard)).value().records.size(), 20U);
    EXPECT_FALSE(files.exists("/data/journal/002.log"));
}

// Or the checkpoint, which is all that can make room, might find none.
TEST_F(CommitterTest, RecordsDoNotTakeTheSpaceThatACheckpointGotSinceTheyWereStaged) {
    start();
    create({kShard});
    const std::string large(5 << 20, 'x');
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(append(kShard, large), AppendStatus::kCommitted);
    }
    const std::string kept = content(kShard);
    // The next one needs a second file, and that a checkpoint, and that the reserve.
    files.inject({.code = Errc::kNoSpace, .calls = {Call::kCreate}, .part = "journal/001.log"});
    files.inject({.code = Errc::kNoSpace, .calls = {Call::kWrite}, .part = "journal/checkpoint"});
    files.inject({.code = Errc::kNoSpace,
                  .lasting = true,
                  .calls = {Call::kAllocate},
                  .part = "journal/reserve"});
    EXPECT_EQ(append(kShard, large), AppendStatus::kRejected);
    EXPECT_TRUE(files.exists("/data/journal/001.log")) << "there was room for it";
    EXPECT_TRUE(parts->reserve.spent());
    EXPECT_EQ(content(kShard), kept);
    files.clear_faults();
    clock.advance(options.reopen_interval);
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kCommitted);
}

// A checkpoint whose segment could not be synced: its pages may be gone, so that only a rewrite
// from the journal makes the records durable.
TEST_F(CommitterTest, AfterAFailedSyncOfASegmentItIsRewrittenFromTheJournal) {
    start();
    create({kShard});
    append(kShard, "a");
    files.inject({.calls = {Call::kSyncData}, .part = "shards"});
    EXPECT_FALSE(committer->stop());
    const auto left = load_checkpoint(*parts).value();
    ASSERT_TRUE(left);
    for (const ShardState& state : left->shards) {
        EXPECT_TRUE(state.segments.empty()) << "it claims nothing that was not synced";
    }
    start();
    EXPECT_EQ(content(kShard), "0:a");
}

// Records of an earlier process are in the journal as well, until a checkpoint covers them.
TEST_F(CommitterTest, WhatRecoveryFoundIsRewrittenTooAfterAFailedSync) {
    const std::string large(20'000, 'l');
    start();
    create({kShard});
    append(kShard, large);
    files.inject({.lasting = true, .calls = {Call::kSyncData}, .part = "s/0"});
    EXPECT_FALSE(committer->stop());
    files.clear_faults();
    options.open_files = 1;  // a checkpoint before every commit
    files.inject({.calls = {Call::kSyncData}, .part = "shards"});
    start();
    EXPECT_EQ(append(kShard, "refused"), AppendStatus::kRejected);
    ASSERT_EQ(files.faults_met(), 1U);
    clock.advance(options.reopen_interval);
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kCommitted);
    EXPECT_EQ(content(kShard), "0:" + large + " 1:b");
    EXPECT_TRUE(committer->stop());
    const env::Path segment = parts->layout.shard(kShard) / segment_name(Position(0));
    EXPECT_EQ(files.crashed(test::Loss::kAll, 1)->load(segment), files.load(segment));
}

// Or the next process would not look at it, and the one after it would take its record up.
TEST_F(CommitterTest, WithoutJournaledRecordsNoCheckpointPassesOverABrokenShard) {
    options.durability = Durability::kProcess;
    start();
    create({kShard});
    append(kShard, "a");
    files.inject({.lasting = true, .calls = {Call::kWrite, Call::kTruncate}, .part = "shards"});
    FrameBytes frames;
    for (int i = 0; i < 50; ++i) {
        add(frames, frame_of("lost"));
    }
    Request failing;  // of its bytes some are written
    failing.request.parts.push_back(Request::part(kShard, std::move(frames)));
    ASSERT_TRUE(failing.submit(*committer));
    failing.wait();
    EXPECT_EQ(failing.request.parts[0].status, AppendStatus::kUnknown);
    EXPECT_TRUE(committer->stop()) << "others need it";
    files.clear_faults();
    files.inject({.lasting = true, .calls = {Call::kSyncData}, .part = "checkpoint"});
    start();
    const std::string shown = content(kShard);
    create({{7, 7}});
    EXPECT_FALSE(committer->stop());
    files.clear_faults();
    start();
    EXPECT_EQ(content(kShard), shown);
}

// A file that is missing is damage unless a checkpoint said before that it would go.
TEST_F(CommitterTest, WhatIsDoomedGoesOnceACheckpointSaysSo) {
    start();
    create({kShard});
    append(kShard, "a");
    const env::Path segment = parts->layout.shard(kShard) / segment_name(Position(0));
    committer->stop().value();
    start();
    shards(CommitRequest::What::kDrop, {kShard});
    files.inject({.calls = {Call::kWrite}, .part = "checkpoint.new"});
    EXPECT_FALSE(committer->stop());
    EXPECT_TRUE(files.exists(segment)) << "the checkpoint on disk still needs it";
    start();
    committer->stop().value();
    EXPECT_FALSE(files.exists(segment));
    EXPECT_FALSE(load_checkpoint(*parts).value()->doomed.empty()) << "said before it went";
    options.open_files = 1;  // a checkpoint before every commit
    start();
    create({{4, 0}});
    append({4, 0}, "b");
    append({4, 0}, "c");
    committer->stop().value();
    EXPECT_TRUE(load_checkpoint(*parts).value()->doomed.empty()) << "and not for ever";
}

TEST_F(CommitterTest, WhatCouldNotBeRemovedIsTriedAgain) {
    start();
    create({kShard});
    append(kShard, "a");
    committer->stop().value();
    start();
    shards(CommitRequest::What::kDrop, {kShard});
    files.inject({.calls = {Call::kRemove, Call::kRemoveTree}, .part = "shards"});
    committer->stop().value();
    const env::Path segment = parts->layout.shard(kShard) / segment_name(Position(0));
    EXPECT_TRUE(files.exists(segment));
    start();
    committer->stop().value();
    EXPECT_FALSE(files.exists(segment));
}

TEST_F(CommitterTest, WithoutJournaledRecordsAnEmptyCommitTellsOfThem) {
    options.durability = Durability::kProcess;
    start();
    create({kShard});
    committer->stop().value();
    start();
    EXPECT_EQ(append(kShard, "a"), AppendStatus::kCommitted);
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kCommitted);
    const auto mark = load_checkpoint(*parts).value()->mark;
    const JournalScan found = scan_journal(*parts, mark).value();
    ASSERT_EQ(found.commits.size(), 1U) << "one, not one for each";
    EXPECT_TRUE(found.commits[0].header.entries.empty());
}

// Else a recovery that is told nothing passes over what a kill left, and the next one finds it.
TEST_F(CommitterTest, WithoutJournaledRecordsTheJournalTellsBeforeASegmentIsWrittenTo) {
    options.durability = Durability::kProcess;
    start();
    create({kShard});
    committer->stop().value();
    start();
    files.inject({.calls = {Call::kWrite}, .part = "journal/"});
    EXPECT_NE(append(kShard, "a"), AppendStatus::kCommitted);
    EXPECT_FALSE(files.exists(parts->layout.shard(kShard) / segment_name(Position(0))));
}

TEST_F(CommitterTest, AWorkersAppendIsCommittedByItselfAtTheEndOfItsTurn) {
    for (const Durability durability : {Durability::kProcess, Durability::kPower}) {
        options.durability = durability;
        start();
        create({kShard});
        append_some();
        Turning worker;
        int at_once = 0;
        for (int i = 0; i < 20; ++i) {
            Asked asked;
            ASSERT_TRUE(comes_to_its_worker(worker, asked, "mine"));
            EXPECT_FALSE(asked.done) << "not before";
            worker.turn();
            at_once += asked.done ? 1 : 0;  // else the thread woke for its own reasons
            while (!asked.done) {
                worker.turn();
            }
            EXPECT_EQ(asked.request.parts[0].status, AppendStatus::kCommitted);
            const std::uint64_t at = load_header(asked.request.parts[0].frames).position;
            EXPECT_EQ(text(*committer->find(kShard), at), std::to_string(at) + ":mine");
        }
        EXPECT_GT(at_once, 0);
    }
}

// Syncs of a millisecond are the thread's to wait for, unless many requests wait with the worker.
TEST_F(CommitterTest, AWorkerWaitsForASlowSyncOnlyWithMany) {
    options.durability = Durability::kPower;
    files.before_change([this](std::uint64_t) { clock.advance(Millis(1)); });
    start();
    create({kShard});
    append_some();
    Turning worker;
    int one_at_once = 0;  // the thread's answers come in a later turn, unless it woke before
    bool many_at_once = false;
    for (int i = 0; i < 20; ++i) {
        Asked one;
        ASSERT_TRUE(comes_to_its_worker(worker, one, "one"));
        worker.turn();
        one_at_once += one.done ? 1 : 0;
        while (!one.done) {
            worker.turn();
        }
        std::array<Asked, 200> many;
        ASSERT_TRUE(comes_to_its_worker(worker, many[0], "many"));
        for (std::size_t k = 1; k < many.size(); ++k) {
            ask(worker, many[k], frame_of("many"));
        }
        const auto done = [](const Asked& asked) { return asked.done; };
        worker.turn();
        many_at_once = many_at_once || std::ranges::all_of(many, done);
        while (!std::ranges::all_of(many, done)) {
            worker.turn();
        }
    }
    EXPECT_LT(one_at_once, 10);
    EXPECT_TRUE(many_at_once);
}

// A worker does not wait for repairs: they are the thread's, and so is what comes until then.
TEST_F(CommitterTest, AfterAFailureTheThreadCommitsForTheWorkers) {
    options.durability = Durability::kProcess;
    start();
    create({kShard});
    append_some();
    for (const bool lasting : {false, true}) {
        Turning worker;
        Asked failed;
        ASSERT_TRUE(comes_to_its_worker(worker, failed, "failed"));
        // A write that fails and cannot be taken back either breaks the log.
        files.inject(
            {.lasting = lasting, .calls = {Call::kWrite, Call::kTruncate}, .part = "shards"});
        while (!failed.done) {
            worker.turn();
        }
        files.clear_faults();
        EXPECT_NE(failed.request.parts[0].status, AppendStatus::kCommitted);
        clock.advance(2 * options.reopen_interval);
        Asked next;
        ask(worker, next, frame_of("next"));
        while (!next.done) {
            worker.turn();
        }
        EXPECT_EQ(next.request.parts[0].status, AppendStatus::kCommitted);
    }
}

// Two workers and the thread write by turns: nothing waits for ever, every append is there once.
TEST_F(CommitterTest, NoAppendIsForgottenBetweenThoseWhoWrite) {
    constexpr int kAppends = 3000;
    for (const Durability durability : {Durability::kProcess, Durability::kPower}) {
        options.durability = durability;
        start();
        create({kShard});
        const std::uint64_t before = committer->find(kShard)->next().value();
        append_some();
        const auto work = [&](char name) {
            Turning worker;
            for (int i = 0; i < kAppends; ++i) {
                std::array<Asked, 3> asked;
                for (Asked& one : asked) {
                    ask(worker, one, frame_of(std::string(1, name)));
                }
                while (
                    !std::all_of(asked.begin(), asked.end(), [](auto& one) { return one.done; })) {
                    worker.turn();
                }
                for (const Asked& one : asked) {
                    ASSERT_EQ(one.request.parts[0].status, AppendStatus::kCommitted);
                }
            }
        };
        std::thread other(work, 'b');
        work('a');
        other.join();
        EXPECT_EQ(committer->find(kShard)->next().value(), before + 100 + 6 * kAppends);
    }
}

TEST_F(CommitterTest, MoreThanMayWaitIsRefused) {
    options.inflight_bytes = 100;
    start();
    create({kShard});
    EXPECT_EQ(append(kShard, std::string(1000, 'x')), AppendStatus::kCommitted)
        << "one of any size is taken";
    EXPECT_EQ(append(kShard, "a"), AppendStatus::kCommitted) << "and gives its bytes back";
}

TEST_F(CommitterTest, AfterItsEndItTakesNothing) {
    start();
    create({kShard});
    append(kShard, "a");
    ASSERT_TRUE(committer->stop());
    ASSERT_TRUE(committer->stop());
    EXPECT_EQ(append(kShard, "b"), AppendStatus::kOverloaded);
    EXPECT_EQ(content(kShard), "0:a") << "reads go on";
}

}  // namespace
}  // namespace millrace::storage
