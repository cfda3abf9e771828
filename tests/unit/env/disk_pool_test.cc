#include "env/disk_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "support/sync_wait.h"
#include "support/thread_executor.h"

namespace millrace::env {
namespace {

TEST(DiskPool, RunsJobsOnThreadsOfItsOwn) {
    DiskPool pool(1);
    std::thread::id where;
    std::latch done(1);
    pool.submit([&] {
        where = std::this_thread::get_id();
        done.count_down();
    });
    done.wait();
    EXPECT_NE(where, std::this_thread::get_id());
}

TEST(DiskPool, RunsAsManyAtOnceAsItHasThreads) {
    DiskPool pool(3);
    std::latch all(3);  // each job waits for the others
    std::latch done(3);
    for (int i = 0; i < 3; ++i) {
        pool.submit([&] {
            all.arrive_and_wait();
            done.count_down();
        });
    }
    done.wait();
}

TEST(DiskPool, HasOneThreadAtLeast) {
    DiskPool pool(0);
    std::latch done(1);
    pool.submit([&] { done.count_down(); });
    done.wait();
}

TEST(DiskPool, OneThreadKeepsTheOrder) {
    std::vector<int> order;
    {
        DiskPool pool(1);
        for (int i = 0; i < 100; ++i)
            pool.submit([&order, i] { order.push_back(i); });
    }
    ASSERT_EQ(order.size(), 100U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(DiskPool, DestructionRunsWhatIsQueued) {
    std::atomic<int> ran = 0;
    {
        DiskPool pool(2);
        for (int i = 0; i < 1000; ++i)
            pool.submit([&] { ++ran; });
    }
    EXPECT_EQ(ran, 1000);
}

TEST(DiskPool, ReleasesAJobOnceItHasRun) {
    const auto held = std::make_shared<int>(1);
    DiskPool pool(1);
    pool.submit([copy = held] {});
    std::latch done(1);
    pool.submit([&] { done.count_down(); });
    done.wait();
    EXPECT_EQ(held.use_count(), 1);
}

TEST(DiskPool, RunResumesOnTheCallersExecutor) {
    DiskPool pool(2);
    test::ThreadExecutor worker;
    bool ran_in_pool = false;
    bool resumed_at_home = false;
    std::unique_ptr<int> value;
    std::latch done(1);
    const auto ask = [&]() -> Task<void> {
        auto job = [&] {
            ran_in_pool = !worker.runs_here();
            return std::make_unique<int>(7);
        };
        value = co_await pool.run(std::move(job));
        resumed_at_home = worker.runs_here();
    };
    worker.post([&] { start(ask(), Callback<void(bool)>([&](bool) { done.count_down(); })); });
    done.wait();
    EXPECT_TRUE(ran_in_pool);
    EXPECT_TRUE(resumed_at_home);
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(*value, 7);
}

TEST(DiskPool, RunWithoutAnExecutorResumesWhereTheWorkWasDone) {
    DiskPool pool(1);
    auto job = [] { return 7; };
    EXPECT_EQ(test::sync_wait(pool.run(std::move(job))), 7);
}

}  // namespace
}  // namespace millrace::env
