// What is set on a stream or an account by one command: as the fold has it, and across restarts.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "unit/stream/commands.h"
#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

class Configure : public ::testing::Test {
protected:
    void SetUp() override { world_.open(); }
    StreamPtr create(Mode mode, std::uint32_t shards = 4,
                     Distribution distribution = Distribution::kPartitionKey) {
        NewStream spec = stream_named("orders", shards);
        spec.mode = mode;
        spec.distribution = distribution;
        return world_.create(std::move(spec)).stream;
    }
    Applied configure(ConfigureStream change, bool delayed = false) {
        change.uid = world_.find("orders")->uid;
        return test::sync_wait(world_.broker->configure_stream(std::move(change), delayed)).value();
    }

    World world_;
};

TEST_F(Configure, ChangesWhatIsGivenAndLeavesTheRest) {
    create(Mode::kOnDemand);
    ConfigureStream change;
    change.metrics_on = 0b1011;
    change.metrics_off = 0b0010;
    change.record_max_kib = 4096;
    change.warm_mibps = 0;
    change.distribution = Distribution::kAuto;
    change.policy = "{}";
    ASSERT_EQ(configure(change).outcome, Outcome::kApplied);
    for (const bool again : {false, true}) {
        const StreamPtr stream = world_.find("orders");
        EXPECT_EQ(stream->shard_metrics, 0b1001);
        EXPECT_EQ(stream->record_max_kib, 4096u);
        EXPECT_EQ(stream->warm_mibps, 0u);
        EXPECT_EQ(stream->distribution, Distribution::kAuto);
        EXPECT_EQ(stream->policy, "{}");
        EXPECT_EQ(stream->status, Status::kActive);
        if (!again) {
            ASSERT_EQ(configure(ConfigureStream()).outcome, Outcome::kApplied);
            world_.reopen();
        }
    }
}

TEST_F(Configure, OfOnDemandStreamsOnly) {
    create(Mode::kProvisioned);
    ConfigureStream warm;
    warm.warm_mibps = 8;
    EXPECT_EQ(configure(warm).outcome, Outcome::kWrongMode);
    ConfigureStream distribution;
    distribution.distribution = Distribution::kPartitionKey;
    EXPECT_EQ(configure(distribution).outcome, Outcome::kWrongMode);
    EXPECT_EQ(world_.find("orders")->warm_mibps, std::nullopt);
}

TEST_F(Configure, ADelayedChangeHoldsAtOnceAndKeepsTheStreamUpdating) {
    world_.settings.update_delay = Millis(1000);
    world_.reopen();
    create(Mode::kProvisioned);
    ConfigureStream change;
    change.record_max_kib = 2048;
    EXPECT_EQ(configure(change, true).stream->status, Status::kUpdating);
    EXPECT_EQ(world_.find("orders")->record_max_kib, 2048u);
    EXPECT_EQ(configure(change, true).outcome, Outcome::kNotActive);
    EXPECT_EQ(world_.put(world_.find("orders"), "k").status, PutStatus::kStored);
    world_.clock.advance(Millis(999));
    world_.reopen();
    EXPECT_EQ(world_.find("orders")->status, Status::kUpdating);
    world_.clock.advance(Millis(1));
    EXPECT_EQ(world_.find("orders")->status, Status::kActive);
    EXPECT_EQ(configure(change, false).stream->status, Status::kActive);
}

TEST_F(Configure, ACommitmentIsOfOneAccountInOneRegionAndSurvives) {
    const auto applied = test::sync_wait(world_.broker->set_commitment(kOwner, true)).value();
    EXPECT_EQ(applied.commitment.status, Commitment::Status::kEnabled);
    world_.reopen();
    const Catalog& catalog = world_.broker->catalog();
    const WallTime now = world_.broker->now();
    EXPECT_TRUE(catalog.commitment(kOwner, now).active());
    EXPECT_FALSE(catalog.commitment({kOwner.account, "eu-west-1"}, now).active());
    EXPECT_FALSE(catalog.commitment({"111111111111", kOwner.region}, now).active());
    test::sync_wait(world_.broker->set_commitment(kOwner, false)).value();
    world_.close();  // with a snapshot
    world_.open();
    const Catalog& again = world_.broker->catalog();
    EXPECT_EQ(again.commitment(kOwner, now).status, Commitment::Status::kEndsWhenAllowed);
    EXPECT_FALSE(again.commitment(kOwner, now + std::chrono::hours(24)).active());
}

class AutoPlacement : public Configure {
protected:
    std::map<std::uint32_t, int> spread(std::size_t records, std::string_view key) {
        const std::vector<PutRecord> batch(records, PutRecord{key, as_bytes("d"), std::nullopt});
        std::map<std::uint32_t, int> counts;
        std::uint32_t last = ~0U;
        int runs = 0;
        for (const PutResult& result : world_.put(world_.find("orders"), batch)) {
            EXPECT_EQ(result.status, PutStatus::kStored);
            ++counts[result.shard_no.value()];
            runs += result.shard_no.value() != last ? 1 : 0;
            last = result.shard_no.value();
        }
        EXPECT_EQ(runs, static_cast<int>(counts.size())) << "one run for each shard";
        return counts;
    }
};

TEST_F(AutoPlacement, OneRequestIsDealtOutInRunsOfEqualLength) {
    create(Mode::kOnDemand, 4, Distribution::kAuto);
    for (const std::string_view key : {"", "the same"}) {
        EXPECT_EQ(spread(400, key),
                  (std::map<std::uint32_t, int>{{0, 100}, {1, 100}, {2, 100}, {3, 100}}));
    }
    EXPECT_EQ(spread(3, "").size(), 3u);
    const auto uneven = spread(6, "");
    ASSERT_EQ(uneven.size(), 4u);
    for (const auto& [shard, count] : uneven) {
        EXPECT_TRUE(count == 1 || count == 2) << shard;
    }
}

TEST_F(AutoPlacement, SingleRecordsReachEveryShard) {
    create(Mode::kOnDemand, 4, Distribution::kAuto);
    std::map<std::uint32_t, int> counts;
    for (int i = 0; i < 400; ++i) {
        ++counts[world_.put(world_.find("orders"), "the same").shard_no.value()];
    }
    for (std::uint32_t shard = 0; shard < 4; ++shard) {
        EXPECT_GT(counts[shard], 60);
        EXPECT_LT(counts[shard], 140);
    }
}

TEST_F(AutoPlacement, AShardAtItsLimitLeavesRecordsToTheOthers) {
    world_.close();
    world_.settings.rates.enforced = true;
    world_.settings.rates.write_records = 5;
    world_.open();
    create(Mode::kOnDemand, 4, Distribution::kAuto);
    const StreamPtr stream = world_.find("orders");
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(world_.put(stream, "").status, PutStatus::kStored) << i;
    }
    EXPECT_EQ(world_.put(stream, "").status, PutStatus::kOverloaded);
    world_.clock.advance(Millis(1000));
    const std::vector<PutRecord> records(23, PutRecord{"", as_bytes("x"), std::nullopt});
    const auto results = world_.put(stream, records);
    EXPECT_EQ(std::ranges::count(results, PutStatus::kStored, &PutResult::status), 20);
    EXPECT_EQ(std::ranges::count(results, PutStatus::kOverloaded, &PutResult::status), 3);
}

TEST_F(AutoPlacement, ASwitchBackPlacesByKeyAgain) {
    create(Mode::kOnDemand, 4, Distribution::kAuto);
    ConfigureStream back;
    back.distribution = Distribution::kPartitionKey;
    ASSERT_EQ(configure(back).outcome, Outcome::kApplied);
    EXPECT_EQ(spread(20, "the same").size(), 1u);
}

}  // namespace
}  // namespace millrace::stream
