#include "stream/reshard.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "unit/stream/reshards.h"

namespace millrace::stream {
namespace {

constexpr std::int64_t kStartS = 1'700'000'000;

model::HashKey key(std::string_view text) {
    return *model::HashKey::parse(text);
}

class ReshardTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(apply(create_action(1, "a", 2)), Outcome::kApplied);
        ASSERT_EQ(apply(ActivateStream{StreamUid(1)}), Outcome::kApplied);
    }
    Outcome apply(Action action, WallTime time = kStart) {
        last_ = state_.apply(command(std::move(action), time));
        return last_.outcome;
    }
    const Stream& stream() const { return *state_.find(StreamUid(1)); }
    BeginReshard planned(std::vector<ReshardStep> steps) const {
        BeginReshard begin;
        begin.uid = StreamUid(1);
        begin.planned_over = static_cast<std::uint32_t>(stream().shards.size());
        begin.mode = stream().mode;
        begin.steps = std::move(steps);
        begin.due = kStart;
        return begin;
    }
    FinishReshard finished(std::vector<std::uint64_t> ends) const {
        FinishReshard finish;
        finish.uid = StreamUid(1);
        for (const std::uint64_t end : ends) {
            finish.ends.emplace_back(end);
        }
        return finish;
    }
    static ReshardStep split(std::uint32_t no, model::HashKey at) {
        return {model::ShardNo(no), at};
    }
    static ReshardStep merge(std::uint32_t low, std::uint32_t high) {
        return {model::ShardNo(low), model::ShardNo(high)};
    }

    CatalogState state_;
    Applied last_;
};

const model::HashKey kQuarter = key("85070591730234615865843651857942052864");

TEST_F(ReshardTest, NothingShowsUntilItIsFinished) {
    ASSERT_EQ(apply(planned({split(0, kQuarter)})), Outcome::kApplied);
    EXPECT_EQ(stream().status, Status::kUpdating);
    EXPECT_TRUE(stream().writable());
    EXPECT_EQ(stream().shards.size(), 2u);
    EXPECT_TRUE(stream().shards[0].open());
    EXPECT_EQ(state_.totals(stream().owner).planned_shards, 1u);
    EXPECT_EQ(apply(planned({split(0, kQuarter)})), Outcome::kNotActive);
}

TEST_F(ReshardTest, AShardThatIsDatedAheadHasLivedWhenItIsClosed) {
    ASSERT_EQ(apply(planned({split(0, kQuarter)})), Outcome::kApplied);
    ASSERT_EQ(apply(finished({0}), kStart - Millis(1)), Outcome::kApplied);
    EXPECT_EQ(stream().shards[0].closed, kStart + Millis(1));
}

TEST_F(ReshardTest, ASplitClosesTheParentAndOpensBothHalves) {
    ASSERT_EQ(apply(planned({split(0, kQuarter)})), Outcome::kApplied);
    const WallTime at = kStart + Millis(2345);
    ASSERT_EQ(apply(finished({17}), at), Outcome::kApplied);
    EXPECT_EQ(stream().status, Status::kActive);
    EXPECT_FALSE(stream().pending.has_value());
    ASSERT_EQ(stream().shards.size(), 4u);
    const Shard& parent = stream().shards[0];
    EXPECT_EQ(parent.closed, at);
    EXPECT_EQ(parent.end, storage::Position(17));
    EXPECT_EQ(ending_sequence_number(parent),
              model::SequenceNumber::ending(kStartS, model::ShardNo(0), kStartS + 2));
    const Shard& left = stream().shards[2];
    const Shard& right = stream().shards[3];
    EXPECT_EQ(left.parent, model::ShardNo(0));
    EXPECT_EQ(right.parent, model::ShardNo(0));
    EXPECT_FALSE(left.adjacent_parent.has_value());
    EXPECT_EQ(left.range.first, model::HashKey());
    EXPECT_EQ(left.range.last.value() + 1, kQuarter.value());
    EXPECT_EQ(right.range.first, kQuarter);
    EXPECT_EQ(right.range.last, parent.range.last);
    EXPECT_EQ(left.created_s, kStartS + 3) << "one second after the close";
    EXPECT_EQ(right.created_s, kStartS + 3);
    EXPECT_EQ(stream().open_shards(), 3u);
    EXPECT_EQ(stream().route(model::HashKey()).no, model::ShardNo(2));
    EXPECT_EQ(stream().route(kQuarter).no, model::ShardNo(3));
    EXPECT_EQ(state_.totals(stream().owner).provisioned_open_shards, 3u);
    EXPECT_EQ(state_.totals(stream().owner).planned_shards, 0u);
    expect_sound(stream());
}

TEST_F(ReshardTest, AMergeClosesBothParents) {
    ASSERT_EQ(apply(planned({merge(0, 1)})), Outcome::kApplied);
    ASSERT_EQ(apply(finished({3, 4}), kStart + Seconds(9)), Outcome::kApplied);
    const Shard& child = stream().shards[2];
    EXPECT_EQ(child.parent, model::ShardNo(0));
    EXPECT_EQ(child.adjacent_parent, model::ShardNo(1));
    EXPECT_EQ(child.range, (model::HashRange{model::HashKey(), model::HashKey::max()}));
    EXPECT_EQ(stream().shards[0].end, storage::Position(3));
    EXPECT_EQ(stream().shards[1].end, storage::Position(4));
    EXPECT_EQ(stream().shards[1].closed, kStart + Seconds(9));
    expect_sound(stream());
}

TEST_F(ReshardTest, AGenerationIsASecondYoungerThanTheLast) {
    ASSERT_EQ(apply(planned({split(0, kQuarter), merge(3, 1), merge(2, 4)})), Outcome::kApplied);
    ASSERT_EQ(apply(finished({1, 2, 3, 4, 5}), kStart + Millis(500)), Outcome::kApplied);
    EXPECT_EQ(stream().shards[2].created_s, kStartS + 1);
    EXPECT_EQ(stream().shards[3].closed, WallTime(Seconds(kStartS + 1)) + Millis(1));
    EXPECT_EQ(stream().shards[4].created_s, kStartS + 2);
    EXPECT_EQ(stream().shards[2].closed, stream().shards[4].closed);
    EXPECT_EQ(stream().shards[5].created_s, kStartS + 3);
    EXPECT_EQ(stream().open_shards(), 1u);
    expect_sound(stream());
}

TEST_F(ReshardTest, AClockThatStepsBackMakesNoChildOlderThanItsParent) {
    ASSERT_EQ(apply(planned({split(0, kQuarter)})), Outcome::kApplied);
    ASSERT_EQ(apply(finished({1}), kStart + Seconds(100)), Outcome::kApplied);
    ASSERT_EQ(apply(planned({merge(2, 3)})), Outcome::kApplied);
    ASSERT_EQ(apply(finished({1, 1}), kStart - Seconds(100)), Outcome::kApplied);
    EXPECT_EQ(stream().shards[2].closed, WallTime(Seconds(kStartS + 101)) + Millis(1));
    EXPECT_EQ(stream().shards[4].created_s, kStartS + 102);
    expect_sound(stream());
}

TEST_F(ReshardTest, StepsThatDoNotFitAreRefused) {
    const model::HashRange range = stream().shards[0].range;
    const auto beside = [](model::HashKey at, std::int64_t by) {
        return model::HashKey(at.value() + static_cast<model::Uint128>(by));
    };
    for (const ReshardStep& step :
         {split(2, kQuarter), split(0, range.first), split(0, beside(range.first, 1)),
          split(0, range.last), split(0, beside(range.last, 1)), split(1, kQuarter), merge(1, 0),
          merge(0, 0), merge(0, 2), merge(2, 1)}) {
        EXPECT_EQ(apply(planned({step})), Outcome::kStale);
    }
    EXPECT_EQ(apply(planned({})), Outcome::kStale);
    EXPECT_EQ(apply(planned({split(0, kQuarter), split(0, kQuarter)})), Outcome::kStale)
        << "closed";
    EXPECT_EQ(apply(planned({split(0, beside(range.first, 2))})), Outcome::kApplied);
    EXPECT_EQ(apply(finished({})), Outcome::kStale);
    EXPECT_EQ(apply(finished({1, 2})), Outcome::kStale);
    EXPECT_EQ(apply(finished({1})), Outcome::kApplied);
    EXPECT_EQ(apply(finished({1})), Outcome::kNotActive);
}

TEST_F(ReshardTest, APlanOverAnotherStateIsStale) {
    BeginReshard old = planned({split(0, kQuarter)});
    ASSERT_EQ(apply(planned({split(1, key("255211775190703847597530955573826158592"))})),
              Outcome::kApplied);
    ASSERT_EQ(apply(finished({1})), Outcome::kApplied);
    EXPECT_EQ(apply(old), Outcome::kStale) << "its children's numbers are taken";
    BeginReshard other_mode = planned({split(0, kQuarter)});
    other_mode.mode = Mode::kOnDemand;
    EXPECT_EQ(apply(other_mode), Outcome::kStale);
}

TEST_F(ReshardTest, GrowthIsHeldAgainstTheQuota) {
    BeginReshard begin = planned({split(0, kQuarter)});
    begin.shards_max = 2;
    EXPECT_EQ(apply(begin), Outcome::kShardQuota);
    EXPECT_EQ(last_.current, 2u);
    BeginReshard shrink = planned({merge(0, 1)});
    shrink.shards_max = 1;
    EXPECT_EQ(apply(shrink), Outcome::kApplied) << "fewer are always allowed";
    ASSERT_EQ(apply(finished({1, 1})), Outcome::kApplied);
    ASSERT_EQ(apply(create_action(2, "b", 3)), Outcome::kApplied);
    BeginReshard again = planned({split(2, kQuarter)});
    again.shards_max = 4;
    EXPECT_EQ(apply(again), Outcome::kShardQuota) << "planned shards count";
    again.shards_max = 5;
    EXPECT_EQ(apply(again), Outcome::kApplied);
    CreateStream third = create_action(3, "c", 1);
    third.shards_max = 5;
    EXPECT_EQ(apply(third), Outcome::kShardQuota) << "those of a resharding, too";
}

TEST_F(ReshardTest, ScalingsAreCountedWithinADay) {
    const auto scale = [this](WallTime time) {
        BeginReshard begin = planned({split(
            stream().routes.front().value(),
            model::HashKey(stream().shard(stream().routes.front())->range.last.value() / 2))});
        begin.scalings_max = 2;
        const Outcome outcome = apply(begin, time);
        if (outcome == Outcome::kApplied) {
            EXPECT_EQ(apply(finished({1}), time), Outcome::kApplied);
        }
        return outcome;
    };
    const std::chrono::hours day(24);
    EXPECT_EQ(scale(kStart), Outcome::kApplied);
    EXPECT_EQ(scale(kStart + Seconds(10)), Outcome::kApplied);
    EXPECT_EQ(scale(kStart + day - Millis(1)), Outcome::kDailyQuota);
    EXPECT_EQ(last_.current, 2u);
    EXPECT_EQ(scale(kStart + day), Outcome::kApplied);
    EXPECT_EQ(scale(kStart + day), Outcome::kDailyQuota);
    BeginReshard step = planned({merge(stream().routes[0].value(), stream().routes[1].value())});
    EXPECT_EQ(apply(step, kStart + day), Outcome::kApplied) << "single steps are not counted";
}

TEST_F(ReshardTest, WhileUpdatingOnlyTheReshardingGoesOn) {
    ASSERT_EQ(apply(planned({split(0, kQuarter)})), Outcome::kApplied);
    EXPECT_EQ(apply(DeleteStream{StreamUid(1), kStart}), Outcome::kNotActive);
    EXPECT_EQ(apply(ChangeTags{StreamUid(1), {{"a", "b"}}, {}, 50}), Outcome::kNotActive);
    EXPECT_EQ(apply(FinishModeChange{StreamUid(1)}), Outcome::kNotActive);
    BeginModeChange mode;
    mode.uid = StreamUid(1);
    mode.mode = Mode::kOnDemand;
    EXPECT_EQ(apply(mode), Outcome::kNotActive);
    EXPECT_EQ(apply(ActivateStream{StreamUid(1)}), Outcome::kNotActive);
}

TEST_F(ReshardTest, ADroppedShardKeepsItsPlaceAndItsName) {
    ASSERT_EQ(apply(planned({split(0, kQuarter)})), Outcome::kApplied);
    ASSERT_EQ(apply(finished({1})), Outcome::kApplied);
    EXPECT_EQ(apply(DropShards{StreamUid(1), {model::ShardNo(0), model::ShardNo(1)}}),
              Outcome::kStale)
        << "1 is open";
    EXPECT_FALSE(stream().shards[0].dropped);
    EXPECT_EQ(apply(DropShards{StreamUid(1), {model::ShardNo(4)}}), Outcome::kStale);
    EXPECT_EQ(apply(DropShards{StreamUid(1), {model::ShardNo(0)}}), Outcome::kApplied);
    EXPECT_TRUE(stream().expired(stream().shards[0], kStart)) << "whatever the clock says";
    EXPECT_EQ(stream().shards[2].parent, model::ShardNo(0));
    expect_sound(stream());
}

TEST(Reshard, AnyHistoryIsSound) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        Stream stream;
        stream.created_s = kStartS;
        stream.shards = initial_shards(static_cast<std::uint32_t>(1 + random() % 5), kStartS);
        rebuild_routes(stream);
        WallTime now = kStart;
        for (int i = 0; i < 60; ++i) {
            now += Millis(static_cast<std::int64_t>(random() % 2500) - 500);
            carry_out(stream, {random_step(stream, random)}, now);
            expect_sound(stream);
            if (testing::Test::HasFatalFailure()) {
                return;
            }
        }
    }
}

}  // namespace
}  // namespace millrace::stream
