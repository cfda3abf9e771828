// Answers everything under /_millrace/. Unauthenticated, and read-only but for the clock of a
// broker for tests; says nothing about data.
#pragma once

#include <string>

#include "base/metrics.h"
#include "console/clock_control.h"
#include "console/health.h"
#include "wire/handler.h"

namespace millrace::console {

inline constexpr std::string_view kPathPrefix = "/_millrace/";

// The certificate of the authority behind the server's own, in PEM.
class AuthoritySource {
public:
    virtual ~AuthoritySource() = default;
    // Empty: there is none of ours. Thread-safe; waits until that is known.
    virtual Task<std::string> authority() = 0;
};

// Thread-safe. The references outlive it.
class Console final : public wire::Handler {
public:
    // `clock`: null where nobody may move it.
    Console(HealthSource& health, AuthoritySource& authority, Metrics& metrics, ClockControl* clock)
        : health_(health), authority_(authority), metrics_(metrics), clock_(clock) {}

    Task<wire::Response> handle(const wire::Request& request) override;

private:
    // 503 if it must be ready and is not. That it answers at all shows that it lives.
    wire::Response health(bool must_be_ready) const;
    wire::Response metrics() const;
    static wire::Response authority(std::string pem);
    Task<wire::Response> clock(const wire::Request& request);

    HealthSource& health_;
    AuthoritySource& authority_;
    Metrics& metrics_;
    ClockControl* const clock_;
};

}  // namespace millrace::console
