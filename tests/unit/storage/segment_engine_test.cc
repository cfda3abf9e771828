// What the contract suite of all engines does not see: one directory, its lock, its files.
#include "storage/segment_engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

#include "support/fault_file_system.h"
#include "support/read_all.h"
#include "support/segment_host.h"
#include "support/sync_wait.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

using test::sync_wait;

class SegmentEngineTest : public Store {
protected:
    SegmentEngineTest() { options.journal_file_bytes = kJournalFileBytesMin; }

    Result<void> try_start() {
        engine.reset();
        auto opened = SegmentEngine::open(options, files, clock, pool, metrics);
        if (!opened) {
            return std::move(opened).error();
        }
        engine = std::move(opened).value();
        return success();
    }
    void start() {
        const auto started = try_start();
        ASSERT_TRUE(started) << started.error().message;
    }
    AppendResult append(std::string_view data) {
        const std::vector<NewRecord> records = {{kShard, "key", as_bytes(data), clock.now()}};
        return sync_wait(engine->append(records)).front();
    }
    std::string content(std::uint64_t from = 0) {
        const ReadRequest request{kShard, Position(from), 100, 1 << 30, WallTime{}};
        const auto result = sync_wait(engine->read(request));
        return result ? text_of(result.value()) : "error";
    }
    void create() {
        const std::vector<ShardKey> shards = {kShard};
        ASSERT_TRUE(sync_wait(engine->create(shards)));
    }

    env::DiskPool pool{1};
    Metrics metrics;
    std::unique_ptr<SegmentEngine> engine;
};

TEST_F(SegmentEngineTest, OwnsItsDirectoryAlone) {
    start();
    const auto second = SegmentEngine::open(options, files, clock, pool, metrics);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::kLocked);
    ASSERT_TRUE(engine->close());
    EXPECT_TRUE(SegmentEngine::open(options, files, clock, pool, metrics));
}

TEST_F(SegmentEngineTest, RefusesAJournalThatCouldNotHoldARecord) {
    options.journal_files = 1;
    EXPECT_EQ(try_start().error().code, Errc::kInvalid);
    options.journal_files = 2;
    options.journal_file_bytes = kJournalFileBytesMin - 1;
    EXPECT_EQ(try_start().error().code, Errc::kInvalid);
}

TEST_F(SegmentEngineTest, KeepsRecordsOverARestartInEveryMode) {
    for (const Durability mode :
         {Durability::kPower, Durability::kProcess, Durability::kNone, Durability::kPower}) {
        options.durability = mode;
        start();
        create();
        const std::string before = content();
        const auto appended = append("x");
        ASSERT_EQ(appended.status, AppendStatus::kCommitted);
        start();
        EXPECT_EQ(content(), before + (before.empty() ? "" : " ") +
                                 std::to_string(appended.position.value()) + ":x");
        EXPECT_TRUE(engine->corruptions().empty());
    }
}

TEST_F(SegmentEngineTest, AnswersRecordByRecord) {
    start();
    create();
    const std::vector<NewRecord> records = {{kShard, "k", as_bytes("a"), clock.now()},
                                            {{9, 9}, "k", as_bytes("b"), clock.now()},
                                            {kShard, "k", as_bytes("c"), clock.now()}};
    const auto results = sync_wait(engine->append(records));
    ASSERT_EQ(results.size(), 3U);
    EXPECT_EQ(results[0].status, AppendStatus::kCommitted);
    EXPECT_EQ(results[1].status, AppendStatus::kRejected);
    EXPECT_EQ(results[2].status, AppendStatus::kCommitted);
    EXPECT_EQ(results[2].position, Position(1));
    EXPECT_EQ(content(), "0:a 1:c");
    EXPECT_TRUE(sync_wait(engine->append({})).empty());
}

TEST_F(SegmentEngineTest, WhatNoFrameOrCommitCanHoldIsRejected) {
    start();
    create();
    const std::string key(1 << 16, 'k');
    const std::vector<NewRecord> long_key = {{kShard, key, {}, clock.now()}};
    EXPECT_EQ(sync_wait(engine->append(long_key)).front().status, AppendStatus::kRejected);
    EXPECT_EQ(append(std::string((32 << 20) + 1, 'x')).status, AppendStatus::kRejected);
    EXPECT_EQ(append(std::string(10 << 20, 'x')).status, AppendStatus::kCommitted);
}

TEST_F(SegmentEngineTest, TheCatalogIsReplayedFromItsSnapshot) {
    start();
    EXPECT_TRUE(sync_wait(engine->catalog_log().load()).value().commands.empty());
    for (const char* const command : {"a", "b", "c"}) {
        ASSERT_TRUE(sync_wait(engine->catalog_log().commit(command)));
    }
    ASSERT_TRUE(sync_wait(engine->catalog_log().snapshot(Position(1), "a and b")));
    start();
    const auto replay = sync_wait(engine->catalog_log().load()).value();
    EXPECT_EQ(replay.snapshot, "a and b");
    ASSERT_EQ(replay.commands.size(), 1U);
    EXPECT_EQ(replay.commands[0].payload, "c");
    EXPECT_EQ(replay.commands[0].position, Position(2));
    EXPECT_EQ(sync_wait(engine->catalog_log().commit("d")).value(), Position(3));
}

TEST_F(SegmentEngineTest, DamageIsReportedByReaders) {
    start();
    create();
    for (const char* const data : {"a", "b", "c"}) {
        append(data);
    }
    const env::Path path = "/data/shards/0000000000000001/2/00000000000000000000.log";
    files.flip(path, 40 + frame_of("a").size() + 3);
    EXPECT_EQ(content(), "0:a");
    EXPECT_EQ(content(1), "error");
    EXPECT_EQ(content(2), "2:c");
    ASSERT_EQ(engine->corruptions().size(), 1U);
    EXPECT_EQ(engine->corruptions()[0].file, path.string());
    EXPECT_EQ(append("d").status, AppendStatus::kCommitted) << "writing goes on";
}

TEST_F(SegmentEngineTest, AReaderFromTheDiskGoesOnWithoutATryInMemory) {
    start();
    create();
    const std::string data(40'000, 'x');
    for (int i = 0; i < 6; ++i) {
        append(data);
    }
    files.set_cold(true);
    const auto reads_of = [&](std::uint64_t from) {
        const auto before = files.calls(test::Call::kRead);
        const ReadRequest request{kShard, Position(from), 1, 1 << 30, WallTime{}};
        EXPECT_EQ(sync_wait(engine->read(request)).value().records.size(), 1U);
        return files.calls(test::Call::kRead) - before;
    };
    reads_of(0);
    const auto expected = reads_of(1);
    EXPECT_EQ(reads_of(1), expected + 1) << "nobody goes on there now";
}

TEST_F(SegmentEngineTest, AfterCloseCallsFailAndNothingIsReplayed) {
    start();
    create();
    append("a");
    ASSERT_TRUE(engine->close());
    EXPECT_EQ(append("b").status, AppendStatus::kOverloaded);
    const std::vector<ShardKey> shards = {{5, 5}};
    const auto created = sync_wait(engine->create(shards));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, Errc::kClosed);
    const auto writes = files.calls(Call::kWrite);
    start();
    EXPECT_EQ(files.calls(Call::kWrite), writes);
    EXPECT_EQ(content(), "0:a");
}

// A kill leaves much that is not synced: the journal has it still, or nobody was promised it.
class SegmentEngineStart : public testing::TestWithParam<Durability> {};

TEST_P(SegmentEngineStart, WaitsForNoSyncOfASegment) {
    auto options = test::small_segments();
    options.durability = GetParam();
    test::FaultFileSystem before;
    std::unique_ptr<test::FaultFileSystem> disk;
    const std::vector<NewRecord> records = {{kShard, "key", as_bytes("a"), WallTime{}}};
    {
        test::SegmentHost host(before, options);
        ASSERT_TRUE(host.open());
        const std::vector<ShardKey> shards = {kShard};
        ASSERT_TRUE(sync_wait(host.engine().create(shards)));
        ASSERT_EQ(sync_wait(host.engine().append(records)).front().status,
                  AppendStatus::kCommitted);
        disk = before.crashed(test::Loss::kNothing, 1);
    }
    std::atomic<bool> may_sync = false;
    std::atomic<bool> synced = false;
    disk->before_change([&](std::uint64_t change) {
        if (disk->trace()[change].starts_with("SyncData /data/shards")) {
            may_sync.wait(false);
            synced = true;
        }
    });
    test::SegmentHost host(*disk, options);
    ASSERT_TRUE(host.open());
    EXPECT_EQ(sync_wait(host.engine().append(records)).front().status, AppendStatus::kCommitted);
    EXPECT_FALSE(synced);
    may_sync = true;
    may_sync.notify_all();
    host.close();
    EXPECT_TRUE(synced) << "but a checkpoint comes after it";
}

INSTANTIATE_TEST_SUITE_P(AfterAKill, SegmentEngineStart,
                         testing::Values(Durability::kPower, Durability::kProcess));

// Killed before the checkpoint's name is synced, the next process sees it all the same; power loss
// would take it back. The journal that the one before needs must not be written over until then.
TEST(SegmentEngineCrash, ACheckpointCountsOnceItsNameIsDurable) {
    const auto append = [](test::SegmentHost& host, std::string_view data) {
        const std::vector<NewRecord> records = {{kShard, "key", as_bytes(data), WallTime{}}};
        return sync_wait(host.engine().append(records)).front().status;
    };
    test::FaultFileSystem disk;
    std::vector<std::unique_ptr<test::FaultFileSystem>> pictures;
    std::atomic<bool> closing = false;
    disk.before_change([&](std::uint64_t change) {
        if (closing) {
            pictures.push_back(disk.crashed(test::Loss::kNothing, change));
        }
    });
    {
        test::SegmentHost host(disk);
        ASSERT_TRUE(host.open());
        const std::vector<ShardKey> shards = {kShard};
        ASSERT_TRUE(sync_wait(host.engine().create(shards)));
        ASSERT_EQ(append(host, "a"), AppendStatus::kCommitted);
        closing = true;
        host.close();
    }
    ASSERT_GE(pictures.size(), 4U);
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        std::unique_ptr<test::FaultFileSystem> again;
        {
            test::SegmentHost host(*pictures[i]);
            ASSERT_TRUE(host.open());
            ASSERT_EQ(append(host, "b"), AppendStatus::kCommitted);
            again = pictures[i]->crashed(test::Loss::kAll, i);
        }
        test::SegmentHost host(*again);
        ASSERT_TRUE(host.open());
        const ReadRequest request{kShard, Position(0), 100, 1 << 20, WallTime{}};
        const auto result = sync_wait(host.engine().read(request));
        ASSERT_TRUE(result) << "picture " << i;
        EXPECT_EQ(result.value().records.size(), 2U) << "picture " << i;
        EXPECT_TRUE(host.engine().corruptions().empty()) << "picture " << i;
    }
}

// The same for the catalog's snapshot: the commands it covers leave the journal after a recovery.
TEST(SegmentEngineCrash, ASnapshotCountsOnceItsNameIsDurable) {
    test::FaultFileSystem disk;
    std::vector<std::unique_ptr<test::FaultFileSystem>> pictures;
    std::atomic<bool> snapping = false;
    disk.before_change([&](std::uint64_t change) {
        if (snapping) {
            pictures.push_back(disk.crashed(test::Loss::kNothing, change));
        }
    });
    {
        test::SegmentHost host(disk);
        ASSERT_TRUE(host.open());
        CatalogLog& log = host.engine().catalog_log();
        ASSERT_TRUE(sync_wait(log.load()));
        ASSERT_TRUE(sync_wait(log.commit("one")));
        const auto last = sync_wait(log.commit("two"));
        ASSERT_TRUE(last);
        snapping = true;
        ASSERT_TRUE(sync_wait(log.snapshot(last.value(), "one, two")));
        snapping = false;
    }
    ASSERT_GE(pictures.size(), 3U);
    std::size_t by_snapshot = 0;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        std::unique_ptr<test::FaultFileSystem> again;
        {
            test::SegmentHost host(*pictures[i]);
            ASSERT_TRUE(host.open());
            again = pictures[i]->crashed(test::Loss::kAll, i);
        }
        test::SegmentHost host(*again);
        ASSERT_TRUE(host.open());
        const auto replay = sync_wait(host.engine().catalog_log().load());
        ASSERT_TRUE(replay) << "picture " << i;
        std::string all = replay.value().snapshot;
        for (const CatalogLog::Entry& entry : replay.value().commands) {
            all += (all.empty() ? "" : ", ") + entry.payload;
        }
        EXPECT_EQ(all, "one, two") << "picture " << i;
        by_snapshot += replay.value().snapshot.empty() ? 0 : 1;
    }
    EXPECT_GT(by_snapshot, 0U) << "no picture shows the snapshot before its name is durable";
}

// A checkpoint that failed as late as the sync of its name is what a kill leaves. A segment that it
// lists must not go before a later one says so, even if a repair has put another in its place.
TEST(SegmentEngineCrash, ARepairKeepsWhatAFailedCheckpointMayList) {
    const std::string data(1500, 'd');
    const auto options = test::small_segments(2000);  // two records fill a segment
    test::FaultFileSystem disk;
    std::unique_ptr<test::FaultFileSystem> killed;
    std::size_t committed = 0;
    const auto append = [&](test::SegmentHost& host) {
        const std::vector<NewRecord> records = {{kShard, "key", as_bytes(data), WallTime{}}};
        const auto status = sync_wait(host.engine().append(records)).front().status;
        committed += status == AppendStatus::kCommitted ? 1 : 0;
        return status;
    };
    {
        test::SegmentHost host(disk, options);
        ASSERT_TRUE(host.open());
        const std::vector<ShardKey> shards = {kShard};
        ASSERT_TRUE(sync_wait(host.engine().create(shards)));
        ASSERT_EQ(append(host), AppendStatus::kCommitted);
    }
    {
        test::SegmentHost host(disk, options);
        ASSERT_TRUE(host.open());
        const auto fails = [&](test::Fault fault) {
            disk.clear_faults();
            fault.lasting = true;
            disk.inject(fault);
            for (int i = 0; i < 10'000 && disk.faults_met() == 0; ++i) {
                host.clock().advance(Seconds(31));  // a checkpoint is due
                append(host);
            }
            return disk.faults_met() > 0;
        };
        ASSERT_EQ(append(host), AppendStatus::kCommitted) << "in the segment that is there";
        ASSERT_EQ(append(host), AppendStatus::kCommitted) << "in the next";
        ASSERT_TRUE(fails({.nth = 2, .calls = {Call::kSyncDirectory}, .part = "journal"}));
        ASSERT_TRUE(fails({.calls = {Call::kSyncData}, .part = "shards"}));
        ASSERT_TRUE(fails({.calls = {Call::kCreate}, .part = "checkpoint"}));
        killed = disk.crashed(test::Loss::kNothing, 1);
    }
    for (int opened = 0; opened < 2; ++opened) {
        test::SegmentHost host(*killed, options);
        ASSERT_TRUE(host.open());
        const auto found = sync_wait(test::read_all(host.engine(), kShard));
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_GE(found.value().size(), committed);
        EXPECT_TRUE(host.engine().corruptions().empty());
    }
}

// The journal still has commands that the snapshot of a killed process made superfluous; the log
// begins past them, and a repair must not take it back to where a file waits for its removal.
TEST(SegmentEngineCrash, ARepairLeavesOutWhatTheSnapshotHas) {
    test::FaultFileSystem disk;
    std::unique_ptr<test::FaultFileSystem> killed;
    {
        test::SegmentHost host(disk);
        ASSERT_TRUE(host.open());
        CatalogLog& log = host.engine().catalog_log();
        ASSERT_TRUE(sync_wait(log.load()));
        const auto first = sync_wait(log.commit("one"));
        ASSERT_TRUE(first);
        ASSERT_TRUE(sync_wait(log.commit("two")));
        ASSERT_TRUE(sync_wait(log.snapshot(first.value(), "one")));
        killed = disk.crashed(test::Loss::kNothing, 1);
    }
    std::size_t commands = 1;
    killed->inject({.calls = {Call::kSyncData}, .part = "catalog"});
    {
        test::SegmentHost host(*killed);
        ASSERT_TRUE(host.open());
        // One that comes upon the failure is refused.
        for (int i = 0; i < 10'000 && killed->faults_met() == 0; ++i) {
            commands += sync_wait(host.engine().catalog_log().commit("more")) ? 1 : 0;
        }
        host.let_recover();
        ASSERT_EQ(killed->faults_met(), 1U);
    }
    test::SegmentHost host(*killed);
    ASSERT_TRUE(host.open());
    const auto replay = sync_wait(host.engine().catalog_log().load());
    ASSERT_TRUE(replay) << replay.error().message;
    EXPECT_EQ(replay.value().snapshot, "one");
    EXPECT_EQ(replay.value().commands.size(), commands);
}

TEST(SegmentEngineCrash, CommitsDoNotOvertakeTheCheckpointThatFreesTheirFile) {
    constexpr std::size_t kRecordBytes = 4 << 20;
    const std::string data(kRecordBytes, 'd');
    test::FaultFileSystem disk;
    std::atomic<bool> may_sync = false;
    std::atomic<bool> begun = false;
    disk.before_change([&](std::uint64_t change) {
        if (disk.trace()[change].starts_with("SyncData /data/shards")) {
            begun = true;
            may_sync.wait(false);
        }
    });
    auto options = test::small_segments();
    options.open_files = 64;  // only bytes make a checkpoint due
    test::SegmentHost host(disk, options);
    ASSERT_TRUE(host.open());
    const std::vector<ShardKey> shards = {kShard};
    ASSERT_TRUE(sync_wait(host.engine().create(shards)));
    const auto append = [&] {
        const std::vector<NewRecord> records = {{kShard, "key", as_bytes(data), WallTime{}}};
        return sync_wait(host.engine().append(records)).front().status;
    };
    // Three fit into a file, two files are all there are.
    for (int i = 0; i < 6; ++i) {
        ASSERT_EQ(append(), AppendStatus::kCommitted);
    }
    auto next = std::async(std::launch::async, append);
    EXPECT_EQ(next.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
    EXPECT_TRUE(begun);
    may_sync = true;
    may_sync.notify_all();
    EXPECT_EQ(next.get(), AppendStatus::kCommitted);
}

}  // namespace
}  // namespace millrace::storage
