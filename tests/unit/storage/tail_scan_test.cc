#include "storage/tail_scan.h"

#include <gtest/gtest.h>

#include "storage/segment.h"
#include "unit/storage/found_store.h"

namespace millrace::storage {
namespace {

class TailScanTest : public FoundStore {};

TEST_F(TailScanTest, WhereRecordsAreNotJournaledTailsAreScanned) {
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

TEST_F(TailScanTest, AMissingLastSegmentIsDamageAndKeepsNobodyFromStarting) {
    options.durability = Durability::kProcess;
    checkpoint(3, false);
    journal({{}});
    ASSERT_TRUE(files.create_directories(parts->layout.shard(kShard)));
    recover_now();
    append(log(), "three");
    EXPECT_EQ(text(log(), 3), "3:three");
    EXPECT_GE(reported(), 1U);
}

TEST_F(TailScanTest, AFileWithinTheExtentOfTheCheckpointHidesNothing) {
    options.durability = Durability::kProcess;
    checkpoint(3, false);
    journal({{}});
    files.store(segment(0), segment_of(kShard, 0, 4));
    files.store(segment(1), segment_of(kShard, 1, 2));
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:2 3:3 4:4");
    EXPECT_EQ(reported(), 0U);
}

TEST_F(TailScanTest, NewSegmentsAreScanned) {
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

TEST_F(TailScanTest, DamageInTheMiddleOfATailIsReported) {
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
TEST_F(TailScanTest, ABadEndBeforeALaterSegmentIsDamage) {
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

TEST_F(TailScanTest, AMissingSegmentInTheMiddleIsReported) {
    files.store(segment(0), segment_of(kShard, 0, 1));
    files.store(segment(4), segment_of(kShard, 4, 5));
    recover_now();
    EXPECT_EQ(reported(), 2U) << "that, and the missing checkpoint";
    EXPECT_EQ(parts->damage.all()[1].first, Position(2));
    EXPECT_EQ(log().next(), Position(6));
}

TEST_F(TailScanTest, WithoutACheckpointEverythingIsScanned) {
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
TEST_F(TailScanTest, WhatAScanFoundIsSyncedBeforeACheckpointSaysSo) {
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

TEST_F(TailScanTest, WhatAScanFoundIsNotWrittenTwice) {
    files.store(segment(0), segment_of(kShard, 0, 2));
    journal_record(2, "2");
    journal_record(3, "3");
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:2 3:3");
}

TEST_F(TailScanTest, ASegmentWithADamagedStartStillHoldsItsFrames) {
    files.store(segment(0), segment_of(kShard, 0, 2));
    files.flip(segment(0), 20);
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:2");
    EXPECT_EQ(reported(), 2U) << "that, and the missing checkpoint";
}

// Found by fuzzing: what was appended next was in that file, and could not be found there.
TEST_F(TailScanTest, ACopyUnderAnotherNameIsNoSegment) {
    files.store(segment(0), segment_of(kShard, 0, 2));
    files.store(segment(9), segment_of(kShard, 0, 2));
    recover_now();
    EXPECT_EQ(text(log()), "0:0 1:1 2:2");
    EXPECT_GE(reported(), 2U) << "that, and the missing checkpoint";
    append(log(), "three");
    EXPECT_EQ(text(log(), 3), "3:three");
}

}  // namespace
}  // namespace millrace::storage
