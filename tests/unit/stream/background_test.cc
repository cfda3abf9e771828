#include "stream/background.h"

#include <gtest/gtest.h>

#include <vector>

#include "env/manual_clock.h"

namespace millrace::stream {
namespace {

// Keeps what is posted until run() is called.
class Home final : public env::Executor {
public:
    void post(Callback<void()> run) override { posted.push_back(std::move(run)); }
    void run() {
        const env::ExecutorScope scope(*this);
        for (Callback<void()>& one : std::exchange(posted, {})) {
            one();
        }
    }
    std::vector<Callback<void()>> posted;
};

class BackgroundTest : public testing::Test {
protected:
    void later(Millis delay) {
        background_.after(delay, [this]() -> Task<void> {
            ++ran_;
            co_return;
        });
    }
    void stop() {
        start(background_.stop(), [this](bool) { stopped_ = true; });
    }
    env::ManualClock clock_;
    env::ManualTimers timers_{clock_};
    Home home_;
    Background background_{timers_, &home_};
    int ran_ = 0;
    bool stopped_ = false;
};

TEST_F(BackgroundTest, RunsWorkAtHomeWhenItsTimeHasCome) {
    later(Millis(10));
    clock_.advance(Millis(9));
    EXPECT_TRUE(home_.posted.empty());
    clock_.advance(Millis(1));
    EXPECT_EQ(ran_, 0);
    home_.run();
    EXPECT_EQ(ran_, 1);
}

// The threads that home stands for may have ended.
TEST_F(BackgroundTest, GoesNoMoreHomeOnceItHasStopped) {
    later(Millis(10));
    stop();
    EXPECT_TRUE(stopped_);
    clock_.advance(Millis(10));
    EXPECT_TRUE(home_.posted.empty());
}

TEST_F(BackgroundTest, StopWaitsForWhatIsOnItsWayHome) {
    later(Millis(10));
    clock_.advance(Millis(10));
    ASSERT_EQ(home_.posted.size(), 1U);
    stop();
    EXPECT_FALSE(stopped_);
    home_.run();
    EXPECT_EQ(ran_, 1);
    home_.run();
    EXPECT_TRUE(stopped_);
}

TEST_F(BackgroundTest, SettlesWhatIsDueAndWhatThatLedTo) {
    background_.after(Millis(10), [this]() -> Task<void> {
        ++ran_;
        later(Millis(0));
        co_return;
    });
    later(Millis(11));
    clock_.advance(Millis(10));
    bool settled = false;
    start(background_.settle(), [&](bool) { settled = true; });
    for (int i = 0; i < 10 && !settled; ++i) {
        EXPECT_LT(ran_, 3);
        home_.run();
        clock_.advance(Millis(0));
    }
    EXPECT_TRUE(settled);
    EXPECT_EQ(ran_, 2) << "but not what is not due";
}

TEST_F(BackgroundTest, WithNothingDueItIsSettled) {
    later(Millis(10));
    bool settled = false;
    start(background_.settle(), [&](bool) { settled = true; });
    clock_.advance(Millis(0));
    EXPECT_TRUE(settled);
    EXPECT_EQ(ran_, 0);
}

TEST_F(BackgroundTest, SettlesWhileItStops) {
    later(Millis(10));
    clock_.advance(Millis(10));
    bool settled = false;
    start(background_.settle(), [&](bool) { settled = true; });
    stop();
    clock_.advance(Millis(0));
    EXPECT_FALSE(settled || stopped_);
    home_.run();
    clock_.advance(Millis(0));
    home_.run();
    EXPECT_TRUE(settled && stopped_);
}

}  // namespace
}  // namespace millrace::stream
