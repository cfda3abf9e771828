#include "server/kms_keys.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "model/key_id.h"

namespace millrace::server {
namespace {

using stream::KeyState;

struct Name {
    std::string_view text;
    KeyState state;
};
constexpr Name kNames[] = {
    {"disabled", KeyState::kDisabled},
    {"pending-deletion", KeyState::kPendingDeletion},
    {"missing", KeyState::kMissing},
    {"access-denied", KeyState::kAccessDenied},
    {"opt-in-required", KeyState::kOptInRequired},
    {"throttled", KeyState::kThrottled},
};

Error wrong(const std::string& part, std::string_view why) {
    std::string message = "'" + part + "' ";
    message.append(why).append("; write KEY=STATE, separated by commas");
    return Error{Errc::kInvalid, std::move(message)};
}

}  // namespace

Result<stream::KeyStates> parse_kms_keys(const Options& options) {
    stream::KeyStates states;
    for (const std::string& part : options.kms_keys) {
        const std::size_t equals = part.find('=');
        const std::string_view text = part;
        const std::string_view key = text.substr(0, equals);
        if (!model::is_key_id(key)) {
            return wrong(part, "has no key: a UUID, alias/NAME or the ARN of either");
        }
        const std::string_view state =
            equals == std::string_view::npos ? "" : text.substr(equals + 1);
        const auto* const known = std::ranges::find(kNames, state, &Name::text);
        if (known == std::end(kNames)) {
            return wrong(part,
                         "has no state: disabled, pending-deletion, missing, access-denied, "
                         "opt-in-required or throttled");
        }
        states.set(key, known->state);
    }
    return states;
}

}  // namespace millrace::server
