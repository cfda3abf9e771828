// Where a callback runs. Each worker thread is one Executor; completions of blocking or batched
// work return to the executor that asked, so that a coroutine stays on its thread.
#pragma once

#include "base/callback.h"

namespace millrace::env {

// Work that gathers during a turn of an event loop, and is begun once at its end.
class TurnEnd {
public:
    virtual void turn_ended() noexcept = 0;

protected:
    ~TurnEnd() = default;
};

class Executor {
public:
    virtual ~Executor() = default;
    virtual void post(Callback<void()> run) = 0;  // thread-safe; never runs inline
    // On this executor's thread: tells `what` once this turn ends, however often it was asked; at
    // once where there are no turns. `what` lives until then; what it asks for when told is for the
    // next turn's end.
    virtual void at_turn_end(TurnEnd& what) { what.turn_ended(); }
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
