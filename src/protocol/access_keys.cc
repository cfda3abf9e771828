#include "protocol/access_keys.h"

#include <algorithm>

namespace millrace::protocol {

AccessKeys::AccessKeys(std::vector<AccessKey> keys) : keys_(std::move(keys)) {
    std::ranges::sort(keys_, {}, &AccessKey::id);
}

const AccessKey* AccessKeys::find(std::string_view id) const {
    const auto at = std::ranges::lower_bound(keys_, id, {}, &AccessKey::id);
    return at != keys_.end() && at->id == id ? &*at : nullptr;
}

}  // namespace millrace::protocol
