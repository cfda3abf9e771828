// Where a callback runs. Each worker thread is one Executor; completions of blocking or batched
// work return to the executor that asked, so that a coroutine stays on its thread.
#pragma once

#include "base/callback.h"

namespace millrace::env {

class Executor {
public:
    virtual ~Executor() = default;
    virtual void post(Callback<void()> run) = 0;  // thread-safe; never runs inline
};

// The executor of the calling thread; null on a thread that has none (completions then run on
// whatever thread finishes the work: tests and start-up only).
Executor* current_executor() noexcept;

// Names the calling thread's executor for its lifetime.
class ExecutorScope final {
public:
    explicit ExecutorScope(Executor& executor) noexcept;
    ~ExecutorScope();
    ExecutorScope(const ExecutorScope&) = delete;
    ExecutorScope& operator=(const ExecutorScope&) = delete;

private:
    Executor* previous_;
};

// Posts to `executor`, or runs inline when it is null.
void post_or_run(Executor* executor, Callback<void()> run);

}  // namespace millrace::env
