// What requests meet first: the console under its prefix, and behind the rest a door that is shut
// until the broker is ready and shut again when it stops (503 meanwhile; every client tries again).
#pragma once

#include <atomic>

#include "env/entropy.h"
#include "protocol/request_id.h"
#include "wire/handler.h"

namespace millrace::server {

// Thread-safe.
class Gate final : public wire::Handler {
public:
    Gate(wire::Handler& console, env::Entropy& entropy) : console_(console), ids_(entropy) {}

    // `behind` outlives every request it was given; null shuts the door.
    void open(wire::Handler* behind) { behind_.store(behind, std::memory_order_release); }

    Task<wire::Response> handle(const wire::Request& request) override;

private:
    Task<wire::Response> unavailable(const wire::Request& request);

    wire::Handler& console_;
    protocol::RequestIds ids_;
    std::atomic<wire::Handler*> behind_ = nullptr;
};

}  // namespace millrace::server
