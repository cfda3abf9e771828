// Answers everything under /_millrace/. Unauthenticated and read-only; says nothing about data.
#pragma once

#include "base/metrics.h"
#include "console/health.h"
#include "wire/handler.h"

namespace millrace::console {

inline constexpr std::string_view kPathPrefix = "/_millrace/";

// Thread-safe. The references outlive it.
class Console final : public wire::Handler {
public:
    Console(HealthSource& health, Metrics& metrics) : health_(health), metrics_(metrics) {}

    Task<wire::Response> handle(const wire::Request& request) override;

private:
    // 503 if it must be ready and is not. That it answers at all shows that it lives.
    wire::Response health(bool must_be_ready) const;
    wire::Response metrics() const;

    HealthSource& health_;
    Metrics& metrics_;
};

}  // namespace millrace::console
