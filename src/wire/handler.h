// The one upward door of wire: whatever answers requests implements Handler. A request arrives
// whole (head and body within the listener's limits) and is answered whole, or with a Source of
// pieces that go on for as long as both sides like; the transport is unknown here, HTTP/1.1 and
// HTTP/2 alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "wire/fields.h"

namespace millrace::wire {

struct Request {
    std::string_view method;  // "POST"
    std::string_view target;  // path and query, as sent
    std::vector<Header> headers;
    std::string_view body;
    std::string_view peer = {};  // the client's address, without its port; empty: not known

    // First header of that name, without regard to case; nullptr data() when absent. Found fastest
    // if `name` is spelt as most clients do.
    std::string_view header(std::string_view name) const;
};

// A body that is made while it is sent. The transport asks for the next piece once the one before
// has left for the client whole: so the client's pace is the source's, and a client that stops
// reading costs one piece of memory. Lives on the connection's worker. May be destroyed whenever no
// next() is running.
class Source {
public:
    enum class Stop : std::uint8_t {
        kClientGone,  // nothing more will be sent
        kDraining,    // the server stops: what is returned next should be the last
    };

    virtual ~Source() = default;
    // The next piece, to be sent at once; empty: the body has ended. REQUIRES: no next() is
    // running, and none has returned the end.
    virtual Task<std::string> next() = 0;
    // A running next() resumes soon, though not within this call, and later ones at once. May be
    // called more than once.
    virtual void stop(Stop why) = 0;
};

struct Response {
    unsigned status = 200;
    Fields headers;  // but Content-Length, Date and Connection, which the session adds
    std::string body;
    // Set: what follows `body` comes from here. Never in answer to HEAD.
    std::unique_ptr<Source> source;
    // How many bytes it gives, if that is known: then the answer has a length, and all of it counts
    // against the budget until the last byte is sent.
    std::optional<std::size_t> source_bytes;
};

class Handler {
public:
    virtual ~Handler() = default;
    // Runs on a worker. `request` and all it views stay alive until the task is done.
    virtual Task<Response> handle(const Request& request) = 0;
};

}  // namespace millrace::wire
