// What requests meet first: the console under its prefix, and behind the rest a door that is shut
// until the broker is ready and shut again when it stops (503 meanwhile; every client tries again).
#pragma once

#include <atomic>

#include "console/console.h"
#include "wire/handler.h"

namespace millrace::server {

// Thread-safe.
class Gate final : public wire::Handler {
public:
    explicit Gate(wire::Handler& console) : console_(console) {}

    // `behind` outlives every request it was given; null shuts the door.
    void open(wire::Handler* behind) { behind_.store(behind, std::memory_order_release); }

    Task<wire::Response> handle(const wire::Request& request) override;

private:
    wire::Handler& console_;
    std::atomic<wire::Handler*> behind_ = nullptr;
};

}  // namespace millrace::server
