#include "base/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace millrace {
namespace {

Task<int> answer() {
    co_return 42;
}
Task<int> plus_one(Task<int> inner) {
    co_return co_await std::move(inner) + 1;
}
Task<void> throws() {
    throw std::runtime_error("a bug");
    co_return;
}

TEST(Task, DoesNotRunUntilStarted) {
    bool ran = false;
    auto body = [](bool* flag) -> Task<void> {
        *flag = true;
        co_return;
    };
    {
        auto task = body(&ran);
        EXPECT_FALSE(ran);
    }
    EXPECT_FALSE(ran);
    bool returned = false;
    start(body(&ran), [&](bool ok) { returned = ok; });
    EXPECT_TRUE(ran);
    EXPECT_TRUE(returned);
}

TEST(Task, HandsResultsThroughAwaiters) {
    std::optional<int> got;
    start<int>(plus_one(plus_one(answer())), [&](std::optional<int> v) { got = v; });
    EXPECT_EQ(got, 44);
}

TEST(Task, AnExceptionEndsAtStart) {
    bool returned = true;
    start(throws(), [&](bool ok) { returned = ok; });
    EXPECT_FALSE(returned);
}

TEST(Task, MovesValuesThatCannotBeCopied) {
    auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
    std::optional<std::unique_ptr<int>> got;
    start<std::unique_ptr<int>>(make(), [&](auto v) { got = std::move(v); });
    ASSERT_TRUE(got && *got);
    EXPECT_EQ(**got, 7);
}

TEST(Completion, GoesOnWhenTheCallbackRunsInline) {
    auto body = []() -> Task<int> {
        co_return co_await completion<int>([](Callback<void(int)> done) { done(5); });
    };
    std::optional<int> got;
    start<int>(body(), [&](std::optional<int> v) { got = v; });
    EXPECT_EQ(got, 5);
}

TEST(Completion, GoesOnWhenTheCallbackRunsLater) {
    Callback<void(int)> kept;
    auto body = [](Callback<void(int)>* keep) -> Task<int> {
        co_return co_await completion<int>(
            [keep](Callback<void(int)> done) { *keep = std::move(done); });
    };
    std::optional<int> got;
    start<int>(body(&kept), [&](std::optional<int> v) { got = v; });
    EXPECT_FALSE(got);
    kept(6);
    EXPECT_EQ(got, 6);
}

TEST(Completion, SurvivesRacingThreads) {
    for (int round = 0; round < 200; ++round) {
        std::thread other;
        auto body = [](std::thread* thread) -> Task<int> {
            co_return co_await completion<int>([thread](Callback<void(int)> done) {
                *thread = std::thread([done = std::move(done)]() mutable { done(1); });
            });
        };
        std::atomic<int> got = 0;
        start<int>(body(&other), [&](std::optional<int> v) { got = v.value_or(-1); });
        while (got == 0)
            std::this_thread::yield();
        other.join();
        EXPECT_EQ(got, 1);
    }
}

TEST(CallbackType, OwnsWhatItCaptures) {
    auto owned = std::make_shared<int>(1);
    std::weak_ptr<int> watch = owned;
    {
        Callback<int(int)> add([owned = std::move(owned)](int x) { return x + *owned; });
        EXPECT_EQ(add(2), 3);
        Callback<int(int)> moved = std::move(add);
        EXPECT_FALSE(add);  // NOLINT(bugprone-use-after-move): moved from, it is empty
        EXPECT_EQ(moved(3), 4);
        EXPECT_FALSE(watch.expired());
    }
    EXPECT_TRUE(watch.expired());
}

TEST(CallbackTypeDeathTest, CallingAnEmptyOneIsABug) {
    Callback<void()> empty;
    EXPECT_DEATH(empty(), "CHECK failed");
}

}  // namespace
}  // namespace millrace
