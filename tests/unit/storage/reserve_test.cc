#include "storage/reserve.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "env/memory_file_system.h"

namespace millrace::storage {
namespace {

constexpr std::uint64_t kLeast = 1 << 20;

class ReserveTest : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(files_.create_directories("d")); }
    env::MemoryFileSystem files_{16 << 20};
    Reserve reserve_{files_, "d/reserve"};
};

TEST_F(ReserveTest, HoldsSpaceUntilItIsGivenUp) {
    ASSERT_TRUE(reserve_.keep(0));
    EXPECT_FALSE(reserve_.spent());
    EXPECT_GE(files_.bytes_used(), kLeast);
    EXPECT_TRUE(reserve_.give_up());
    EXPECT_LT(files_.bytes_used(), kLeast);
    EXPECT_TRUE(reserve_.spent());
    EXPECT_FALSE(reserve_.give_up()) << "there is none any more";
    ASSERT_TRUE(reserve_.keep(0));
    EXPECT_FALSE(reserve_.spent());
}

TEST_F(ReserveTest, GrowsWithTheCheckpointAndNeverShrinks) {
    ASSERT_TRUE(reserve_.keep(512 << 10));
    const auto large = files_.bytes_used();
    EXPECT_GE(large, 2U << 20);
    ASSERT_TRUE(reserve_.keep(0));
    EXPECT_EQ(files_.bytes_used(), large);
    ASSERT_TRUE(reserve_.give_up());
    ASSERT_TRUE(reserve_.keep(0));
    EXPECT_EQ(files_.bytes_used(), large);
}

TEST_F(ReserveTest, IsSpentWhereThereIsNoRoomForIt) {
    files_.set_bytes_max(files_.bytes_used());
    const auto kept = reserve_.keep(0);
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().code, Errc::kNoSpace);
    EXPECT_TRUE(reserve_.spent());
    files_.set_bytes_max(16 << 20);
    EXPECT_TRUE(reserve_.keep(0));
    EXPECT_FALSE(reserve_.spent());
}

// Or it would come and go, and what it was given up for would never get the space.
TEST_F(ReserveTest, IsNotMadeAgainOfTheSpaceItLeft) {
    ASSERT_TRUE(reserve_.keep(0));
    files_.set_bytes_max(files_.bytes_used());
    ASSERT_TRUE(reserve_.give_up());
    EXPECT_FALSE(reserve_.keep(0));
    EXPECT_TRUE(reserve_.spent());
    EXPECT_LT(files_.bytes_used(), kLeast) << "the attempt holds nothing";
    files_.set_bytes_max(files_.bytes_used() + 2 * kLeast);
    EXPECT_TRUE(reserve_.keep(0));
    EXPECT_FALSE(reserve_.spent());
}

TEST_F(ReserveTest, IsNotGivenUpWhileRecordsAreWritten) {
    ASSERT_TRUE(reserve_.keep(0));
    auto held = reserve_.hold();
    auto given_up = std::async(std::launch::async, [this] { return reserve_.give_up(); });
    EXPECT_EQ(given_up.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
    EXPECT_FALSE(reserve_.spent());
    EXPECT_GE(files_.bytes_used(), kLeast);
    held.unlock();
    EXPECT_TRUE(given_up.get());
    EXPECT_TRUE(reserve_.spent());
}

TEST_F(ReserveTest, OfAnEarlierProcessServesToo) {
    ASSERT_TRUE(reserve_.keep(0));
    Reserve next(files_, "d/reserve");
    EXPECT_TRUE(next.give_up());
    EXPECT_TRUE(next.spent());
}

TEST_F(ReserveTest, ThatCannotBeMadeForAnotherReasonStopsNoWrites) {
    Reserve nowhere(files_, "absent/reserve");
    EXPECT_FALSE(nowhere.keep(0));
    EXPECT_FALSE(nowhere.spent());
}

}  // namespace
}  // namespace millrace::storage
