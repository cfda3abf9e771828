#include "env/system_clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "env/manual_clock.h"

namespace millrace::env {
namespace {

TEST(SystemClock, TellsTheWallTimeInMilliseconds) {
    SystemClock clock;
    const auto before = std::chrono::floor<Millis>(std::chrono::system_clock::now());
    const WallTime now = clock.now();
    EXPECT_GE(now, before);
    EXPECT_LE(now, std::chrono::system_clock::now());
}

TEST(SystemClock, SteadyNeverGoesBack) {
    SystemClock clock;
    auto last = clock.steady();
    for (int i = 0; i < 1000; ++i) {
        const auto next = clock.steady();
        ASSERT_GE(next, last);
        last = next;
    }
}

TEST(SystemTimers, RunsWhatIsPastAtOnceOnItsOwnThread) {
    SystemClock clock;
    SystemTimers timers(clock);
    std::thread::id where;
    std::latch done(1);
    timers.after(Millis(0), [&] {
        where = std::this_thread::get_id();
        done.count_down();
    });
    done.wait();
    EXPECT_NE(where, std::this_thread::get_id());
}

TEST(SystemTimers, WaitsForTheInstantAndKeepsTheOrder) {
    SystemClock clock;
    std::string ran;
    std::latch done(3);
    const auto start = clock.steady();
    std::atomic<bool> early = false;
    SystemTimers timers(clock);
    const auto note = [&](Millis after, char what) {
        timers.after(after, [&, after, what] {
            early = early || clock.steady() < start + after;
            ran += what;
            done.count_down();
        });
    };
    note(Millis(60), 'c');
    note(Millis(40), 'b');
    note(Millis(20), 'a');
    done.wait();
    EXPECT_EQ(ran, "abc");
    EXPECT_FALSE(early);
}

TEST(SystemTimers, ATimerMaySetAnother) {
    SystemClock clock;
    std::latch done(1);
    SystemTimers timers(clock);
    timers.after(Millis(0), [&] { timers.after(Millis(0), [&] { done.count_down(); }); });
    done.wait();
}

// Its wall clock is an hour back by the time that its first timer is due.
class SteppedClock final : public Clock {
public:
    WallTime now() override { return clock_.now() - std::chrono::hours(calls_++); }
    std::chrono::steady_clock::time_point steady() override { return clock_.steady(); }

private:
    SystemClock clock_;
    std::atomic<int> calls_ = 0;
};

TEST(SystemTimers, DoNotGoByTheWallClock) {
    SteppedClock clock;
    std::latch done(1);
    SystemTimers timers(clock);
    timers.after(Millis(20), [&] { done.count_down(); });
    done.wait();
}

TEST(SystemTimers, OfAClockThatStandsRunWhenItIsMoved) {
    ManualClock clock;
    SystemTimers timers(clock);
    std::atomic<int> ran = 0;
    std::latch first(1);
    std::latch second(1);
    timers.after(Millis(10), [&] {
        ++ran;
        first.count_down();
    });
    timers.after(Millis(20), [&] {
        ++ran;
        second.count_down();
    });
    clock.advance(Millis(10));
    timers.clock_moved();
    first.wait();
    EXPECT_EQ(ran, 1);
    clock.advance(Millis(10));
    timers.clock_moved();
    second.wait();
    EXPECT_EQ(ran, 2);
}

TEST(SystemTimers, DropsPendingCallbacksUncalled) {
    SystemClock clock;
    const auto held = std::make_shared<int>(1);
    std::atomic<bool> ran = false;
    {
        SystemTimers timers(clock);
        timers.after(std::chrono::hours(1), [&, held] { ran = true; });
    }
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_FALSE(ran);
}

TEST(SystemTimers, DestructionWaitsForACallbackThatIsRunning) {
    SystemClock clock;
    std::latch running(1);
    std::atomic<bool> finished = false;
    {
        SystemTimers timers(clock);
        timers.after(Millis(0), [&] {
            running.count_down();
            std::this_thread::yield();
            finished = true;
        });
        running.wait();
    }
    EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace millrace::env
