#include "stream/encryption_change.h"

#include <gtest/gtest.h>

#include "stream/catalog_state.h"
#include "unit/stream/commands.h"

namespace millrace::stream {
namespace {

const DataKey kFirst{"alias/a", "first"};
const DataKey kSecond{"alias/b", "second"};

class EncryptionChangeTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(apply(create_action(1, "s")), Outcome::kApplied);
        ASSERT_EQ(apply(ActivateStream{StreamUid(1)}), Outcome::kApplied);
    }
    Outcome apply(Action action, WallTime time = kStart) {
        return state_.apply(command(std::move(action), time)).outcome;
    }
    Outcome begin(std::optional<DataKey> key, WallTime time = kStart) {
        return apply(BeginEncryptionChange{StreamUid(1), std::move(key), time, 2}, time);
    }
    Outcome finish() { return apply(FinishEncryptionChange{StreamUid(1)}); }
    Outcome change(std::optional<DataKey> key, WallTime time = kStart) {
        const Outcome begun = begin(std::move(key), time);
        return begun == Outcome::kApplied ? finish() : begun;
    }
    const Stream& stream() const { return *state_.find(StreamUid(1)); }

    CatalogState state_;
};

TEST_F(EncryptionChangeTest, TakesEffectWhenItIsFinished) {
    ASSERT_EQ(begin(kFirst), Outcome::kApplied);
    EXPECT_EQ(stream().status, Status::kUpdating);
    EXPECT_FALSE(stream().encrypted);
    EXPECT_TRUE(stream().data_keys.empty());
    EXPECT_EQ(begin(kSecond), Outcome::kNotActive);
    ASSERT_EQ(finish(), Outcome::kApplied);
    EXPECT_EQ(stream().status, Status::kActive);
    EXPECT_TRUE(stream().encrypted);
    EXPECT_EQ(stream().data_keys, std::vector{kFirst});
    EXPECT_FALSE(stream().pending.has_value());
    EXPECT_EQ(finish(), Outcome::kNotActive);
}

TEST_F(EncryptionChangeTest, KeysStayForTheRecordsThatNameThem) {
    ASSERT_EQ(change(kFirst), Outcome::kApplied);
    ASSERT_EQ(change(kSecond), Outcome::kApplied);
    EXPECT_EQ(stream().data_keys, (std::vector{kFirst, kSecond}));
    ASSERT_EQ(begin(std::nullopt), Outcome::kApplied);
    EXPECT_TRUE(stream().encrypted);
    ASSERT_EQ(finish(), Outcome::kApplied);
    EXPECT_FALSE(stream().encrypted);
    EXPECT_EQ(stream().data_keys, (std::vector{kFirst, kSecond}));
}

TEST_F(EncryptionChangeTest, WhatIsNotEncryptedCannotBeStopped) {
    EXPECT_EQ(begin(std::nullopt), Outcome::kStale);
    ASSERT_EQ(change(kFirst), Outcome::kApplied);
    ASSERT_EQ(change(std::nullopt), Outcome::kApplied);
    EXPECT_EQ(begin(std::nullopt), Outcome::kStale);
}

TEST_F(EncryptionChangeTest, StartsAndStopsAreCountedApartWithinADay) {
    const std::chrono::hours day(24);
    ASSERT_EQ(change(kFirst), Outcome::kApplied);
    ASSERT_EQ(change(std::nullopt), Outcome::kApplied);
    ASSERT_EQ(change(kFirst, kStart + Seconds(1)), Outcome::kApplied);
    EXPECT_EQ(change(kFirst, kStart + day - Millis(1)), Outcome::kDailyQuota);
    EXPECT_EQ(change(std::nullopt, kStart + Seconds(2)), Outcome::kApplied);
    EXPECT_EQ(change(kFirst, kStart + day), Outcome::kApplied);
    EXPECT_EQ(change(kFirst, kStart + day), Outcome::kDailyQuota);
    EXPECT_EQ(change(std::nullopt, kStart + day), Outcome::kApplied);
}

}  // namespace
}  // namespace millrace::stream
