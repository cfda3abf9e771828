// EventSource: what a streaming operation goes on to tell after it was accepted. It is pulled: the
// next event is asked for when the one before is on its way, so a slow client holds back nothing
// but itself, and costs one event.
#pragma once

#include <memory>

#include "api/errors.h"
#include "base/task.h"

namespace millrace::api {

// A struct of the row's response shape. Whoever holds it decides when its records can go: once
// they are encoded, not once the client has taken them.
using Event = std::shared_ptr<const void>;

class EventSource {
public:
    virtual ~EventSource() = default;

    // Waits for the next event; null: the end. An error is the end, too. REQUIRES: no next() is
    // running, and none has returned an end. May be destroyed whenever no next() is running.
    virtual Task<Answer<Event>> next() = 0;

    // Nobody listens any more, or the server is stopping: a running next() resumes soon, with the
    // end that this calls for, though not within this call.
    virtual void client_gone() = 0;
    virtual void server_stopping() = 0;
};

}  // namespace millrace::api
