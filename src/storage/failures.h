// Failures: what the committer remembers of them. Repairs are tried again from time to time, and
// complaints do not fill the log. One thread at a time.
#pragma once

#include <chrono>

#include "base/log.h"
#include "base/result.h"
#include "storage/store_parts.h"

namespace millrace::storage {

class Failures final {
public:
    explicit Failures(const StoreParts& parts) : parts_(parts) {}

    // Nothing failed since mended().
    bool none() const { return none_; }
    void mended() { none_ = true; }

    bool may_retry() const { return parts_.clock.steady() >= retry_at_; }
    void retry_later() { retry_at_ = parts_.clock.steady() + parts_.options.reopen_interval; }

    void complain(const Error& why) {
        none_ = false;
        const auto now = parts_.clock.steady();
        if (complained_ && now - complained_at_ < kComplaintInterval) {
            return;
        }
        complained_ = true;
        complained_at_ = now;
        log::error("storage refuses or failed a write: {}", why.message);
    }

private:
    static constexpr Seconds kComplaintInterval{1};

    const StoreParts& parts_;
    bool none_ = true;
    bool complained_ = false;
    std::chrono::steady_clock::time_point retry_at_{};  // no repair is tried before
    std::chrono::steady_clock::time_point complained_at_{};
};

}  // namespace millrace::storage
