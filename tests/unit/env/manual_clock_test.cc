#include "env/manual_clock.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace millrace::env {
namespace {

const WallTime kStart = wall_time(1'000'000);

class ManualClockTest : public testing::Test {
protected:
    void note(Millis delay, char what) {
        timers_.after(delay, [this, what] { ran_ += what; });
    }
    ManualClock clock_{kStart};
    ManualTimers timers_{clock_};
    std::string ran_;
};

TEST_F(ManualClockTest, StandsUntilItIsMoved) {
    const auto steady = clock_.steady();
    EXPECT_EQ(clock_.now(), kStart);
    EXPECT_EQ(clock_.now(), kStart);
    clock_.advance(Millis(5));
    EXPECT_EQ(clock_.now(), kStart + Millis(5));
    EXPECT_EQ(clock_.steady() - steady, Millis(5));
}

TEST_F(ManualClockTest, ASetMovesTheWallClockAlone) {
    const auto steady = clock_.steady();
    clock_.set(kStart - Millis(100));
    EXPECT_EQ(clock_.now(), kStart - Millis(100));
    EXPECT_EQ(clock_.steady(), steady);
}

TEST_F(ManualClockTest, RunsDueTimersInOrderInsideTheMove) {
    note(Millis(20), 'b');
    note(Millis(10), 'a');
    note(Millis(21), 'c');
    clock_.advance(Millis(9));
    EXPECT_EQ(ran_, "");
    clock_.advance(Millis(11));
    EXPECT_EQ(ran_, "ab");
    EXPECT_EQ(timers_.pending(), 1U);
    clock_.advance(Millis(1));
    EXPECT_EQ(ran_, "abc");
    clock_.advance(Millis(100));
    EXPECT_EQ(ran_, "abc") << "each runs once";
}

TEST_F(ManualClockTest, OrdersTheTimersOfSeveralOwners) {
    ManualTimers others(clock_);
    note(Millis(2), 'b');
    others.after(Millis(1), [this] { ran_ += 'a'; });
    others.after(Millis(3), [this] { ran_ += 'c'; });
    clock_.advance(Millis(3));
    EXPECT_EQ(ran_, "abc");
}

TEST_F(ManualClockTest, NeverRunsOneInline) {
    note(Millis(0), 'a');
    EXPECT_EQ(ran_, "");
    clock_.advance(Millis(0));
    EXPECT_EQ(ran_, "a");
}

TEST_F(ManualClockTest, ATimerSetByATimerRunsTooIfItIsDue) {
    timers_.after(Millis(1), [this] {
        note(Millis(0), 'x');
        note(Millis(20), 'y');
    });
    clock_.advance(Millis(5));
    EXPECT_EQ(ran_, "x");
    EXPECT_EQ(timers_.pending(), 1U);
}

TEST_F(ManualClockTest, ASetIsNothingToTimers) {
    note(Millis(10), 'a');
    clock_.set(kStart + Millis(10));
    EXPECT_EQ(ran_, "");
    clock_.set(kStart - Millis(1'000'000));
    clock_.advance(Millis(10));
    EXPECT_EQ(ran_, "a");
}

TEST_F(ManualClockTest, PendingCallbacksDieUncalledWithTheirTimers) {
    const auto held = std::make_shared<int>(1);
    {
        ManualTimers timers(clock_);
        timers.after(Millis(1), [this, held] { ran_ += 'x'; });
        EXPECT_EQ(held.use_count(), 2);
    }
    EXPECT_EQ(held.use_count(), 1);
    clock_.advance(Millis(10));
    EXPECT_EQ(ran_, "");
}

}  // namespace
}  // namespace millrace::env
