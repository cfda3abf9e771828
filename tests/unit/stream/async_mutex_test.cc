#include "stream/async_mutex.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "support/sync_wait.h"

namespace millrace::stream {
namespace {

// Runs what is posted when the test says so.
class QueueExecutor final : public env::Executor {
public:
    void post(Callback<void()> run) override {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(run));
    }
    std::size_t run_all() {
        const env::ExecutorScope scope(*this);
        std::size_t count = 0;
        while (true) {
            Callback<void()> next;
            {
                const std::lock_guard lock(mutex_);
                if (queue_.empty()) {
                    return count;
                }
                next = std::move(queue_.front());
                queue_.pop_front();
            }
            next();
            ++count;
        }
    }

private:
    std::mutex mutex_;
    std::deque<Callback<void()>> queue_;
};

Task<void> note(AsyncMutex& mutex, std::vector<int>& notes, int value) {
    const AsyncMutex::Guard guard = co_await mutex.lock();
    notes.push_back(value);
}

TEST(AsyncMutex, GrantsAtOnceWhenFree) {
    AsyncMutex mutex;
    std::vector<int> notes;
    test::sync_wait(note(mutex, notes, 1));
    test::sync_wait(note(mutex, notes, 2));
    EXPECT_EQ(notes, (std::vector<int>{1, 2}));
}

TEST(AsyncMutex, WaitersFollowInTheOrderTheyCame) {
    AsyncMutex mutex;
    std::vector<int> notes;
    {
        const AsyncMutex::Guard held = test::sync_wait(mutex.lock());
        for (int i = 0; i < 3; ++i) {
            start(note(mutex, notes, i), [](bool returned) { EXPECT_TRUE(returned); });
        }
        EXPECT_TRUE(notes.empty());
    }
    EXPECT_EQ(notes, (std::vector<int>{0, 1, 2}));
}

TEST(AsyncMutex, AWaiterResumesOnItsOwnExecutor) {
    AsyncMutex mutex;
    QueueExecutor executor;
    std::vector<int> notes;
    std::optional<AsyncMutex::Guard> held(test::sync_wait(mutex.lock()));
    {
        const env::ExecutorScope scope(executor);
        start(note(mutex, notes, 1), [](bool) {});
    }
    held.reset();
    EXPECT_TRUE(notes.empty()) << "not on the thread that released it";
    EXPECT_EQ(executor.run_all(), 1U);
    EXPECT_EQ(notes, (std::vector<int>{1}));
}

Task<void> increment(AsyncMutex& mutex, int& counter, int& inside) {
    const AsyncMutex::Guard guard = co_await mutex.lock();
    EXPECT_EQ(++inside, 1);
    ++counter;
    --inside;
}

TEST(AsyncMutex, ExcludesThreads) {
    constexpr int kThreads = 4;
    constexpr int kRounds = 500;
    AsyncMutex mutex;
    int counter = 0;
    int inside = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < kRounds; ++i) {
                test::sync_wait(increment(mutex, counter, inside));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(counter, kThreads * kRounds);
}

}  // namespace
}  // namespace millrace::stream
