// What the health endpoint reports.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::console {

struct Health {
    bool ready = false;      // recovery is done and the start-up streams are ACTIVE
    std::string_view state;  // "starting", "ready", "stopping"; static storage
    std::string_view version;
    std::int64_t uptime_seconds = 0;
};

class HealthSource {
public:
    virtual ~HealthSource() = default;
    virtual Health health() = 0;  // thread-safe, does not wait
};

}  // namespace millrace::console
