// Bell: where one coroutine waits for whatever comes first. Others ring: an engine that has
// records, a timer, a command, the transport. A ring that nobody waits for is kept for the next
// wait, and many count as one.
#pragma once

#include <memory>

#include "base/callback.h"
#include "base/task.h"

namespace millrace::stream {

class Bell final {
public:
    Bell();

    // Rings. May be called by any thread, and after the bell is gone.
    Callback<void()> rope() const;
    // Resumes on the executor it was called on. One at a time.
    Task<void> wait();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace millrace::stream
