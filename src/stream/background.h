// Background: the broker's work that no caller waits for (transitions that come due, the sweeper).
// It counts what runs, so that stop() can wait for it; afterwards nothing starts any more, not even
// from a timer that was set before. Thread-safe.
#pragma once

#include <memory>

#include "base/callback.h"
#include "base/task.h"
#include "base/time.h"
#include "env/clock.h"
#include "env/executor.h"

namespace millrace::stream {

class Background final {
public:
    using Work = Callback<Task<void>()>;

    // Work runs on `home`, or, when that is null, on the timers' thread.
    Background(env::Timers& timers, env::Executor* home);
    ~Background();  // REQUIRES: nothing runs
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    // What `work` borrows lives until stop() has resumed.
    void after(Millis delay, Work work);
    bool stopping() const;
    Task<void> stop();
    // Resumes when what is due has been begun and is over, and what was due after that as well.
    Task<void> settle();

    // Resumes on `home` after what else is queued there: a long run's courtesy to its neighbours.
    Task<void> yield();

private:
    struct Shared;
    Task<void> idle();

    env::Timers& timers_;
    env::Executor* const home_;
    const std::shared_ptr<Shared> shared_;
};

}  // namespace millrace::stream
