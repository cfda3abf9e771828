// KeyStates: what clients' encryption keys would be good for. No key service stands behind this
// broker: every key that can be named is there and enabled, except those that the operator lists,
// so that clients can be tested against the failures of the real one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace millrace::stream {

enum class KeyState : std::uint8_t {
    kEnabled,
    kDisabled,
    kPendingDeletion,
    kMissing,
    kAccessDenied,
    kOptInRequired,
    kThrottled,
};

class KeyStates final {
public:
    // An identifier in any form stands for all forms that name the same key.
    // REQUIRES: model::is_key_id(key_id).
    void set(std::string_view key_id, KeyState state);
    KeyState of(std::string_view key_id) const;

private:
    std::map<std::string, KeyState, std::less<>> states_;  // by model::key_name()
};

}  // namespace millrace::stream
