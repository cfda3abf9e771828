#include "storage/recovery.h"

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "storage/catalog_snapshot.h"
#include "storage/checkpoint.h"
#include "storage/journal.h"
#include "storage/segment.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

// What a process left: made by hand, file by file.
class RecoveryTest : public Store {
protected:
    RecoveryTest() { options.journal_file_bytes = kJournalFileBytesMin; }

    ShardLog& log(ShardKey key = kShard) { return *recovered->logs.at(key); }
    void recover_now() {
        reopen();
        auto result = recover(*parts);
        ASSERT_TRUE(result) << result.error().message;
        recovered.emplace(std::move(result).value());
    }
    std::size_t reported() const { return parts->damage.all().size(); }

    static std::uint64_t bytes_until(std::uint64_t count) {
        return kSegmentHeaderBytes + count * placed_frame(kShard, 0, "0").size();
    }
    env::Path segment(std::uint64_t first, ShardKey key = kShard) const {
        return parts->layout.shard(key) / segment_name(Position(first));
    }
    // A checkpoint of kShard with positions 0 to `next` - 1 in one segment.
    void checkpoint(std::uint64_t next, bool journaled = true, JournalMark mark = {0, 0, 0}) {
        Checkpoint checkpoint;
        checkpoint.mark = mark;
        checkpoint.records_journaled = journaled;
        ShardState state = state_of(kShard);
        state.next = Position(next);
        state.last_stamp = wall_time(kStampMs);
        if (next > 0) {
            state.segments = {
                {Position(0), bytes_until(next), wall_time(kStampMs), wall_time(kStampMs)}};
        }
        checkpoint.journal_seed = parts->journal_seed;
        checkpoint.shards = {state_of(kCatalogShard), state};
        ASSERT_TRUE(store_checkpoint(*parts, checkpoint));
    }
    // Commits these to the journal, one commit for each, in a process of its own.
    void journal(const std::vector<std::vector<JournalEntry>>& commits,
                 const std::vector<FrameBytes>& bodies = {}) {
        Journal journal(*parts, metrics, scan_journal(*parts, {}).value(), true);
        for (std::size_t i = 0; i < commits.size(); ++i) {
            ASSERT_TRUE(journal.make_room(commits[i]));
            const Bytes body = i < bodies.size() ? Bytes(bodies[i]) : Bytes();
            ASSERT_TRUE(journal.commit(commits[i], std::span(&body, 1)));
        }
    }
    void journal_record(std::uint64_t position, std::string_view data, ShardKey key = kShard) {
        const FrameBytes frame = placed_frame(key, position, data);
        journal({{{JournalEntry::Kind::kFrames, key, frame.size()}}}, {frame});
    }

    Metrics metrics;
    std::optional<Recovered> recovered;
};

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
        const FrameBytes frame = placed_frame(kShard, 0, "void");
        const std::vector<JournalEntry> entries = {
            {JournalEntry::Kind::kFrames, kShard, frame.size()}};
        const Bytes body(frame);
        ASSERT_TRUE(failing.make_room(entries));
        files.inject({.calls = {Call::kSyncData}, .part = "journal"});
        ASSERT_FALSE(failing.commit(entries, std::span(&body, 1)));
        ASSERT_TRUE(failing.reopen());
        const FrameBytes good = placed_frame(kShard, 0, "zero");
        const Bytes good_body(good);
        ASSERT_TRUE(failing.make_room(entries));
        ASSERT_TRUE(failing.commit(entries, std::span(&good_body, 1)));
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
    const FrameBytes frame = placed_frame(kShard, 0, large);
    {
        Journal killed(*parts, metrics, scan_journal(*parts, {}).value(), true);
        const std::vector<JournalEntry> entries = {
            {JournalEntry::Kind::kFrames, kShard, frame.size()}};
        const Bytes body(frame);
        ASSERT_TRUE(killed.make_room(entries));
        files.inject({.calls = {Call::kSyncData}, .part = "journal"});
        ASSERT_FALSE(killed.commit(entries, std::span(&body, 1)));
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

TEST_F(RecoveryTest, WhereRecordsAreNotJournaledTailsAreScanned) {
    options.durability = Durability::kProcess;
    checkpoint(2, false);
    auto bytes = segment_of(kShard, 0, 3);
    const std::size_t whole = bytes.size();
    const FrameBytes torn = placed_frame(kShard, 4, "4");
    add(bytes, Bytes(torn).first(torn.size() - 1));
    files.store(segment(0), bytes);
    journal({{}});  // an empty commit: something was written since
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:2 3:3");
    EXPECT_EQ(files.load(segment(0)).size(), whole);
    EXPECT_EQ(log().next(), Position(4));
    EXPECT_EQ(reported(), 0U);
    EXPECT_TRUE(recovered->checkpoint_due);
}

TEST_F(RecoveryTest, WithoutTheEmptyCommitTheyAreNot) {
    options.durability = Durability::kProcess;
    checkpoint(2, false);
    files.store(segment(0), segment_of(kShard, 0, 3));
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1");
}

TEST_F(RecoveryTest, AMissingLastSegmentIsDamageAndKeepsNobodyFromStarting) {
    options.durability = Durability::kProcess;
    checkpoint(3, false);
    journal({{}});
    ASSERT_TRUE(files.create_directories(parts->layout.shard(kShard)));
    recover_now();
    append(log(), "three");
    EXPECT_EQ(text(log(), 3), "3:three");
    EXPECT_GE(reported(), 1U);
}

TEST_F(RecoveryTest, AFileWithinTheExtentOfTheCheckpointHidesNothing) {
    options.durability = Durability::kProcess;
    checkpoint(3, false);
    journal({{}});
    files.store(segment(0), segment_of(kShard, 0, 4));
    files.store(segment(1), segment_of(kShard, 1, 2));
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:2 3:3 4:4");
    EXPECT_EQ(reported(), 0U);
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

TEST_F(RecoveryTest, NewSegmentsAreScanned) {
    options.durability = Durability::kProcess;
    checkpoint(2, false);
    journal({{}});
    const SegmentHeaderBytes header = encode_segment_header(kShard, Position(5));
    for (const Bytes just_made : {Bytes(), Bytes(header)}) {
        files.store(segment(0), segment_of(kShard, 0, 2));
        files.store(segment(3), segment_of(kShard, 3, 4));
        files.store(segment(5), just_made);
        recover_now();
        EXPECT_EQ(text(log()), "0:0 1:1 2:2 3:3 4:4");
        EXPECT_FALSE(files.exists(segment(5)));
        EXPECT_EQ(reported(), 0U);
    }
}

TEST_F(RecoveryTest, DamageInTheMiddleOfATailIsReported) {
    options.durability = Durability::kProcess;
    for (const std::uint64_t within : {5U, 35U}) {
        checkpoint(1, false);
        files.store(segment(0), segment_of(kShard, 0, 4));
        files.flip(segment(0), bytes_until(2) + within);
        journal({{}});
        recover_now();
        ASSERT_EQ(reported(), 1U);
        const Corruption found = parts->damage.all()[0];
        EXPECT_EQ(found.shard, kShard);
        EXPECT_EQ(found.offset, bytes_until(2));
        EXPECT_EQ(found.bytes, placed_frame(kShard, 2, "2").size());
        EXPECT_EQ(found.first, Position(2));
        EXPECT_EQ(text(log()), "0:0 1:1");
        EXPECT_FALSE(read(log(), 2));
        EXPECT_EQ(text(log(), 3), "3:3 4:4");
        EXPECT_EQ(log().next(), Position(5)) << "no position is given out twice";
    }
}

// The end of a segment is not torn when the shard went on in another one.
TEST_F(RecoveryTest, ABadEndBeforeALaterSegmentIsDamage) {
    options.durability = Durability::kProcess;
    checkpoint(1, false);
    files.store(segment(0), segment_of(kShard, 0, 2));
    files.flip(segment(0), bytes_until(2) + 5);
    files.store(segment(3), segment_of(kShard, 3, 4));
    const auto size = files.load(segment(0)).size();
    journal({{}});
    recover_now();
    ASSERT_EQ(reported(), 1U);
    EXPECT_EQ(parts->damage.all()[0].offset, bytes_until(2));
    EXPECT_EQ(parts->damage.all()[0].first, Position(2));
    EXPECT_EQ(files.load(segment(0)).size(), size) << "nothing durable is cut off";
    EXPECT_EQ(text(log()), "0:0 1:1");
    EXPECT_FALSE(read(log(), 2));
    EXPECT_EQ(text(log(), 3), "3:3 4:4");
}

TEST_F(RecoveryTest, AMissingSegmentInTheMiddleIsReported) {
    files.store(segment(0), segment_of(kShard, 0, 1));
    files.store(segment(4), segment_of(kShard, 4, 5));
    recover_now();
    EXPECT_EQ(reported(), 2U) << "that, and the missing checkpoint";
    EXPECT_EQ(parts->damage.all()[1].first, Position(2));
    EXPECT_EQ(log().next(), Position(6));
}

TEST_F(RecoveryTest, WithoutACheckpointEverythingIsScanned) {
    for (const bool corrupt : {false, true}) {
        for (const std::uint64_t first : {0U, 3U}) {
            files.store(segment(first), segment_of(kShard, first, first + 2));
        }
        files.store(segment(0, kCatalogShard), segment_of(kCatalogShard, 0, 1));
        files.store(segment(0, {7, 1}), segment_of({7, 1}, 0, 0));
        if (corrupt) {
            files.store(parts->layout.checkpoint(), as_bytes("no checkpoint"));
        }
        recover_now();
        EXPECT_EQ(text(log()), "0:0 1:1 2:2 3:3 4:4 5:5");
        EXPECT_EQ(text(log({7, 1})), "0:0");
        EXPECT_EQ(text(log(kCatalogShard)), "0:0 1:1");
        EXPECT_EQ(recovered->logs.size(), 3U);
        EXPECT_EQ(reported(), 1U) << "the checkpoint itself";
        EXPECT_TRUE(recovered->checkpoint_due);
    }
}

// The next checkpoint calls durable what was found; a record of the journal may be among it.
TEST_F(RecoveryTest, WhatAScanFoundIsSyncedBeforeACheckpointSaysSo) {
    files.store(segment(0), segment_of(kShard, 0, 2));
    journal({{{JournalEntry::Kind::kCreate, {5, 5}, 0}}});
    journal_record(2, "2");
    const auto syncs = files.calls(Call::kSyncData);
    recover_now();
    EXPECT_EQ(files.calls(Call::kSyncData), syncs + 2) << "and the journal's last commit";
    EXPECT_TRUE(log().dirty()) << "its names, too";
    EXPECT_FALSE(log({5, 5}).dirty()) << "which has no folder";
    EXPECT_EQ(text(log()), "0:0 1:1 2:2");
}

TEST_F(RecoveryTest, WhatAScanFoundIsNotWrittenTwice) {
    files.store(segment(0), segment_of(kShard, 0, 2));
    journal_record(2, "2");
    journal_record(3, "3");
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:2 3:3");
}

TEST_F(RecoveryTest, ADamagedCheckpointIsReplacedEvenIfThereIsNothingElse) {
    files.store(parts->layout.checkpoint(), as_bytes("no checkpoint"));
    recover_now();
    EXPECT_TRUE(recovered->checkpoint_due);
}

TEST_F(RecoveryTest, ASegmentWithADamagedStartStillHoldsItsFrames) {
    files.store(segment(0), segment_of(kShard, 0, 2));
    files.flip(segment(0), 20);
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:2");
    EXPECT_EQ(reported(), 2U) << "that, and the missing checkpoint";
}

// Found by fuzzing: what was appended next was in that file, and could not be found there.
TEST_F(RecoveryTest, ACopyUnderAnotherNameIsNoSegment) {
    files.store(segment(0), segment_of(kShard, 0, 2));
    files.store(segment(9), segment_of(kShard, 0, 2));
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:2");
    EXPECT_GE(reported(), 2U) << "that, and the missing checkpoint";
    append(log(), "three");
    EXPECT_EQ(text(log(), 3), "3:three");
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
