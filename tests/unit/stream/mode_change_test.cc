#include "stream/mode_change.h"

#include <gtest/gtest.h>

#include "stream/catalog_state.h"
#include "stream/scaling.h"
#include "unit/stream/commands.h"

namespace millrace::stream {
namespace {

class ModeChangeTest : public testing::Test {
protected:
    void SetUp() override {
        for (const std::uint64_t uid : {1U, 2U}) {
            ASSERT_EQ(apply(create_action(uid, "s" + std::to_string(uid), 3)), Outcome::kApplied);
            ASSERT_EQ(apply(ActivateStream{StreamUid(uid)}), Outcome::kApplied);
        }
    }
    Outcome apply(Action action, WallTime time = kStart) {
        last_ = state_.apply(command(std::move(action), time));
        return last_.outcome;
    }
    Outcome begin(std::uint64_t uid, Mode mode, WallTime time = kStart) {
        BeginModeChange begin;
        begin.uid = StreamUid(uid);
        begin.mode = mode;
        begin.due = time;
        begin.on_demand_streams_max = 1;
        begin.changes_max = 2;
        return apply(begin, time);
    }
    Outcome change(Mode mode, WallTime time) {
        const Outcome begun = begin(1, mode, time);
        return begun == Outcome::kApplied ? apply(FinishModeChange{StreamUid(1)}, time) : begun;
    }
    const Stream& stream() const { return *state_.find(StreamUid(1)); }

    CatalogState state_;
    Applied last_;
};

TEST_F(ModeChangeTest, TakesEffectWhenItIsFinished) {
    ASSERT_EQ(begin(1, Mode::kOnDemand), Outcome::kApplied);
    EXPECT_EQ(stream().status, Status::kUpdating);
    EXPECT_EQ(stream().mode, Mode::kProvisioned);
    EXPECT_EQ(begin(1, Mode::kOnDemand), Outcome::kNotActive);
    ASSERT_EQ(apply(FinishModeChange{StreamUid(1)}), Outcome::kApplied);
    EXPECT_EQ(stream().status, Status::kActive);
    EXPECT_EQ(stream().mode, Mode::kOnDemand);
    EXPECT_FALSE(stream().pending.has_value());
    EXPECT_EQ(stream().open_shards(), 3u) << "the shards stay";
    EXPECT_EQ(state_.totals(stream().owner).on_demand_open_shards, 3u);
    EXPECT_EQ(apply(FinishModeChange{StreamUid(1)}), Outcome::kNotActive);
    EXPECT_EQ(begin(1, Mode::kOnDemand), Outcome::kStale);
}

TEST_F(ModeChangeTest, BringsTheShardsThatAWarmThroughputAsksFor) {
    BeginModeChange warm;
    warm.uid = StreamUid(1);
    warm.mode = Mode::kOnDemand;
    warm.warm_mibps = 5;
    warm.steps = growth(stream(), 5);
    warm.planned_over = 2;
    EXPECT_EQ(apply(warm), Outcome::kStale) << "planned over other shards";
    warm.planned_over = 3;
    ASSERT_EQ(apply(warm), Outcome::kApplied);
    EXPECT_EQ(stream().open_shards(), 3u);
    EXPECT_EQ(state_.totals(stream().owner).planned_shards, 2u);
    EXPECT_EQ(apply(FinishReshard{StreamUid(1), {}}), Outcome::kNotActive);
    EXPECT_EQ(apply(FinishModeChange{StreamUid(1)}), Outcome::kStale) << "where do they end?";
    const std::vector<storage::Position> ends(2, storage::Position(7));
    ASSERT_EQ(apply(FinishModeChange{StreamUid(1), ends}), Outcome::kApplied);
    EXPECT_EQ(stream().mode, Mode::kOnDemand);
    EXPECT_EQ(stream().status, Status::kActive);
    EXPECT_EQ(stream().warm_mibps, 5u);
    EXPECT_EQ(stream().open_shards(), 5u);
    EXPECT_EQ(stream().shards[0].end, storage::Position(7));
    EXPECT_EQ(state_.totals(stream().owner).on_demand_open_shards, 5u);
    EXPECT_EQ(state_.totals(stream().owner).planned_shards, 0u);
}

TEST_F(ModeChangeTest, OnDemandStreamsAreCountedFromTheBeginning) {
    ASSERT_EQ(begin(1, Mode::kOnDemand), Outcome::kApplied);
    EXPECT_EQ(begin(2, Mode::kOnDemand), Outcome::kOnDemandQuota);
    EXPECT_EQ(last_.current, 1u);
    ASSERT_EQ(apply(FinishModeChange{StreamUid(1)}), Outcome::kApplied);
    EXPECT_EQ(begin(2, Mode::kOnDemand), Outcome::kOnDemandQuota);
    ASSERT_EQ(begin(1, Mode::kProvisioned), Outcome::kApplied);
    ASSERT_EQ(apply(FinishModeChange{StreamUid(1)}), Outcome::kApplied);
    EXPECT_EQ(begin(2, Mode::kOnDemand), Outcome::kApplied);
}

TEST_F(ModeChangeTest, AutoIsNotDroppedSilently) {
    ASSERT_EQ(change(Mode::kOnDemand, kStart), Outcome::kApplied);
    ConfigureStream configure;
    configure.uid = StreamUid(1);
    configure.distribution = Distribution::kAuto;
    ASSERT_EQ(apply(configure), Outcome::kApplied);
    EXPECT_EQ(change(Mode::kProvisioned, kStart), Outcome::kWrongMode);
    configure.distribution = Distribution::kPartitionKey;
    ASSERT_EQ(apply(configure), Outcome::kApplied);
    EXPECT_EQ(change(Mode::kProvisioned, kStart), Outcome::kApplied);
}

TEST_F(ModeChangeTest, TwoAreAllowedWithinADay) {
    const std::chrono::hours day(24);
    EXPECT_EQ(change(Mode::kOnDemand, kStart), Outcome::kApplied);
    EXPECT_EQ(change(Mode::kProvisioned, kStart + Seconds(1)), Outcome::kApplied);
    EXPECT_EQ(change(Mode::kOnDemand, kStart + day - Millis(1)), Outcome::kDailyQuota);
    EXPECT_EQ(change(Mode::kProvisioned, kStart + day), Outcome::kStale) << "no change, no quota";
    EXPECT_EQ(change(Mode::kOnDemand, kStart + day), Outcome::kApplied);
    EXPECT_EQ(change(Mode::kProvisioned, kStart + day), Outcome::kDailyQuota);
}

}  // namespace
}  // namespace millrace::stream
