#include "stream/auto_scaling.h"

#include <gtest/gtest.h>

#include <string>

#include "base/log.h"
#include "unit/stream/reshards.h"
#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

constexpr Millis kWindow{10'000};

class AutoScalingTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(log::configure("warn", log::Format::kText));
        world_.settings.on_demand.window = kWindow;
        world_.settings.on_demand.split_bytes_per_second = 100;
        world_.settings.on_demand.split_records_per_second = 2;
        world_.settings.on_demand.shards_max = 8;
    }
    StreamPtr make(Mode mode = Mode::kOnDemand) {
        world_.open();
        NewStream spec = stream_named("a", 4);
        spec.mode = mode;
        return world_.create(std::move(spec)).stream;
    }
    // Into shard `no`, of which `place` counts the keys from its start.
    void put(std::uint32_t no, int records, std::size_t bytes) {
        const StreamPtr stream = world_.find("a");
        const std::string data(bytes, 'x');
        for (int i = 0; i < records; ++i) {
            const std::vector<PutRecord> one = {
                {"k", as_bytes(data), stream->shards[no].range.first}};
            ASSERT_EQ(world_.put(stream, one).front().shard_no, model::ShardNo(no));
        }
    }
    std::size_t open() const { return world_.find("a")->open_shards(); }

    World world_;
};

TEST_F(AutoScalingTest, AShardThatTakesTooManyBytesIsSplitAtItsMiddle) {
    make();
    put(1, 1, 1000);
    put(2, 1, 998);
    world_.clock.advance(kWindow);
    const StreamPtr stream = world_.find("a");
    ASSERT_EQ(stream->shards.size(), 6u) << "1001 bytes in 10 s are more than 100 each, 999 less";
    EXPECT_FALSE(stream->shards[1].open());
    EXPECT_EQ(stream->shards[4].parent, model::ShardNo(1));
    EXPECT_EQ(stream->shards[5].parent, model::ShardNo(1));
    const model::HashRange& range = stream->shards[1].range;
    EXPECT_EQ(stream->shards[5].range.first.value() - range.first.value(),
              range.last.value() - stream->shards[5].range.first.value() + 1);
    EXPECT_EQ(stream->status, Status::kActive);
    EXPECT_EQ(stream->mode, Mode::kOnDemand);
    expect_sound(*stream);
}

TEST_F(AutoScalingTest, SoIsOneThatTakesTooManyRecords) {
    make();
    put(0, 20, 0);
    put(3, 21, 0);
    world_.clock.advance(kWindow);
    EXPECT_TRUE(world_.find("a")->shards[0].open());
    EXPECT_FALSE(world_.find("a")->shards[3].open());
}

TEST_F(AutoScalingTest, AllHotShardsAreSplitAtOnceUpToTheCeiling) {
    world_.settings.on_demand.shards_max = 6;
    make();
    for (std::uint32_t no = 0; no < 4; ++no) {
        put(no, 30, 0);
    }
    world_.clock.advance(kWindow);
    EXPECT_EQ(open(), 6u);
    EXPECT_EQ(world_.engine->seals, 1);
    put(2, 30, 0);
    world_.clock.advance(kWindow);
    EXPECT_EQ(open(), 6u);
}

TEST_F(AutoScalingTest, EachWindowCountsForItself) {
    make();
    for (int window = 0; window < 3; ++window) {
        put(0, 15, 0);
        world_.clock.advance(kWindow);
    }
    EXPECT_EQ(open(), 4u);
}

TEST_F(AutoScalingTest, ProvisionedStreamsStayAsTheyAre) {
    make(Mode::kProvisioned);
    put(0, 100, 1000);
    world_.clock.advance(kWindow);
    EXPECT_EQ(open(), 4u);
}

TEST_F(AutoScalingTest, AWindowOfZeroSplitsNothing) {
    world_.settings.on_demand.window = Millis(0);
    make();
    put(0, 100, 1000);
    world_.clock.advance(10 * kWindow);
    EXPECT_EQ(open(), 4u);
}

TEST_F(AutoScalingTest, TheStreamIsUpdatingMeanwhile) {
    world_.settings.update_delay = Millis(700);
    make();
    put(0, 30, 0);
    world_.clock.advance(kWindow);
    EXPECT_EQ(world_.find("a")->status, Status::kUpdating);
    EXPECT_EQ(open(), 4u);
    world_.reopen();
    world_.clock.advance(Millis(700));
    EXPECT_EQ(world_.find("a")->status, Status::kActive);
    EXPECT_EQ(open(), 5u);
}

TEST_F(AutoScalingTest, AStreamDeletedMeanwhileIsNobodysConcern) {
    const StreamPtr stream = make();
    put(0, 30, 0);
    world_.erase(stream);
    world_.clock.advance(kWindow);
    EXPECT_EQ(world_.find("a"), nullptr);
}

}  // namespace
}  // namespace millrace::stream
