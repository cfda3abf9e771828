// An executor on a thread of its own, as a worker is one. run() lets a test use it from outside.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/callback.h"
#include "env/executor.h"

namespace millrace::test {

class ThreadExecutor final : public env::Executor {
public:
    ThreadExecutor() : thread_([this] { work(); }) {}
    ~ThreadExecutor() override {  // runs what is posted, then joins
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        thread_.join();
    }
    ThreadExecutor(const ThreadExecutor&) = delete;
    ThreadExecutor& operator=(const ThreadExecutor&) = delete;

    void post(Callback<void()> run) override {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(run));
        wake_.notify_one();  // under the lock: what runs may let the owner destroy this
    }

    // Calls `job` on the thread and returns once it has; not from the thread itself.
    template <class F>
    void run(F job) {
        bool done = false;
        post([&] {
            job();
            const std::lock_guard lock(mutex_);
            done = true;
            done_.notify_all();
        });
        std::unique_lock lock(mutex_);
        done_.wait(lock, [&] { return done; });
    }
    // Returns once what was posted before has run.
    void settle() {
        run([] {});
    }

    bool runs_here() const { return std::this_thread::get_id() == thread_.get_id(); }

private:
    void work() {
        const env::ExecutorScope scope(*this);
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (jobs_.empty())
                return;
            {
                Callback<void()> job = std::move(jobs_.front());
                jobs_.pop_front();
                lock.unlock();
                job();
            }
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable done_;
    std::deque<Callback<void()>> jobs_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace millrace::test
