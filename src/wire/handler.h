// The one upward door of wire: whatever answers requests implements Handler. A request arrives
// whole (head and body within the listener's limits) and is answered whole; the transport is
// unknown here, HTTP/1.1 and HTTP/2 alike.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"

namespace millrace::wire {

struct Header {
    std::string_view name;  // as sent; compare without case
    std::string_view value;
};

struct Request {
    std::string_view method;  // "POST"
    std::string_view target;  // path and query, as sent
    std::vector<Header> headers;
    std::string_view body;

    // First header of that name, without regard to case; nullptr data() when absent.
    std::string_view header(std::string_view name) const;
};

struct Response {
    unsigned status = 200;
    // Everything but Content-Length, Date and Connection, which the session adds. Names with
    // static storage.
    std::vector<std::pair<std::string_view, std::string>> headers;
    std::string body;
};

class Handler {
public:
    virtual ~Handler() = default;
    // Runs on a worker. `request` and all it views stay alive until the task is done.
    virtual Task<Response> handle(const Request& request) = 0;
};

}  // namespace millrace::wire
