#include "env/steered_clock.h"

#include <gtest/gtest.h>

#include "env/manual_clock.h"

namespace millrace::env {
namespace {

using std::chrono::hours;

class SteeredClockTest : public testing::Test {
protected:
    // Both of its times are so much later than at first.
    testing::AssertionResult is_later_by(Millis by) {
        const Millis now = clock_.now() - begun_;
        const auto steady = clock_.steady() - steady_begun_;
        if (now == by && steady == by) {
            return testing::AssertionSuccess();
        }
        return testing::AssertionFailure()
               << now.count() << " ms, " << std::chrono::duration_cast<Millis>(steady).count()
               << " ms steady";
    }
    ManualClock real_;
    SteeredClock clock_{real_};
    const WallTime begun_ = real_.now();
    const std::chrono::steady_clock::time_point steady_begun_ = real_.steady();
};

TEST_F(SteeredClockTest, GoesWithTheRealOne) {
    real_.advance(Millis(5));
    EXPECT_TRUE(is_later_by(Millis(5)));
    EXPECT_FALSE(clock_.stands());
    EXPECT_EQ(clock_.read().ahead, Millis(0));
}

TEST_F(SteeredClockTest, MovesAheadOfIt) {
    const auto moved = clock_.steer({.advance = hours(1)});
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->ahead, hours(1));
    EXPECT_EQ(moved->now, begun_ + hours(1));
    real_.advance(Millis(5));
    EXPECT_TRUE(is_later_by(hours(1) + Millis(5)));
    ASSERT_TRUE(clock_.steer({.now = begun_ + hours(3), .advance = hours(1)}));
    EXPECT_TRUE(is_later_by(hours(4)));
}

TEST_F(SteeredClockTest, StandsWhenFrozenAndGoesOnFromThere) {
    ASSERT_TRUE(clock_.steer({.frozen = true}));
    EXPECT_TRUE(clock_.stands());
    real_.advance(Millis(7));
    EXPECT_TRUE(is_later_by(Millis(0)));
    ASSERT_TRUE(clock_.steer({.advance = Millis(3)}));
    ASSERT_TRUE(clock_.steer({.frozen = true, .advance = Millis(2)}));
    EXPECT_TRUE(is_later_by(Millis(5)));
    EXPECT_EQ(clock_.read().ahead, Millis(-2));
    ASSERT_TRUE(clock_.steer({.frozen = false}));
    EXPECT_FALSE(clock_.stands());
    real_.advance(Millis(1));
    EXPECT_TRUE(is_later_by(Millis(6)));
    ASSERT_TRUE(clock_.steer({.frozen = false}));
    EXPECT_TRUE(is_later_by(Millis(6)));
}

// The time of day may be stepped while it stands; durations are not.
TEST_F(SteeredClockTest, DurationsNeverGoBack) {
    ASSERT_TRUE(clock_.steer({.frozen = true}));
    real_.set(begun_ + hours(5));
    real_.advance(Millis(10));
    ASSERT_TRUE(clock_.steer({.frozen = false}));
    EXPECT_TRUE(is_later_by(Millis(0)));
}

TEST_F(SteeredClockTest, NeitherGoesBackNorTooFar) {
    EXPECT_FALSE(clock_.steer({.frozen = true, .now = begun_ - Millis(1), .advance = hours(1)}));
    EXPECT_FALSE(clock_.steer({.frozen = true, .advance = hours(24 * 366 * 500)}));
    EXPECT_FALSE(clock_.stands());
    EXPECT_TRUE(is_later_by(Millis(0)));
    EXPECT_TRUE(clock_.steer({.now = SteeredClock::kLatest}));
    EXPECT_FALSE(clock_.steer({.advance = Millis(1)}));
    EXPECT_EQ(clock_.now(), SteeredClock::kLatest);
}

TEST_F(SteeredClockTest, UnhurriedItHasTheRealDurations) {
    ASSERT_TRUE(clock_.steer({.frozen = true, .advance = hours(1)}));
    real_.advance(Millis(5));
    EXPECT_EQ(clock_.unhurried().now(), clock_.now());
    EXPECT_EQ(clock_.unhurried().steady(), real_.steady());
}

}  // namespace
}  // namespace millrace::env
