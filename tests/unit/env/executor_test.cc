#include "env/executor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "support/thread_executor.h"

namespace millrace::env {
namespace {

class Queue final : public Executor {
public:
    void post(Callback<void()> run) override { jobs.push_back(std::move(run)); }
    std::vector<Callback<void()>> jobs;
};

TEST(Executor, AThreadHasNoneUntilAScopeNamesIt) {
    EXPECT_EQ(current_executor(), nullptr);
    Queue outer;
    Queue inner;
    {
        const ExecutorScope scope(outer);
        EXPECT_EQ(current_executor(), &outer);
        {
            const ExecutorScope nested(inner);
            EXPECT_EQ(current_executor(), &inner);
        }
        EXPECT_EQ(current_executor(), &outer);
    }
    EXPECT_EQ(current_executor(), nullptr);
}

TEST(Executor, ThreadsDoNotShareIt) {
    Queue mine;
    const ExecutorScope scope(mine);
    Executor* others = &mine;
    std::thread([&] { others = current_executor(); }).join();
    EXPECT_EQ(others, nullptr);
}

TEST(Executor, PostsOrRunsInline) {
    Queue queue;
    int ran = 0;
    post_or_run(&queue, [&] { ++ran; });
    EXPECT_EQ(ran, 0);
    ASSERT_EQ(queue.jobs.size(), 1U);
    queue.jobs[0]();
    EXPECT_EQ(ran, 1);
    post_or_run(nullptr, [&] { ++ran; });
    EXPECT_EQ(ran, 2);
}

TEST(Executor, WithoutTurnsATurnEndsAtOnce) {
    struct Counted final : TurnEnd {
        void turn_ended() noexcept override { ++told; }
        int told = 0;
    } counted;
    Queue queue;
    queue.at_turn_end(counted);
    queue.at_turn_end(counted);
    EXPECT_EQ(counted.told, 2);
}

TEST(Executor, TheOneOfTheTestsRunsInOrderOnItsThread) {
    test::ThreadExecutor worker;
    std::vector<int> order;
    Executor* seen = nullptr;
    for (int i = 0; i < 100; ++i)
        worker.post([&order, i] { order.push_back(i); });
    worker.run([&] { seen = current_executor(); });
    EXPECT_EQ(seen, &worker);
    EXPECT_EQ(order.size(), 100U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

}  // namespace
}  // namespace millrace::env
