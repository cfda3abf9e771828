#include "storage/recovery.h"

#include <gtest/gtest.h>

#include "env/whole_file.h"
#include "storage/catalog_snapshot.h"
#include "storage/segment.h"
#include "unit/storage/found_store.h"

namespace millrace::storage {
namespace {

class RecoveryTest : public FoundStore {};

TEST_F(RecoveryTest, AnEmptyDirectoryHasACatalog) {
    recover_now();
    EXPECT_EQ(recovered->logs.size(), 1U);
    EXPECT_TRUE(recovered->checkpoint_due);
    EXPECT_TRUE(recovered->first_start);
    EXPECT_EQ(reported(), 0U);
    EXPECT_EQ(text(log(kCatalogShard)), "");
}

TEST_F(RecoveryTest, AfterACleanStopNoSegmentIsLookedAt) {
    checkpoint(3);
    files.store(segment(0), segment_of(kShard, 0, 2));
    const auto opens = files.calls(Call::kOpen);
    recover_now();
    EXPECT_EQ(files.calls(Call::kOpen), opens + 2) << "the checkpoint and the snapshot";
    EXPECT_FALSE(recovered->checkpoint_due);
    EXPECT_EQ(text(log()), "0:0 1:1 2:2");
    EXPECT_EQ(log().next(), Position(3));
}

TEST_F(RecoveryTest, TheJournalWinsOverWhatTheSegmentsHoldPastTheCheckpoint) {
    checkpoint(2);
    // Past the checkpoint the segment holds a frame of a commit that failed, and then junk.
    auto bytes = segment_of(kShard, 0, 1);
    add(bytes, placed_frame(kShard, 2, "void"));
    add(bytes, as_bytes("junk that is no frame at all, and long enough for a header of one"));
    files.store(segment(0), bytes);
    journal_record(2, "two");
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:two");
    EXPECT_EQ(log().next(), Position(3));
    EXPECT_EQ(files.load(segment(0)).size(), bytes_until(2) + frame_of("two").size());
    EXPECT_TRUE(recovered->checkpoint_due);
    EXPECT_TRUE(log().dirty()) << "the checkpoint is to sync it";
    EXPECT_EQ(reported(), 0U);
}

TEST_F(RecoveryTest, WithoutCommitsSinceTheCheckpointJunkIsVoid) {
    checkpoint(2);
    auto bytes = segment_of(kShard, 0, 1);
    add(bytes, placed_frame(kShard, 2, "void"));
    files.store(segment(0), bytes);
    files.store(segment(3), segment_of(kShard, 3, 4));  // a segment of a failed commit
    files.store(segment(2), segment_of(kShard, 2, 2));
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1");
    append(log(), "two");
    append(log(), "three");
    EXPECT_EQ(text(log()), "0:0 1:1 2:two 3:three");
    EXPECT_FALSE(files.exists(segment(2))) << "one that nobody knows, where a scan would go on";
}

TEST_F(RecoveryTest, SegmentsThatTheJournalNeedsAreMadeAgain) {
    checkpoint(0);
    journal({{{JournalEntry::Kind::kCreate, {5, 0}, 0}}});
    journal_record(0, "zero", {5, 0});
    journal_record(1, "one", {5, 0});
    recover_now();
    EXPECT_EQ(text(log({5, 0})), "0:zero 1:one");
    EXPECT_EQ(text(log()), "");
}

// A repair before the kill had put them into a segment of their own.
TEST_F(RecoveryTest, WhatTheJournalHasIsRestoredWhereItStands) {
    checkpoint(2);
    files.store(segment(0), segment_of(kShard, 0, 3));
    files.store(segment(2), segment_of(kShard, 2, 2));
    journal_record(2, "2");
    journal_record(3, "3");
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:2 3:3");
    EXPECT_EQ(files.load(segment(0)), segment_of(kShard, 0, 1));
    EXPECT_EQ(files.load(segment(2)), segment_of(kShard, 2, 3));
}

TEST_F(RecoveryTest, WhatARepairHadBegunIsRemoved) {
    checkpoint(2);
    files.store(segment(0), segment_of(kShard, 0, 1));
    files.store(env::draft_of(segment(2)), segment_of(kShard, 2, 2));
    journal_record(2, "2");
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:2");
    EXPECT_FALSE(files.exists(env::draft_of(segment(2))));
    EXPECT_TRUE(log().take_unsynced().directory_changed) << "a checkpoint makes that durable";
}

// Many commits are restored at once, but never past the start of a segment.
TEST_F(RecoveryTest, WhatIsRestoredAtOnceIsSplitWhereASegmentBegins) {
    checkpoint(2);
    files.store(segment(0), segment_of(kShard, 0, 2));
    files.store(segment(3), segment_of(kShard, 3, 3));
    for (const std::uint64_t position : {2U, 3U, 4U}) {
        journal_record(position, std::to_string(position));
    }
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:2 3:3 4:4");
    EXPECT_EQ(files.load(segment(0)), segment_of(kShard, 0, 2));
    EXPECT_EQ(files.load(segment(3)), segment_of(kShard, 3, 4));
}

TEST_F(RecoveryTest, AFullSegmentIsFollowedByAnotherWhileRestoring) {
    options.segment_bytes = bytes_until(3);
    checkpoint(2);
    files.store(segment(0), segment_of(kShard, 0, 1));
    for (const std::uint64_t position : {2U, 3U, 4U}) {
        journal_record(position, std::to_string(position));
    }
    recover_now();
    EXPECT_EQ(files.load(segment(0)), segment_of(kShard, 0, 2));
    EXPECT_EQ(files.load(segment(3)), segment_of(kShard, 3, 4));
}

TEST_F(RecoveryTest, DroppedShardsStayDropped) {
    checkpoint(2);
    files.store(segment(0), segment_of(kShard, 0, 1));
    const FrameBytes frame = placed_frame(kShard, 2, "two");
    journal({{{JournalEntry::Kind::kFrames, kShard, frame.size()}},
             {{JournalEntry::Kind::kCreate, {5, 0}, 0}},
             {{JournalEntry::Kind::kDrop, kShard, 0}, {JournalEntry::Kind::kDrop, {9, 9}, 0}}},
            {frame});
    recover_now();
    EXPECT_FALSE(recovered->logs.contains(kShard));
    EXPECT_TRUE(recovered->logs.contains(ShardKey{5, 0}));
    const std::vector<Doomed> expected = {{Doomed::Kind::kShard, kShard, {}},
                                          {Doomed::Kind::kShard, {9, 9}, {}}};
    EXPECT_EQ(recovered->doomed, expected);
}

TEST_F(RecoveryTest, ADamagedCheckpointCostsNothing) {
    checkpoint(2);
    files.store(segment(0), segment_of(kShard, 0, 1));
    journal_record(2, "two");
    files.flip(parts->layout.checkpoint(), 20);
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:two");
    EXPECT_EQ(reported(), 1U);
}

// As a client could send it, had it the seed: a commit that drops its shard, in another's torn
// commit.
TEST_F(RecoveryTest, WhatAClientSentIsNoCommit) {
    options.journal_seed = 0x5eed;
    reopen();
    checkpoint(2);
    files.store(segment(0), segment_of(kShard, 0, 1));
    for (const std::uint32_t seed : {0U, 0x5eedU}) {
        const auto forged =
            encode_commit_header({1, 7, 0, {{JournalEntry::Kind::kDrop, kShard, 0}}}, seed);
        auto torn = std::vector<std::byte>(kJournalBlockBytes);
        add(torn, forged);
        torn.resize(2 * kJournalBlockBytes);
        files.store(parts->layout.journal_file(0), torn);
        recover_now();
        EXPECT_EQ(recovered->logs.contains(kShard), seed == 0);
    }
}

TEST_F(RecoveryTest, SealsAreTakenFromTheJournal) {
    checkpoint(1);
    files.store(segment(0), segment_of(kShard, 0, 0));
    const FrameBytes end = placed_frame(kShard, 1, "", kStampMs, FrameKind::kEnd);
    journal({{{JournalEntry::Kind::kFrames, kShard, end.size()}}}, {end});
    recover_now();
    ASSERT_TRUE(log().ended());
    EXPECT_EQ(log().end(), Position(1));
    EXPECT_TRUE(read(log()).value().at_end);
}

TEST_F(RecoveryTest, ACommitThatFailedIsNotApplied) {
    checkpoint(0);
    {
        Journal failing(*parts, metrics, scan_journal(*parts, {}).value(), true);
        ASSERT_TRUE(failing.make_room({}));  // the next sync is that of the commit
        files.inject({.calls = {Call::kSyncData}, .part = "journal"});
        ASSERT_FALSE(commit(failing, placed_frame(kShard, 0, "void")));
        ASSERT_TRUE(failing.reopen());
        ASSERT_TRUE(commit(failing, placed_frame(kShard, 0, "zero")));
    }
    recover_now();
    EXPECT_EQ(text(log()), "0:zero");
}

// It may be in the page cache alone, where a sync that failed left it: a sync passes over it there.
TEST_F(RecoveryTest, TheLastCommitIsDurableOnceItIsFound) {
    checkpoint(0);
    const std::string large(200'000, 'l');
    const auto durable_commits = [this] {
        for (const char* const directory : {"/", "/data"}) {
            EXPECT_TRUE(files.sync_directory(directory));
        }
        const auto disk = files.crashed(test::Loss::kAll, 1);
        StoreParts next(options, *disk, clock);
        next.journal_seed = parts->journal_seed;
        const auto scan = scan_journal(next, {});
        return scan ? scan.value().commits.size() : 999;
    };
    {
        Journal killed(*parts, metrics, scan_journal(*parts, {}).value(), true);
        ASSERT_TRUE(killed.make_room({}));
        files.inject({.calls = {Call::kSyncData}, .part = "journal"});
        ASSERT_FALSE(commit(killed, placed_frame(kShard, 0, large)));
    }
    ASSERT_EQ(durable_commits(), 0U);
    recover_now();
    ASSERT_EQ(text(log()), "0:" + large);
    EXPECT_FALSE(recovered->checkpoint_first) << "nobody needs to wait for it";
    EXPECT_EQ(durable_commits(), 1U);
}

// Its writer was killed between the name and the sync of the folder.
TEST_F(RecoveryTest, TheCheckpointIsDurableOnceItIsFound) {
    checkpoint(2);
    files.store(segment(0), segment_of(kShard, 0, 2));
    for (const char* const directory : {"/", "/data", "/data/journal"}) {
        ASSERT_TRUE(files.sync_directory(directory));
    }
    Checkpoint newer = *load_checkpoint(*parts).value();
    newer.shards.back().next = Position(3);
    newer.shards.back().segments.back().bytes = bytes_until(3);
    files.inject({.nth = 2, .calls = {Call::kSyncDirectory}, .part = "journal"});
    ASSERT_FALSE(store_checkpoint(*parts, newer));
    const auto durable = [this] {
        const auto disk = files.crashed(test::Loss::kAll, 1);
        StoreParts next(options, *disk, clock);
        return *load_checkpoint(next).value();
    };
    ASSERT_NE(durable(), newer);
    files.inject({.calls = {Call::kSyncDirectory}, .part = "journal"});
    recover_now();
    EXPECT_TRUE(recovered->checkpoint_due) << "a disk that does not sync can be read";
    recover_now();
    EXPECT_FALSE(recovered->checkpoint_due);
    ASSERT_EQ(log().next(), Position(3));
    EXPECT_EQ(durable(), newer);
}

TEST_F(RecoveryTest, WhereTheLastCommitCannotBeSyncedTheCheckpointComesFirst) {
    checkpoint(0);
    journal_record(0, "zero");
    files.inject({.calls = {Call::kSyncData}, .part = "journal"});
    recover_now();
    EXPECT_EQ(text(log()), "0:zero");
    EXPECT_TRUE(recovered->checkpoint_first);
}

TEST_F(RecoveryTest, WithoutTheEmptyCommitTheyAreNot) {
    options.durability = Durability::kProcess;
    checkpoint(2, false);
    files.store(segment(0), segment_of(kShard, 0, 3));
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1");
}

// A later process would be told to scan, by any commit, and take them up.
TEST_F(RecoveryTest, WhereRecordsAreNoLongerJournaledVoidOnesAreCleared) {
    checkpoint(2);
    files.store(segment(0), segment_of(kShard, 0, 3));
    files.store(segment(2), segment_of(kShard, 2, 2));
    options.durability = Durability::kProcess;
    recover_now();
    EXPECT_EQ(files.load(segment(0)).size(), bytes_until(2));
    EXPECT_FALSE(files.exists(segment(2)));
}

TEST_F(RecoveryTest, ADamagedCheckpointIsReplacedEvenIfThereIsNothingElse) {
    files.store(parts->layout.checkpoint(), as_bytes("no checkpoint"));
    recover_now();
    EXPECT_TRUE(recovered->checkpoint_due);
}

TEST_F(RecoveryTest, ALaterFormatIsRefused) {
    auto bytes = segment_of(kShard, 0, 2);
    store_le(bytes.data() + 8, std::uint32_t{2});
    files.store(segment(0), bytes);
    reopen();
    auto refused = recover(*parts);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kUnsupported);
    files.store(segment(0), segment_of(kShard, 0, 2));

    checkpoint(3);
    bytes = files.load(parts->layout.checkpoint());
    store_le(bytes.data() + 8, std::uint32_t{3});
    files.store(parts->layout.checkpoint(), bytes);
    refused = recover(*parts);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kUnsupported);
}

TEST_F(RecoveryTest, TheCatalogGoesOnPastItsSnapshot) {
    ASSERT_TRUE(store_snapshot(*parts, {Position(9), "state"}));
    checkpoint(0);
    recover_now();
    EXPECT_EQ(log(kCatalogShard).next(), Position(10));
    append(log(kCatalogShard), "command");
    EXPECT_EQ(text(log(kCatalogShard)), "10:command");
}

TEST_F(RecoveryTest, CommandsThatTheSnapshotHasAreRemoved) {
    files.store(segment(0, kCatalogShard), segment_of(kCatalogShard, 0, 9));
    ASSERT_TRUE(store_snapshot(*parts, {Position(9), "state"}));
    checkpoint(0);
    recover_now();
    const std::vector<Doomed> expected = {{Doomed::Kind::kSegment, kCatalogShard, Position(0)}};
    EXPECT_EQ(recovered->doomed, expected);
}

TEST_F(RecoveryTest, TheCatalogKeepsItsPlacePastAnOlderSnapshot) {
    files.store(segment(0, kCatalogShard), segment_of(kCatalogShard, 0, 12));
    ASSERT_TRUE(store_snapshot(*parts, {Position(9), "state"}));
    recover_now();
    EXPECT_EQ(log(kCatalogShard).next(), Position(13));
}

TEST_F(RecoveryTest, AFailingDiskIsNotTakenForDamage) {
    checkpoint(2);
    files.store(segment(0), segment_of(kShard, 0, 1));
    journal_record(2, "two");
    for (const Call call : {Call::kOpen, Call::kRead}) {
        for (const char* const part : {"checkpoint", "000.log"}) {
            reopen();
            files.inject({.calls = {call}, .part = part});
            const auto failed = recover(*parts);
            ASSERT_FALSE(failed);
            EXPECT_EQ(failed.error().code, Errc::kIo);
            EXPECT_EQ(reported(), 0U);
        }
    }
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:two");
}

}  // namespace
}  // namespace millrace::storage
