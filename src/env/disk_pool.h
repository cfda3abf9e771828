// A few threads for disk work that may block (sync, open, rename, unlink, cold reads, recovery),
// and for reads that would keep a worker too long. Thread-safe. The queue is bounded by its
// callers: each connection has at most one job here.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/callback.h"
#include "base/task.h"
#include "env/executor.h"

namespace millrace::env {

class DiskPool final {
public:
    explicit DiskPool(unsigned threads);
    ~DiskPool();  // runs what is queued, then joins
    DiskPool(const DiskPool&) = delete;
    DiskPool& operator=(const DiskPool&) = delete;

    void submit(Callback<void()> job);

    // co_await pool.run([&] { return blocking(); }): resumes on the caller's executor.
    template <class F>
    auto run(F job) -> Task<std::invoke_result_t<F&>> {
        using T = std::invoke_result_t<F&>;
        Executor* const home = current_executor();
        auto begin = [this, home, &job](Callback<void(T)> done) {
            submit([home, &job, done = std::move(done)]() mutable {
                T value = job();
                post_or_run(home, [done = std::move(done), value = std::move(value)]() mutable {
                    done(std::move(value));
                });
            });
        };
        co_return co_await completion<T>(std::move(begin));
    }

private:
    void work();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Callback<void()>> jobs_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace millrace::env
