// A disk that fills up and is freed again: writes are refused, reads go on, and writing resumes by
// itself.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "env/memory_file_system.h"
#include "support/fault_file_system.h"
#include "support/log_model.h"
#include "support/read_all.h"
#include "support/segment_host.h"
#include "support/sync_wait.h"

namespace millrace::test {
namespace {

using storage::AppendStatus;
using storage::ShardKey;

constexpr ShardKey kShards[] = {{1, 0}, {2, 0}};

class FullDisk : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(log::configure("off", log::Format::kText));
        ASSERT_TRUE(host_.open());
        ASSERT_TRUE(sync_wait(host_.engine().catalog_log().load()));
        ASSERT_TRUE(sync_wait(host_.engine().create(kShards)));
    }
    AppendStatus append(ShardKey shard) {
        const Sent& sent = model_.send(shard, std::string(300'000, 'd'), wall_time(1000));
        const auto record = sent.record();
        const auto result = sync_wait(host_.engine().append(std::span(&record, 1))).at(0);
        EXPECT_EQ(model_.answered(sent, result), "");
        return result.status;
    }
    void fill(ShardKey shard) {
        int committed = 0;
        while (append(shard) == AppendStatus::kCommitted)
            ASSERT_LT(++committed, 1000) << "the disk does not fill up";
    }
    // Files are removed in the background, about a second after they are done with.
    bool resumes(ShardKey shard) {
        const auto patience = std::chrono::seconds(20);
        const auto begun = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - begun < patience) {
            host_.clock().advance(Millis(500));
            if (append(shard) == AppendStatus::kCommitted)
                return true;
        }
        return false;
    }
    void check(ShardKey shard) {
        const auto found = sync_wait(read_all(host_.engine(), shard));
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_EQ(model_.check(shard, found.value()), "");
    }

    env::MemoryFileSystem files_{80 << 20};
    SegmentHost host_{files_};
    LogModel model_;
};

TEST_F(FullDisk, WritesResumeWhenSpaceReturns) {
    for (int round = 0; round < 3; ++round) {
        fill(kShards[0]);
        for (int i = 0; i < 10; ++i) {
            host_.let_recover();
            EXPECT_NE(append(kShards[0]), AppendStatus::kCommitted);
            check(kShards[0]);
        }
        files_.set_bytes_max(files_.bytes_used() + (20 << 20));
        EXPECT_TRUE(resumes(kShards[0]));
        EXPECT_TRUE(resumes(kShards[1]));
        check(kShards[0]);
        check(kShards[1]);
    }
    const auto reopened = host_.open();
    ASSERT_TRUE(reopened) << reopened.error().message;
    check(kShards[0]);
    check(kShards[1]);
    EXPECT_TRUE(host_.engine().corruptions().empty());
}

TEST_F(FullDisk, DroppingAShardGivesSpaceBack) {
    fill(kShards[0]);
    bool dropped = false;
    for (int i = 0; i < 5 && !dropped; ++i) {
        host_.let_recover();
        dropped = sync_wait(host_.engine().drop(std::span(kShards, 1))).has_value();
    }
    EXPECT_TRUE(dropped);
    EXPECT_TRUE(resumes(kShards[1]));
    check(kShards[1]);
}

TEST_F(FullDisk, TrimmingAShardGivesSpaceBack) {
    fill(kShards[0]);
    const auto trimmed = sync_wait(host_.engine().trim(kShards[0], wall_time(2000)));
    EXPECT_TRUE(trimmed);
    EXPECT_TRUE(resumes(kShards[0]));
}

// Nothing is free for the checkpoint either, before which no file may go.
TEST_F(FullDisk, ToTheLastByteIsMadeRoomOnAllTheSame) {
    const bool drops[] = {true, false};
    for (const bool drop : drops) {
        fill(kShards[0]);
        files_.set_bytes_max(files_.bytes_used());
        host_.clock().advance(std::chrono::minutes(1));  // a checkpoint is due
        EXPECT_NE(append(kShards[0]), AppendStatus::kCommitted);
        if (drop) {
            ASSERT_TRUE(sync_wait(host_.engine().trim(kShards[0], wall_time(2000))));
            EXPECT_TRUE(resumes(kShards[0]));
        } else {
            ASSERT_TRUE(sync_wait(host_.engine().drop(std::span(kShards, 1))));
        }
        EXPECT_TRUE(resumes(kShards[1]));
        check(kShards[1]);
    }
}

TEST_F(FullDisk, AFullDiskOpensForReadingAndIsWrittenToLater) {
    fill(kShards[0]);
    for (int i = 0; i < 3; ++i) {
        files_.set_bytes_max(files_.bytes_used());
        const auto reopened = host_.open();
        ASSERT_TRUE(reopened) << reopened.error().message;
        check(kShards[0]);
        files_.set_bytes_max(files_.bytes_used());  // what the start gave up is taken by others
        EXPECT_NE(append(kShards[0]), AppendStatus::kCommitted);
    }
    files_.set_bytes_max(files_.bytes_used() + (40 << 20));
    EXPECT_TRUE(resumes(kShards[0]));
    check(kShards[0]);
}

TEST_F(FullDisk, AFullDiskOpensForReading) {
    fill(kShards[0]);
    files_.set_bytes_max(files_.bytes_used());
    const auto reopened = host_.open();
    ASSERT_TRUE(reopened) << reopened.error().message;
    check(kShards[0]);
}

// What the journal has to be copied to the segments before anything can be shown.
TEST(FullDiskAfterPowerLoss, SaysWhatRecoveryNeedsAndNothingIsLost) {
    ASSERT_TRUE(log::configure("off", log::Format::kText));
    FaultFileSystem before;
    std::unique_ptr<FaultFileSystem> disk;
    LogModel model;
    {
        SegmentHost host(before);
        ASSERT_TRUE(host.open());
        ASSERT_TRUE(sync_wait(host.engine().create(kShards)));
        const Sent& sent = model.send(kShards[0], std::string(30'000, 'd'), wall_time(1000));
        const auto record = sent.record();
        const auto result = sync_wait(host.engine().append(std::span(&record, 1))).at(0);
        ASSERT_EQ(result.status, AppendStatus::kCommitted);
        ASSERT_EQ(model.answered(sent, result), "");
        disk = before.crashed(Loss::kAll, 1);
    }
    SegmentHost host(*disk);
    disk->inject({.code = Errc::kNoSpace, .lasting = true, .calls = {Call::kWrite}});
    for (int i = 0; i < 3; ++i) {
        const auto opened = host.open();
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, Errc::kNoSpace);
        EXPECT_NE(opened.error().message.find("up to 30"), std::string::npos)
            << opened.error().message;
        EXPECT_NE(opened.error().message.find("start again"), std::string::npos);
    }
    disk->clear_faults();
    const auto opened = host.open();
    ASSERT_TRUE(opened) << opened.error().message;
    const auto found = sync_wait(read_all(host.engine(), kShards[0]));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(model.check(kShards[0], found.value()), "");
}

}  // namespace
}  // namespace millrace::test
