// Who may call, once signatures are checked: access keys, their secrets, and whose they are.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::protocol {

struct AccessKey {
    std::string id;
    std::string secret;
    std::string session_token;  // requests must carry it; empty: they must carry none
    std::string account;        // 12 digits; empty: whom the id names, as without access keys
};

// Immutable.
class AccessKeys final {
public:
    // REQUIRES: no id comes twice.
    explicit AccessKeys(std::vector<AccessKey> keys);

    const AccessKey* find(std::string_view id) const;  // null: there is none
    std::size_t count() const { return keys_.size(); }

private:
    std::vector<AccessKey> keys_;  // by id
};

// Those that count now: they may be replaced at any time. Thread-safe.
class AccessKeyHolder final {
public:
    void set(std::shared_ptr<const AccessKeys> keys) {
        const std::lock_guard lock(mutex_);
        keys_ = std::move(keys);
    }
    std::shared_ptr<const AccessKeys> get() const {
        const std::lock_guard lock(mutex_);
        return keys_;
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const AccessKeys> keys_;
};

}  // namespace millrace::protocol
