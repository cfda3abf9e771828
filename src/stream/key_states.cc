#include "stream/key_states.h"

#include "model/key_id.h"

namespace millrace::stream {

void KeyStates::set(std::string_view key_id, KeyState state) {
    states_.insert_or_assign(std::string(model::key_name(key_id)), state);
}

KeyState KeyStates::of(std::string_view key_id) const {
    const auto found = states_.find(model::key_name(key_id));
    return found == states_.end() ? KeyState::kEnabled : found->second;
}

}  // namespace millrace::stream
