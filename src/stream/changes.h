// Changes: who waits for a stream's entry in the catalog to change. Each waiter resumes on the
// executor it waited on. Thread-safe.
#pragma once

#include <memory>

#include "base/task.h"
#include "env/clock.h"
#include "stream/catalog.h"

namespace millrace::stream {

class Changes final {
public:
    // Both outlive us. Hears of every change of the catalog from here on.
    Changes(Catalog& catalog, env::Timers& timers);
    ~Changes();  // REQUIRES: nobody waits
    Changes(const Changes&) = delete;
    Changes& operator=(const Changes&) = delete;

    // Resumes once the stream is another than `seen` (at once if it is already; also when it is
    // gone), or after `patience`, or when we stop.
    Task<void> after(StreamPtr seen, Millis patience);

    // Resumes all who wait; nobody waits any more.
    void stop();

private:
    struct Waiting;
    Catalog& catalog_;
    env::Timers& timers_;
    const std::shared_ptr<Waiting> waiting_;  // outlives us in timers that have not fired
};

}  // namespace millrace::stream
